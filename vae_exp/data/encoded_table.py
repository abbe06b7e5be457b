"""The values of a frame of pandas as numbers, and back."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy
import torch
from torch import Tensor

from vae_exp.data.column_numbers import numbers
from vae_exp.data.variables import POSITIVE, some
from vae_exp.distribution.variable import NAMED, Variable

if TYPE_CHECKING:
    from pandas import DataFrame, Series

DIGITS = 7  # of a float32
MOST_COUNT = 2**24  # up to here a float32 has all whole numbers
EXPECTED = {
    "continuous": "finite numbers up to 3.4e38",
    "positive": "numbers above 0, up to 3.4e38",
    "count": f"whole numbers from 0 to {MOST_COUNT:,}",
}


def encode_table(
    frame: "DataFrame",
    variables: Sequence[Variable],
    key: str,
    place: str = "",
    decimal: str = ".",
) -> Tensor:
    """x (N, D) of a frame that has these columns, and perhaps others: NaN where a cell is missing.

    Args:
        key: of the configuration, that is to blame, or what the frame is called.
        place: where its columns are, " of <file>", if not in the file of the key.
        decimal: before the fraction of a number, in texts.

    Raises:
        ValueError: a column is not there, or twice, or a value is not of its type.
    """
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise ValueError(f"{key}: expected columns of different names, got {twice[0]} twice")
    absent = [variable.name for variable in variables if variable.name not in frame.columns]
    if absent:
        raise ValueError(
            f"{key}: expected the columns {some(absent)}, which are not among those{place}"
            if place
            else f"{key}: expected the columns {some(absent)}, which are not there"
        )
    columns = [
        _encode(frame[variable.name], variable, key, place, decimal) for variable in variables
    ]
    return torch.from_numpy(numpy.stack(columns, 1)).float()


def _encode(
    column: "Series", variable: Variable, key: str, place: str, decimal: str
) -> numpy.ndarray:
    missing = column.isna().to_numpy()
    if variable.type in NAMED:
        codes = {category: float(code) for code, category in enumerate(variable.categories)}
        # a column of numbers with a word in it is one of texts
        texts = {str(category): code for category, code in codes.items()}
        truth = codes
        if variable.type == "yes/no" and str(variable.categories[1]).lower() in POSITIVE:
            truth = {False: 0.0, True: 1.0}
        found = [
            truth.get(v, numpy.nan)
            if isinstance(v, bool)
            else codes.get(v, texts.get(v, numpy.nan))
            for v in column.astype(object)
        ]
        x = numpy.array(found, dtype=float)
        wrong, expected = numpy.isnan(x) & ~missing, some(variable.categories)
    else:
        x = numbers(column, decimal)
        low = {"positive": numpy.finfo(numpy.float32).tiny, "count": 0}
        with numpy.errstate(invalid="ignore"):
            large = abs(x) > numpy.finfo(numpy.float32).max
            wrong = (numpy.isnan(x) & ~missing) | large | (x < low.get(variable.type, -numpy.inf))
            if variable.type == "count":
                wrong |= ((x != x.round()) & ~missing) | (x > MOST_COUNT)
        expected = EXPECTED[variable.type]
    if wrong.any():
        row = int(wrong.argmax())
        hint = f"; say what it is with data.types={{{variable.name}: ...}}, or change the file"
        raise ValueError(
            f"{key}: expected {expected} in column {variable.name}{place}, which is "
            f"{variable.type}, got {int(wrong.sum())} that are not, such as {column.iloc[row]} in "
            f"row {row}{hint if key.startswith('data.') else ', counted from 0'}"
        )
    return x


def decode_table(x: Tensor, variables: Sequence[Variable]) -> dict[str, list[Any]]:
    """The values of each column of x (N, D), as the file that it was trained on has them."""
    return {variable.name: decode(column, variable) for variable, column in zip(variables, x.T)}


def decode(column: Tensor, variable: Variable) -> list[Any]:
    """The values of a column of x, (N,); numbers have as many digits as single precision has.

    None stands for a category, or a whole number, that is not known.
    """
    column = column.double()
    if variable.categories or variable.whole:
        low = 1 if variable.whole and variable.type == "positive" else -math.inf
        places = [
            int(number) if math.isfinite(number) else None
            for number in column.clamp(min=low).round().tolist()
        ]
        named = variable.categories
        return [named[place] if named and place is not None else place for place in places]
    values = [float(f"{number:.{DIGITS}g}") for number in column.tolist()]
    if variable.decimals is None:
        return values
    least = 10**-variable.decimals if variable.type == "positive" else -numpy.inf
    return [max(round(value, variable.decimals), least) for value in values]
