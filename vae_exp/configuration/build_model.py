"""From a configuration to a model."""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from omegaconf import DictConfig
from torch import nn
from torch.optim import Optimizer

from vae_exp.condition import Condition
from vae_exp.configuration.compose import root_config
from vae_exp.configuration.finite import check_finite
from vae_exp.configuration.instantiate import instantiate
from vae_exp.configuration.target import find_target
from vae_exp.data.observation import Observation
from vae_exp.encoder.inputs import Inputs
from vae_exp.runtime.eager_optimizers import keep_compiler_away
from vae_exp.runtime.precision import allow_tf32
from vae_exp.vae import VAE

PARTS = ("encoder", "decoder", "prior")  # which a condition may go into


def build_vae(cfg: DictConfig, datum: Observation, device: torch.device) -> VAE:
    """The model of a configuration, for such data, with its optimizer.

    Raises:
        ValueError: a user's mistake, in one line that names the key to change.
    """
    parts = build_parts(cfg, datum, device)
    check_finite(cfg.optimizer)
    optimizer = instantiate(cfg.optimizer)
    allow_tf32(False)
    keep_compiler_away()

    def named(parameters: Iterable[tuple[str, nn.Parameter]]) -> Optimizer:
        with name_section("optimizer"):
            return optimizer(parameters)

    return VAE(**parts, optimizer=named)


def build_parts(cfg: DictConfig, datum: Observation, device: torch.device) -> dict[str, nn.Module]:
    """The parts of the model of a configuration, by their names.

    Raises:
        ValueError: a user's mistake, in one line that names the key to change.
    """
    for part in PARTS:
        if "x_shape" in cfg[part]:
            raise ValueError(
                f"{part}.x_shape: expected none, for it is that of the data, got "
                f"{cfg[part].x_shape}; leave it out of the YAML file"
            )
    inputs = datum.inputs().to(device)
    condition = build_condition(cfg, datum, inputs)
    shape = {"x_shape": datum.shape}

    def network_for(part: str) -> Callable[[Any], Any]:
        return condition.network_for(part, datum.shape)

    own = {"x_shape": inputs.shape}
    encoder = instantiate(cfg.encoder, None, network_for("encoder"), **own).to(device)
    offered = {"encoder": encoder, "c_shape": condition.shape, "inputs": inputs, **own}
    z_dim = own_z_dim(cfg, encoder)
    if "z_dim" in cfg.prior and cfg.prior.z_dim == cfg.z_dim:
        offered["z_dim"] = z_dim
    variables = {"variables": datum.variables}
    if "z_dim" in cfg.decoder and cfg.decoder.z_dim == cfg.z_dim:
        # codes are longer than z_dim, and of several layers the likelihood sees one
        shape["z_dim"] = getattr(encoder, "decoder_z_dim", z_dim)
    decoder = instantiate(cfg.decoder, variables, network_for("decoder"), **shape)
    return {
        "condition": condition.to(device),
        "encoder": inputs.before(encoder),
        "decoder": datum.in_units(decoder).to(device),
        "prior": instantiate(cfg.prior, offered).to(device),
        "kl": instantiate(cfg.kl).to(device),
        "objective": instantiate(cfg.objective).to(device),
    }


def own_z_dim(cfg: DictConfig, encoder: nn.Module) -> int:
    """Z, which an encoder may know by itself.

    Raises:
        ValueError: it does, and ``z_dim`` is set to another number.
    """
    z_dim = getattr(encoder, "z_dim", cfg.z_dim)
    if cfg.z_dim not in (z_dim, root_config()["z_dim"]):
        raise ValueError(
            f"z_dim: expected {z_dim}, the size of all layers that the encoder has together, got "
            f"{cfg.z_dim}; leave it out"
        )
    return z_dim


def build_condition(cfg: DictConfig, datum: Observation, inputs: Inputs) -> Condition:
    """What is known of such data besides x.

    Args:
        inputs: what networks see of x.

    Raises:
        ValueError: a part is to see it and cannot, or needs it and does not see it.
    """
    needs = {part: inspect.signature(find_target(cfg[part])).parameters for part in PARTS}
    offered = {"x_shape": datum.shape, "classes": datum.classes, "columns": datum.columns}
    offered["inputs"] = inputs
    auto = {"prior": "c_shape" in needs["prior"]} if cfg.condition.get("prior") == "auto" else {}
    condition = instantiate(cfg.condition, offered, **auto)
    for part in ("encoder", "decoder"):
        if condition.sees(part) and "network" not in needs[part]:
            raise ValueError(
                f"condition.{part}: expected false, for {as_chosen(cfg[part])} has no argument "
                "network, of a network that c goes into, got true"
            )
    if condition.sees("prior") != ("c_shape" in needs["prior"]):
        if condition.sees("prior"):
            raise ValueError(
                "condition.prior: expected false or auto with a prior that depends on no "
                "condition, got true; use prior=conditional"
            )
        raise ValueError(
            f"prior: expected a condition for {as_chosen(cfg.prior)}, which depends on one, got "
            "none that it sees; use condition=labels, columns or part, or prior=standard_normal"
        )
    # of layers, it is the one on top that may be made of q(z|x) of other x
    of_posteriors = cfg.prior.top if "top" in cfg.prior else cfg.prior
    asks = "encoder" in inspect.signature(find_target(of_posteriors)).parameters
    if asks and (condition.sees("encoder") or condition.mask):
        raise ValueError(
            "prior: expected one that asks no encoder where that sees more than x, got "
            f"{as_chosen(cfg.prior)}; use condition.encoder=false condition.mask=false, or another "
            "prior"
        )
    return condition


def as_chosen(section: DictConfig) -> str:
    """What a section is of in words of the command line, ``prior=conditional``; of a class of a
    user's own its dotted path.
    """
    package, *option, _ = section._target_.split(".")
    return "=".join(option) if package == "vae_exp" else section._target_


@contextmanager
def name_section(section: str) -> Iterator[None]:
    """Name the section in what torch says of its arguments, and the key where torch names it."""
    try:
        yield
    except (ValueError, TypeError, ZeroDivisionError) as error:
        if str(error).startswith(f"{section}."):  # as the optimizers of this package do
            raise
        rate = re.fullmatch(r"Invalid learning rate: (.*)", str(error))
        told = f".lr: expected a number from 0, got {rate[1]}" if rate else f": {error}"
        raise ValueError(f"{section}{told}") from error
