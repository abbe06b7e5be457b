"""A user's array as data x of a model: in its shape, on the scale that it was trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy
import torch
from torch import Tensor, nn
from torch.distributions import constraints

from vae_exp.condition.columns import Column
from vae_exp.data.completed_table import complete_table
from vae_exp.data.encoded_table import decode_table, encode_table
from vae_exp.data.tensor import as_tensor
from vae_exp.decoder.standardized import Standardized
from vae_exp.distribution.variable import OfVariables, Variable
from vae_exp.encoder.inputs import Inputs, Standardize
from vae_exp.encoder.variables import VariableInputs

if TYPE_CHECKING:
    from pandas import DataFrame

    from vae_exp.data.moments import Moments

# of each kind of numbers: the least and the largest there can be, in words
RANGES: dict[str, tuple[float, float, str]] = {
    "real": (-torch.inf, torch.inf, "finite numbers"),
    "counts": (0, torch.inf, "whole numbers from 0"),
    "unit": (0, 1, "numbers from 0 to 1"),
    "bits": (0, 1, "0 and 1, or numbers between"),
    "images": (0, 1, "numbers from 0 to 1"),
    "columns": (-torch.inf, torch.inf, "numbers of the columns' types, of categories their places"),
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
        standardize: whether networks see each component standardised.
        variables: what the columns are that x, of kind ``columns``, has a number each of.
        moments: by which each component is standardised; none where a model that is loaded has
            them among its weights.

    Raises:
        ValueError: the arguments make no sense, as in a stranger's checkpoint.
    """

    shape: tuple[int, ...]
    kind: str = "real"
    levels: int = 1
    dequantize: bool = False
    classes: tuple[int | str, ...] = ()
    columns: tuple[Column, ...] = ()
    standardize: bool = False
    variables: tuple[Variable, ...] = ()
    moments: "Moments | None" = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        levels_fit = type(self.levels) is int and self.levels >= 1
        flags = {type(self.dequantize), type(self.standardize)}
        if self.kind not in RANGES or not levels_fit or flags != {bool}:
            raise ValueError(
                f"observation: expected a kind of {', '.join(RANGES)}, levels from 1, and whether "
                f"they are dequantised and standardised, got {self.kind!r}, {self.levels!r}, "
                f"{self.dequantize!r} and {self.standardize!r}"
            )
        if self.variables and (len(self.variables),) != self.shape:
            raise ValueError(f"observation: expected columns of x for shape {self.shape}")
        names = [name for column in self.columns for name in (column.name, *column.categories)]
        if not all(type(name) in (int, str) for name in self.classes) or not all(
            type(name) is str for name in names
        ):
            raise ValueError("observation: expected names, or numbers, of classes and covariates")

    def state(self) -> dict[str, Any]:
        """All but the shape and what is among the weights, in plain values, for a checkpoint."""
        columns = tuple((column.name, column.categories) for column in self.columns)
        variables = tuple(asdict(variable) for variable in self.variables)
        state = {name: getattr(self, name) for name in STORED}
        return state | {"columns": columns, "variables": variables}

    @classmethod
    def from_state(cls, shape: tuple[int, ...], state: Any) -> "Observation":
        """The same again; nothing is known but the shape of a model of an earlier version.

        Raises:
            ValueError: that is no such state.
        """
        if not isinstance(state, Mapping) or not set(state) <= STORED:
            raise ValueError(f"observation: expected the keys {', '.join(sorted(STORED))}")
        try:
            columns = tuple(Column(name, tuple(names)) for name, names in state.get("columns", ()))
            classes = tuple(state.get("classes", ()))
            variables = tuple(
                Variable(**{**each, "categories": tuple(each.get("categories", ()))})
                for each in state.get("variables", ())
            )
        except (TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                f"observation: expected classes, covariates and columns by name ({error})"
            ) from error
        found = {"columns": columns, "classes": classes, "variables": variables}
        return cls(shape, **{**state, **found})

    def inputs(self) -> Inputs:
        """What an encoder sees of x."""
        if self.variables:
            return VariableInputs(self.variables)
        return Standardize(*self._units()) if self.standardize else Inputs(self.shape)

    def in_units(self, decoder: nn.Module) -> nn.Module:
        """The decoder of x, of one that knows nothing of the units of x."""
        real = getattr(decoder, "support", None) is constraints.real
        return Standardized(decoder, *self._units()) if self.standardize and real else decoder

    def _units(self) -> tuple[Tensor, Tensor]:
        if self.moments is None:
            return torch.zeros(self.shape), torch.ones(self.shape)
        return self.moments.loc.clone(), self.moments.scale.clone()

    def __call__(self, array: Any, levels: bool | None = None) -> Tensor:
        """x of ``array``, which may be one of numpy, of any type: float, (*, X), on its device.

        Of a table's columns a frame of pandas will do too, with the values that the file has.

        Args:
            levels: whether these are grey levels, of a part of what ``are_levels`` has seen; none
                to see for itself.

        Raises:
            ValueError: it is not of shape (*, X), or has numbers that no datum has.
        """
        if self.variables and hasattr(array, "columns"):
            array = encode_table(array, self.variables, "x")
        numbers = self._tensor(array)
        x = numbers.float()
        if self.are_levels([numbers]) if levels is None else levels:
            x = (x + 0.5) / (self.levels + 1) if self.dequantize else x / self.levels
        low, high, _ = RANGES[self.kind]
        fits = x.isfinite() & (x >= low) & (x <= high)
        if self.kind == "counts":
            fits &= x == x.round()
        if self.variables:
            fits &= OfVariables(self.variables).check(x)
        fits |= numbers.isnan()  # not observed
        if not fits.all():
            outside = numbers[~fits]
            raise ValueError(
                f"x: expected {self}, got {len(outside)} that are not, such as "
                f"{outside[0].item():.4g}"
            )
        return x

    def frame(self, x: Tensor) -> "DataFrame":
        """x (N, X) of a model of a table, such as ``vae.sample`` gives, as a frame of pandas.

        Raises:
            ValueError: the model is of no table.
        """
        if not self.variables:
            raise ValueError("frame: expected the model of a table, got one of arrays")
        import pandas

        return pandas.DataFrame(decode_table(x, self.variables))

    def complete(self, frame: "DataFrame", x: Tensor) -> "DataFrame":
        """The frame of pandas with its missing cells from x (N, X), such as ``vae.impute`` gives.

        Raises:
            ValueError: x has not as many rows.
        """
        columns = [Variable(name, "continuous") for name in frame.columns]
        return complete_table(frame, x, self.variables or columns)

    def __str__(self) -> str:
        levels = f", or grey levels from 0 to {self.levels}" if self.levels > 1 else ""
        return RANGES[self.kind][2] + levels

    def _tensor(self, array: Any) -> Tensor:
        expected = f"x: expected an array of numbers of shape (*, {str(self.shape).strip('(),')})"
        try:
            # lists become arrays too, and torch wants no other order of memory, nor read-only
            given = isinstance(array, Tensor)
            tensor = as_tensor(array if given else numpy.require(array, requirements="CW"))
        except (TypeError, ValueError, RuntimeError) as error:
            raise ValueError(f"{expected}, got {type(array).__name__} ({error})") from error
        axes = tensor.dim() - len(self.shape)
        if axes < 0 or tuple(tensor.shape[axes:]) != self.shape:
            last = len(self.shape) == 3 and tensor.shape[axes:] == (*self.shape[1:], self.shape[0])
            moved = "; channels come first, as np.moveaxis(x, -1, -3) has them" if last else ""
            raise ValueError(f"{expected}, got one of shape {tuple(tensor.shape)}{moved}")
        return tensor

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


STORED = {known.name for known in fields(Observation)} - {"shape", "moments"}
