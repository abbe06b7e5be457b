"""The numbers in a column of a frame of pandas, which may be one of texts."""

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
    if getattr(column.dtype, "kind", "O") in "biuf":
        return column.to_numpy()
    return column.astype(str).to_numpy(dtype="U")


def _number(value: Any, decimal: str) -> float:
    if isinstance(value, str) and decimal != ".":
        value = value.replace(".", "?").replace(decimal, ".")  # no other sign will do
    try:
        return float(value)
    except (TypeError, ValueError):
        return numpy.nan


def is_number(text: str, decimal: str = ".") -> bool:
    """Whether a cell of a text file has one, or nan."""
    return text.lower() == "nan" or not numpy.isnan(_number(text, decimal))
