"""From a configuration to what checks are given: a part that can be built again and again."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from omegaconf import DictConfig
from torch import nn

from vae_exp.checking import distributions
from vae_exp.checking.subject import Subject
from vae_exp.checking.verdict import Check
from vae_exp.configuration.instantiate import instantiate
from vae_exp.encoder.inputs import Inputs

Given = tuple[Mapping[str, Check], Any, str]
X_SHAPES = ((5,), (1, 8, 8), (6, 2))  # the first one that the part takes
Z_DIMS = (3, 2, 1)
C_SHAPE = (3,)


def distribution(group: str, cfg: DictConfig) -> Given:
    """A posterior, a likelihood or a prior, for the first shapes that it takes.

    Raises:
        ValueError: it takes none, with what it says of the first.
    """

    def builder(wrap: Callable[[Any], Any] | None) -> Callable[..., tuple[nn.Module, list[Any]]]:
        def build(x_shape: tuple[int, ...], z_dim: int) -> tuple[nn.Module, list[Any]]:
            sized = copy.deepcopy(cfg)
            sized.z_dim = z_dim
            offered: dict[str, Any] = {"x_shape": x_shape, "z_dim": z_dim}
            wanted = sized[group]
            offered = {k: v for k, v in offered.items() if k not in wanted}
            given = []
            if group == "prior":
                encoder = instantiate(sized.encoder, {"x_shape": x_shape})
                inputs = Inputs(x_shape)
                offered |= {"encoder": encoder, "inputs": inputs, "c_shape": C_SHAPE}
                given = [encoder, inputs]
            return instantiate(wanted, offered, wrap), given

        return build

    x_shapes = [tuple(cfg.own_x_shape)] if cfg.own_x_shape is not None else list(X_SHAPES)
    z_dims = [cfg.own_z_dim] if cfg.own_z_dim is not None else list(Z_DIMS)
    conditional = group == "prior" and needs_condition(cfg)
    first: Exception | None = None
    for x_shape in x_shapes:
        for z_dim in z_dims:
            subject = Subject(
                group, builder(None), x_shape, z_dim, C_SHAPE if conditional else None
            )
            try:
                subject.build(x_shape, z_dim)
            except ValueError as error:
                first = first or error
                continue
            if "network" in cfg[group]:
                subject.network_for = builder
            told = f"x of shape {x_shape}, " if group != "prior" else ""
            return distributions.CHECKS, subject, f"{told}z of {z_dim}"
    raise first


def needs_condition(cfg: DictConfig) -> bool:
    """Whether a prior is one of a condition."""
    import inspect

    from vae_exp.configuration.instantiate import find_target

    return "c_shape" in inspect.signature(find_target(cfg.prior)).parameters
