"""What each column of a user's table is to a trained model."""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vae_exp.data.array_names import NAME
from vae_exp.data.observation import Observation
from vae_exp.data.variables import some

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Roles:
    """Which columns are x, and which are beside it; covariates by the model's name for them."""

    x: list[str]
    label: str | None
    id: str | None
    covariates: dict[str, str]


def roles_of(
    names: list[str], observe: Observation, own: Mapping[str, Any], key: str, file: str
) -> Roles:
    """Those of the columns of a file, which is called ``file`` in messages.

    Raises:
        ValueError: not as many are left for x as it has components.
    """
    x = [variable.name for variable in observe.variables]
    size = math.prod(observe.shape)
    all_are_x = not x and len(names) == size
    beside = [] if all_are_x else [name for name in names if name not in x]
    covariates = {}
    for column in observe.columns:
        for name in (f"c_{column.name}", column.name):
            if name in beside:
                covariates[column.name] = name
    beside = [name for name in beside if name not in covariates.values()]
    label, id_ = (_own(own, role, beside) or _called(role, beside) for role in ("label", "id"))
    if not x:
        x = [
            name
            for name in names
            if all_are_x or (name in beside and name not in (label, id_) and not _is_beside(name))
        ]
        if len(x) != size:
            raise ValueError(
                f"{key}: expected {size} columns of numbers in {file}, a component of x each, "
                f"got {len(x)}: {some(x)}"
            )
        return Roles(x, label, id_, covariates)
    known = {name for role in ("drop", "covariates") for name in _list(own, role)}
    known |= {label, id_, own.get("split")}
    others = [name for name in beside if name not in known]
    if others and not set(x) - set(names):
        log.warning(f"{key}: columns of {file} that the model knows nothing of: {some(others)}")
    return Roles(x, label, id_, covariates)


def _own(own: Mapping[str, Any], role: str, names: Sequence[str]) -> str | None:
    """The column of that role in the run's own table, if it is there."""
    name = own.get(role)
    return name if isinstance(name, str) and name in names else None


def _list(own: Mapping[str, Any], role: str) -> list[Any]:
    names = own.get(role)
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _called(role: str, names: Sequence[str]) -> str | None:
    """The column that is called as such arrays of .npz files are."""
    group = {"label": "y", "id": "ids"}[role]
    for name in names:
        if (match := NAME.fullmatch(name)) and match[group] and not match["before"]:
            return name
    return None


def _is_beside(name: str) -> bool:
    match = NAME.fullmatch(name)
    return bool(match and (match["c"] or match["split"] or match["y"] or match["ids"]))
