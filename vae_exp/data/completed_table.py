"""A table with its missing cells filled in: the same columns, types and rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy
from torch import Tensor

from vae_exp.data.table_file import SEPARATORS
from vae_exp.data.variables import decode_table
from vae_exp.distribution.variable import Variable

if TYPE_CHECKING:
    from pandas import DataFrame, Series

DIGITS = 7  # of a float32


def complete_table(frame: "DataFrame", x: Tensor, variables: Sequence[Variable]) -> "DataFrame":
    """The frame with its missing cells filled in from x (N, D), which its columns' other cells, and
    all other columns, need not be like.

    Raises:
        ValueError: x has not as many rows.
    """
    if len(x) != len(frame):
        raise ValueError(f"x: expected {len(frame)} rows, as the table has, got {len(x)}")
    values = decode_table(x, variables)
    return frame.assign(**{name: _filled(frame[name], values[name]) for name in values})


def _filled(column: "Series", values: Sequence[Any]) -> "Series":
    missing = column.isna().to_numpy()
    if not missing.any():
        return column
    chosen = [short(value) for value, is_missing in zip(values, missing) if is_missing]
    filled = column.copy()
    if isinstance(column.dtype, numpy.dtype) and column.dtype.kind == "f":
        chosen = numpy.array(chosen, dtype=column.dtype)
    filled[missing] = chosen
    return filled


def short(value: Any) -> Any:
    """A number with as many digits as it has in single precision, or anything else."""
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def write_frame(file: Path, frame: "DataFrame", suffix: str, header: bool = True) -> None:
    """Write a frame as a file of that suffix, without names of columns where there is no header."""
    if suffix == ".parquet":
        frame.to_parquet(file)
    else:
        separator = SEPARATORS[suffix]
        frame.to_csv(file, sep=separator, index=False, header=header, lineterminator="\n")
