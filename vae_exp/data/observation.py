"""A user's array as data x of a model: in its shape, on the scale that it was trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy
import torch
from torch import Tensor

from vae_exp.condition.columns import Column
from vae_exp.data.tensor import as_tensor

# of each kind of numbers: the least and the largest there can be, in words
RANGES = {
    "real": (-torch.inf, torch.inf, "finite numbers"),
    "counts": (0, torch.inf, "whole numbers from 0"),
    "unit": (0, 1, "numbers from 0 to 1"),
    "bits": (0, 1, "0 and 1, or numbers between"),
    "images": (0, 1, "numbers from 0 to 1"),
}


@dataclass(frozen=True)
class Observation:
    """What a datum (x, c) is to a model, so that other arrays can be made such x:
    ``observation(array)``.

        grey levels k:  x = k / L,  of dequantised data  x = (k + ½)/(L + 1),  the mean of theirs

    Grey levels are whole numbers, some of them above 1; of bits that a model was trained on, the
    grey is their probability.

    Args:
        shape: X.
        kind: of ``RANGES``.
        levels: L, or 1 where there are no grey levels.
        dequantize: whether the model was trained on dequantised levels.
        classes: what c is of, where it is a class.
        columns: what c is of, where it is covariates.

    Raises:
        ValueError: the arguments make no sense, as in a stranger's checkpoint.
    """

    shape: tuple[int, ...]
    kind: str = "real"
    levels: int = 1
    dequantize: bool = False
    classes: tuple[int | str, ...] = ()
    columns: tuple[Column, ...] = ()

    def __post_init__(self):
        levels_fit = type(self.levels) is int and self.levels >= 1
        if self.kind not in RANGES or not levels_fit or type(self.dequantize) is not bool:
            raise ValueError(
                f"observation: expected a kind of {', '.join(RANGES)}, levels from 1 and whether "
                f"they are dequantised, got {self.kind!r}, {self.levels!r} and {self.dequantize!r}"
            )
        names = [name for column in self.columns for name in (column.name, *column.categories)]
        if not all(type(name) in (int, str) for name in self.classes) or not all(
            type(name) is str for name in names
        ):
            raise ValueError("observation: expected names, or numbers, of classes and covariates")

    def state(self) -> dict[str, Any]:
        """All but the shape, in plain values, for a checkpoint."""
        state = {name: value for name, value in asdict(self).items() if name != "shape"}
        return {**state, "columns": tuple(tuple(column.values()) for column in state["columns"])}

    @classmethod
    def from_state(cls, shape: tuple[int, ...], state: Any) -> "Observation":
        """The same again; nothing is known but the shape of a model of an earlier version.

        Raises:
            ValueError: that is no such state.
        """
        known = {field.name for field in fields(cls)} - {"shape"}
        if not isinstance(state, Mapping) or not set(state) <= known:
            raise ValueError(f"observation: expected the keys {', '.join(sorted(known))}")
        try:
            columns = tuple(Column(name, tuple(names)) for name, names in state.get("columns", ()))
            classes = tuple(state.get("classes", ()))
        except (TypeError, ValueError) as error:
            raise ValueError("observation: expected classes and covariates by name") from error
        return cls(shape, **{**state, "columns": columns, "classes": classes})

    def __call__(self, array: Any, levels: bool | None = None) -> Tensor:
        """x of ``array``, which may be one of numpy, of any type: float, (*, X), on its device.

        Args:
            levels: whether these are grey levels, of a part of what ``are_levels`` has seen; none
                to see for itself.

        Raises:
            ValueError: it is not of shape (*, X), or has numbers that no datum has.
        """
        numbers = self._tensor(array)
        x = numbers.float()
        if self.are_levels([numbers]) if levels is None else levels:
            x = (x + 0.5) / (self.levels + 1) if self.dequantize else x / self.levels
        low, high, _ = RANGES[self.kind]
        fits = x.isfinite() & (x >= low) & (x <= high)
        if self.kind == "counts":
            fits &= x == x.round()
        if not fits.all():
            outside = numbers[~fits]
            raise ValueError(
                f"x: expected {self}, got {len(outside)} that are not, such as "
                f"{outside[0].item():.4g}"
            )
        return x

    def __str__(self) -> str:
        levels = f", or grey levels from 0 to {self.levels}" if self.levels > 1 else ""
        return RANGES[self.kind][2] + levels

    def _tensor(self, array: Any) -> Tensor:
        expected = f"x: expected an array of numbers of shape (*, {str(self.shape).strip('(),')})"
        try:
            if not isinstance(array, Tensor):
                # lists become arrays too, and torch wants no other order of memory, nor read-only
                array = as_tensor(numpy.require(array, requirements="CW"))
        except (TypeError, ValueError, RuntimeError) as error:
            raise ValueError(f"{expected}, got {type(array).__name__} ({error})") from error
        if array.is_complex():
            raise ValueError(f"{expected}, got {array.dtype}")
        axes = array.dim() - len(self.shape)
        if axes < 0 or tuple(array.shape[axes:]) != self.shape:
            raise ValueError(f"{expected}, got one of shape {tuple(array.shape)}")
        return array

    def are_levels(self, parts: Sequence[Tensor]) -> bool:
        """Whether the numbers of an array, in parts, are grey levels: whole ones, some above 1."""
        first = parts[0]
        if self.levels == 1 or first.dtype == torch.bool or first.numel() == 0:
            return False
        if not first.is_floating_point() and self.kind == "images":
            return True
        if not any((part > 1).any() for part in parts):
            return False
        return all((part.isnan() | (part == part.round())).all() for part in parts)
