"""A table with its missing cells filled in: the same columns, types and rows."""

from collections.abc import Sequence
from decimal import Decimal
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
    if variable.type == "yes/no" and _is_truth(column[~missing]):
        chosen = [value == variable.categories[1] for value in chosen]
    first = column.get(column.first_valid_index())
    if isinstance(first, Decimal):
        chosen = [Decimal(str(value)) for value in chosen]
    filled = _wide_enough(column, chosen)
    floats = isinstance(filled.dtype, numpy.dtype) and filled.dtype.kind == "f"
    filled[missing] = numpy.array(chosen, dtype=filled.dtype) if floats else chosen
    whole = floats and all(type(value) is int for value in chosen)
    if whole and ((filled == filled.round()) & (filled.abs() < WHOLE)).all():
        return filled.astype(numpy.int64)
    return filled


def _wide_enough(column: "Series", chosen: Sequence[Any]) -> "Series":
    """A copy of a column, of a type that also takes what was chosen."""
    if hasattr(column, "cat"):
        known = set(column.cat.categories)
        return column.cat.add_categories([v for v in dict.fromkeys(chosen) if v not in known])
    kind = column.dtype.kind
    if kind not in "iuf":
        return column.copy()
    if not all(isinstance(value, int | float) for value in chosen):
        return column.astype(object)
    if kind == "f":
        low = column.dtype == numpy.float16
        return column.astype(numpy.float32) if low else column.copy()
    whole = all(isinstance(value, int) for value in chosen)
    return column.astype("Int64" if whole else "Float64")


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
