"""Whether what a checkpoint says of a training is of its kind, before any of it is used.

A checkpoint may be damaged in a way that still reads, or a stranger's: a word for a number, a list
for a dictionary, an optimizer that keeps more than its parameters are worth.
"""

import functools
import typing
from collections.abc import Mapping
from numbers import Number
from typing import Any

import torch
from pydantic import ConfigDict, TypeAdapter, ValidationError
from torch import Tensor

from vae_exp.experiment import Experiment
from vae_exp.training.state import TrainingState

KINDS = {
    "vae": dict[str, Tensor],
    "optimizer": dict[str, Any],
    "scheduler": dict[str, Any],
    "training": dict[str, Any],
    "generators": dict[str, Tensor],
    "config": dict[str, Any],
    "id": str,
    "metrics_size": int,
}
METER = {"scalars": list[dict[str, Tensor]], "sizes": list[int]}
OF_TRAINING = {**typing.get_type_hints(TrainingState), "meter": dict[str, Any]}
SINCE = ("watched", "best_score")  # earlier versions had none
COUNTS = ("step", "epoch", "samples", "best_epoch", "bad_steps", "bad_in_a_row", "batches")
KNOWN = ("torch.optim.", "vae_exp.optimizer.")  # optimizers of which one knows what they keep
MOST_OF_A_PARAMETER = 8  # values, tensors among them


def check_kinds(state: Mapping[str, Any]) -> None:
    """See that everything has its type, and counts are no less than 0.

    Raises:
        ValueError: naming what has not.
    """
    _check(state, KINDS)
    _check({"threads": state.get("threads")}, {"threads": int | None})
    training = state["training"]
    _check(training, OF_TRAINING, "training.", optional=SINCE)
    _check(training["meter"], METER, "training.meter.")
    negative = {f"training.{k}": training[k] for k in COUNTS if training[k] < 0}
    if state["metrics_size"] < 0:
        negative["metrics_size"] = state["metrics_size"]
    for name, count in negative.items():
        raise ValueError(f"expected {name} to be 0 or more, got {count}")
    if training.get("watched", "elbo") not in ("elbo", "loss"):
        raise ValueError(f"expected training.watched to be elbo or loss, got {training['watched']}")


def check_fits(state: Mapping[str, Any], experiment: Experiment) -> None:
    """See that a training's state is one of this model and these data, and no larger.

    Raises:
        ValueError: naming what is of others.
    """
    training, own = state["training"], {k: tuple(v.shape) for k, v in state["vae"].items()}
    if training["best_weights"] is not None:
        best = {k: tuple(v.shape) for k, v in training["best_weights"].items()}
        if best != own:
            raise ValueError("expected training.best_weights to be of the model, got others")
    order, size = training["order"], experiment.data.size("train")
    if order is not None:
        whole = order.dtype == torch.int64 and order.ndim == 1 and len(order) > 0
        if not whole or order.min() < 0 or order.max() >= size:
            raise ValueError(f"expected training.order to have places of {size} data, got others")
    scalars = [value for row in training["meter"]["scalars"] for value in row.values()]
    if any(value.numel() != 1 for value in (*scalars, *training["bad"])):
        raise ValueError("expected a number a step in training.meter and training.bad, got more")
    if len(training["meter"]["sizes"]) != len(training["meter"]["scalars"]):
        raise ValueError("expected training.meter to have a size for each step, got others")
    _check_optimizer(state["optimizer"], experiment.vae.optimizer)
    _check_like(state["scheduler"], experiment.scheduler.state_dict(), "scheduler")
    shadowed = [
        name
        for name in state["scheduler"].keys() - experiment.scheduler.state_dict().keys()
        if hasattr(experiment.scheduler, str(name))
    ]
    if shadowed:
        raise ValueError(f"expected no {shadowed[0]} in scheduler, got one")


def _check_optimizer(
    found: Mapping[str, Any], optimizer: torch.optim.Optimizer, place: str = "optimizer"
) -> None:
    """Raises ValueError where the state of an optimizer, of which one knows what it keeps, is not
    of its parameters."""
    if not type(optimizer).__module__.startswith(KNOWN):
        return
    own = optimizer.state_dict()
    if "parts" in own:  # an optimizer of optimizers
        _check(found, {"parts": list[dict[str, Any]]}, f"{place}.")
        _check_count(found["parts"], own["parts"], f"{place}.parts")
        for number, (part, live) in enumerate(zip(found["parts"], optimizer.parts)):
            _check_optimizer(part, live, f"{place}.parts.{number}")
        return
    kinds = {"state": dict[int, dict[str, Any]], "param_groups": list[dict[str, Any]]}
    _check(found, kinds, f"{place}.")
    _check_count(found["param_groups"], own["param_groups"], f"{place}.param_groups")
    parameters: dict[int, Tensor] = {}
    for group, kept, live in zip(
        found["param_groups"], own["param_groups"], optimizer.param_groups, strict=True
    ):
        _check_like(group, kept, f"{place}.param_groups")
        if group.get("params") != kept["params"]:
            raise ValueError(f"expected {place}.param_groups to be of the model, got others")
        parameters |= dict(zip(kept["params"], live["params"], strict=True))
    if found["state"].keys() - parameters.keys():
        raise ValueError(f"expected {place}.state to be of the model, got others")
    for number, values in found["state"].items():
        _check_kept(values, parameters[number], f"{place}.state.{number}")


def _check_count(found: list[Any], own: list[Any], place: str) -> None:
    if len(found) != len(own):
        raise ValueError(f"expected {len(own)} {place}, got {len(found)}")


def _check_kept(values: Mapping[str, Any], parameter: Tensor, place: str) -> None:
    """Raises ValueError where what is kept of a parameter is not of its size, or is too much."""
    if len(values) > MOST_OF_A_PARAMETER:
        raise ValueError(f"expected at most {MOST_OF_A_PARAMETER} in {place}, got {len(values)}")
    # a number, one for each weight, or averages over rows or columns
    rows = [parameter.numel() // length for length in parameter.shape[-2:] if length]
    sizes = {1, parameter.numel(), *rows}
    for name, value in values.items():
        size = value.numel() if isinstance(value, Tensor) else 1
        if not isinstance(value, Number | Tensor | None) or size not in sizes:
            raise ValueError(
                f"expected {place}.{name} to be a number or as large as its parameter of "
                f"{parameter.numel()}, got {type(value).__name__} of {size}"
            )


def _check(
    values: Mapping[str, Any],
    kinds: Mapping[str, Any],
    place: str = "",
    optional: tuple[str, ...] = (),
) -> None:
    """Raises ValueError where values are not of these types by their names."""
    for name, kind in kinds.items():
        if name in optional and name not in values:
            continue
        if name not in values:
            raise ValueError(f"expected {place}{name} in it, found none")
        try:
            _adapter(kind).validate_python(values[name], strict=True)
        except ValidationError as error:
            wanted = getattr(kind, "__name__", kind) if isinstance(kind, type) else kind
            found = type(values[name]).__name__
            raise ValueError(
                f"expected {place}{name} to be of type {wanted}, got {found}"
            ) from error


@functools.cache
def _adapter(kind: Any) -> TypeAdapter:
    return TypeAdapter(kind, config=ConfigDict(arbitrary_types_allowed=True))


def _check_like(found: Any, own: Any, place: str) -> None:
    """Raises ValueError where a value is of another type than the program's own at that place."""
    if isinstance(own, Mapping):
        if not isinstance(found, Mapping):
            raise ValueError(f"expected {place} to be a dictionary, got {type(found).__name__}")
        for name in own:
            if name in found:
                _check_like(found[name], own[name], f"{place}.{name}")
        return
    plain = (Number, str, Tensor, list, tuple, Mapping, type(None))
    if isinstance(own, list | tuple):
        fits = isinstance(found, list | tuple) and all(isinstance(v, plain) for v in found)
    elif isinstance(own, str):
        fits = isinstance(found, str)
    else:
        fits = isinstance(found, Number | Tensor) or (own is None and found is None)
    if not fits:
        raise ValueError(f"expected {place} to be like {own!r}, got {type(found).__name__}")
