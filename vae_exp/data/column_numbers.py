"""The numbers in a column of a frame of pandas, which may be one of texts."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy

if TYPE_CHECKING:
    from pandas import Series


def numbers(column: "Series", decimal: str = ".") -> numpy.ndarray:
    """Those of a column, (N,), NaN where a value is none.

    Args:
        decimal: before the fraction, in texts.
    """
    try:
        if decimal == "." or column.dtype.kind in "biuf":
            return column.astype(object).where(column.notna(), numpy.nan).to_numpy(dtype=float)
    except (TypeError, ValueError):
        pass
    return numpy.array([_number(value, decimal) for value in column.astype(object)])


def numbers_or_words(column: "Series") -> numpy.ndarray:
    """A column of numbers or truth values as it is, of all else as texts, (N,)."""
    column = of_decimals(column)
    if getattr(column.dtype, "kind", "O") in "biuf":
        return column.to_numpy()
    return column.astype(str).to_numpy(dtype="U")


def of_decimals(column: "Series") -> "Series":
    """A column of exact decimal numbers, which a database or Parquet may have, as floats; another
    as it is."""
    first = column.first_valid_index()
    return column.astype(float) if isinstance(column.get(first), Decimal) else column


def _number(value: Any, decimal: str) -> float:
    if isinstance(value, str) and decimal != ".":
        value = value.replace(".", "?").replace(decimal, ".")  # no other sign will do
    try:
        return float(value)
    except (TypeError, ValueError):
        return numpy.nan


def are_numbers(cells: Sequence[str], decimal: str = ".") -> bool:
    """Whether all cells of a row of texts have one, or nan, or nothing, and not all nothing."""
    found = (
        c in ("", "nan") or not numpy.isnan(_number(c, decimal)) for c in map(str.lower, cells)
    )
    return any(cells) and all(found)
