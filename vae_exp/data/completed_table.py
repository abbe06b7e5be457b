"""A table with its missing cells filled in: the same columns, types and rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy
import torch
from torch import Tensor

from vae_exp.data.encoded_table import decode
from vae_exp.data.table_form import TableForm
from vae_exp.distribution.variable import Variable

if TYPE_CHECKING:
    from pandas import DataFrame, Series

WHOLE = 2**53  # up to here floats have all whole numbers


def complete_table(frame: "DataFrame", x: Tensor, variables: Sequence[Variable]) -> "DataFrame":
    """The frame with its missing cells filled in from x (N, D), which its columns' other cells, and
    all other columns, need not be like.

    Raises:
        ValueError: x has not as many rows.
    """
    if len(x) != len(frame):
        raise ValueError(f"x: expected {len(frame)} rows, as the table has, got {len(x)}")
    filled = {}
    for variable, values in zip(variables, x.cpu().T):
        column = frame[variable.name]
        missing = column.isna().to_numpy()
        if missing.any():
            chosen = decode(values[torch.tensor(missing)], variable)
            filled[variable.name] = _filled(column, missing, chosen, variable)
    return frame.assign(**filled)


def _filled(
    column: "Series", missing: numpy.ndarray, chosen: Sequence[Any], variable: Variable
) -> "Series":
    """The column with what was chosen; of whole numbers alone, integers again."""
    filled = column.copy()
    if variable.type == "yes/no" and _is_truth(column[~missing]):
        chosen = [value == variable.categories[1] for value in chosen]
    floats = isinstance(column.dtype, numpy.dtype) and column.dtype.kind == "f"
    filled[missing] = numpy.array(chosen, dtype=column.dtype) if floats else chosen
    whole = floats and all(type(value) is int for value in chosen)
    if whole and ((filled == filled.round()) & (filled.abs() < WHOLE)).all():
        return filled.astype(numpy.int64)
    return filled


def _is_truth(column: "Series") -> bool:
    if str(column.dtype) == "boolean":
        return True
    return len(column) > 0 and all(isinstance(value, bool) for value in column.tolist())


def write_frame(
    file: Path, frame: "DataFrame", suffix: str, form: TableForm, header: bool = True
) -> None:
    """Write a frame as a file of that suffix, without names of columns where there is no header."""
    if suffix == ".parquet":
        frame.to_parquet(file)
    else:
        frame.to_csv(
            file,
            sep=form.separator_of(suffix),
            decimal=form.decimal,
            encoding=form.encoding,
            lineterminator=form.line_end,
            index=False,
            header=header,
        )
