"""From a configuration to what checks are given: a part that can be built again and again."""

import copy
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf, open_dict
from torch import nn

from vae_exp.checking import distributions
from vae_exp.checking.subject import Subject
from vae_exp.checking.verdict import Check
from vae_exp.configuration.instantiate import instantiate
from vae_exp.configuration.option_facts import SHAPES
from vae_exp.configuration.renamed import OF_ANY_DATA
from vae_exp.configuration.target import find_target
from vae_exp.encoder.inputs import Inputs

Given = tuple[Mapping[str, Check], Any, str]  # the checks, of what, and its shapes in words
X_SHAPES = ((5,), (1, 8, 8), (6, 2))  # the first one that the part takes
Z_DIMS = (3, 2, 1)
C_SHAPE = (3,)
FILES = ("root", "path", "test_path", "cache")  # arguments of data sets


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
            offered = {key: v for key, v in offered.items() if key not in sized[group]}
            given: list[Any] = []
            if group == "prior":
                encoder = instantiate(sized.encoder, {"x_shape": x_shape})
                inputs = Inputs(x_shape)
                offered |= {"encoder": encoder, "inputs": inputs, "c_shape": C_SHAPE}
                given = [encoder, inputs]
            return instantiate(sized[group], offered, wrap), given

        return build

    x_shapes = [tuple(cfg.own_x_shape)] if cfg.own_x_shape is not None else X_SHAPES
    z_dims = [cfg.own_z_dim] if cfg.own_z_dim is not None else Z_DIMS
    conditional = "c_shape" in inspect.signature(find_target(cfg[group])).parameters
    refusal: Exception | None = None
    for x_shape in x_shapes:
        for z_dim in z_dims:
            try:
                builder(None)(x_shape, z_dim)
            except ValueError as error:
                refusal = refusal or error
                continue
            subject = Subject(
                group,
                builder(None),
                x_shape,
                z_dim,
                C_SHAPE if conditional else None,
                builder if "network" in cfg[group] else None,
            )
            told = "" if group == "prior" else f"x of shape {x_shape}, "
            return distributions.CHECKS, subject, f"{told}z of {z_dim}"
    raise refusal


def kl(group: str, cfg: DictConfig) -> Given:
    """An estimator of the KL.

    Raises:
        ValueError: it takes neither independent Gaussians nor layers of them.
    """
    from vae_exp.checking.kl import CHECKS
    from vae_exp.checking.kl_pairs import BATCH, Estimator, gaussians
    from vae_exp.configuration.compose import compose
    from vae_exp.configuration.option_facts import SMALL

    def layers(apart: float) -> Any:
        words = SMALL[("prior", "hierarchical")]
        layered = compose(*words, "prior=hierarchical", "network=linear", "z_dim=2")
        torch.manual_seed(0)
        encoder = instantiate(layered.encoder, x_shape=(2,)).double().eval()
        prior = instantiate(layered.prior, {"encoder": encoder, "x_shape": (2,)}).double().eval()
        x = torch.linspace(-1, 1, 2 * BATCH, dtype=torch.float64).view(BATCH, 2)
        return encoder(apart * x), prior(), list(encoder.parameters())

    pairs = {"independent Gaussians": gaussians, "layers of Gaussians": layers}
    subject = Estimator(lambda: instantiate(cfg.kl), pairs)
    return CHECKS, subject, f"of {subject.name}"


def objective(group: str, cfg: DictConfig) -> Given:
    """An objective."""
    from vae_exp.checking.linear_gaussian import SAMPLES, Z_DIM
    from vae_exp.checking.minimised import Minimised
    from vae_exp.checking.objective import CHECKS

    def build(samples: int) -> Any:
        sized = copy.deepcopy(cfg)
        sized.z_dim = Z_DIM
        if "samples" in inspect.signature(find_target(cfg.objective)).parameters:
            with open_dict(sized):
                OmegaConf.update(sized, "objective.samples", samples, force_add=True)
                if sized.objective.get("groups", 1) > samples:
                    sized.objective.groups = samples
        return instantiate(sized.objective)

    build(SAMPLES)
    return CHECKS, Minimised(build), "of a linear Gaussian model"


def network(group: str, cfg: DictConfig) -> Given:
    """A network, for the shapes that it takes.

    Raises:
        ValueError: it takes none, with what it says of vectors.
    """
    from vae_exp.checking.network import CHECKS, Function

    partial = instantiate(cfg.network)
    events = [tuple(cfg.own_x_shape)] if cfg.own_x_shape is not None else SHAPES.values()
    shapes, refusal = [], None
    for event in events:
        for pair in ((event, (3,)), ((3,), event)):
            try:
                partial(*pair)
                shapes.append(pair)
            except ValueError as error:
                refusal = error
    if not shapes:
        raise refusal
    return CHECKS, Function(partial, shapes), f"{', '.join(f'{a} to {b}' for a, b in shapes)}"


def data(group: str, cfg: DictConfig) -> Given:
    """A data set."""
    from vae_exp.checking.data import CHECKS, DataSet

    own = copy.deepcopy(cfg.data)
    names = inspect.signature(find_target(own)).parameters
    with open_dict(own):
        for key in {*OF_ANY_DATA} - {*names}:
            own.pop(key, None)

    def build(**changes: Any) -> Any:
        return instantiate(own, **changes)

    seed = own.get("seed") if "seed" in names else None
    seed = 0 if seed is None and "seed" in names else seed
    places = [str(own[key]) for key in FILES if own.get(key)]
    noisy = {"binarize": "static"} if "binarize" in names else {}
    subject = DataSet(build, seed, places, noisy)
    first = subject.first()
    return CHECKS, subject, f"of shape {tuple(first.shape)}"
