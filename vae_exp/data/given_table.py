"""A .csv, .tsv or .parquet file as rows for a trained model, and back with its holes filled."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy
import torch
from torch import Tensor

from vae_exp.condition.columns import Column
from vae_exp.data.array_file import Rows
from vae_exp.data.column_numbers import are_numbers, numbers, numbers_or_words
from vae_exp.data.column_roles import roles_of
from vae_exp.data.completed_table import complete_table
from vae_exp.data.encoded_table import encode_table
from vae_exp.data.labels import read_labels
from vae_exp.data.observation import Observation
from vae_exp.data.row_ids import row_ids
from vae_exp.data.table_file import TEXTS, first_row, read_table
from vae_exp.data.table_form import TableForm
from vae_exp.data.variables import some
from vae_exp.distribution.variable import Variable

if TYPE_CHECKING:
    from pandas import DataFrame, Series

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GivenTable:
    """A table of a user's, for a model that has been trained.

    Args:
        file: it lies there.
        frame: all of its columns.
        variables: its columns that are x.
        rows: what they are to the model.
        observe: what a datum is to it.
        header: whether the file has the names of the columns.
        form: what the file is written with.
    """

    file: Path
    frame: "DataFrame"
    variables: tuple[Variable, ...]
    rows: Rows
    observe: Observation
    header: bool
    form: TableForm

    @property
    def columns(self) -> dict[str, numpy.ndarray]:
        """All columns by name."""
        return {name: self.frame[name].to_numpy() for name in self.frame}

    def completed(self, x: Tensor, as_texts: bool) -> "DataFrame":
        """The table with what is missing filled in from x (N, X), all else as it was.

        Args:
            as_texts: whether cells are to be as the file has them, if that is one of texts.
        """
        levels = self.observe.levels
        if levels > 1 and self.observe.are_levels([self.rows.x]):
            shifted = (x * (levels + 1)).floor() if self.observe.dequantize else x * levels
            x = shifted.round().clamp(0, levels)
        filled = complete_table(self.frame, x.flatten(1), self.variables)
        if self.file.suffix.lower() not in TEXTS or not as_texts:
            return filled
        names = None if self.header else list(self.frame.columns)
        texts = read_table(
            str(self.file), self.rows.key, self.form, self.frame.columns, names, missing=False
        )
        for name in (variable.name for variable in self.variables):
            missing = self.frame[name].isna().to_numpy()
            values = filled[name][missing]
            texts.loc[missing, name] = [_text(value, self.form.decimal) for value in values]
        header = first_row(self.file, self.form) if self.header else []
        if len(header) == len(texts.columns):
            texts.columns = header  # of which one may have no name
        return texts


def read_given_table(
    path: str, key: str, observe: Observation, own: Mapping[str, Any]
) -> GivenTable:
    """The table of a file.

    Of a model of a table columns are found by their names. Of one of arrays those that are called
    y, id or c_<name>, as in .npz files, or as its covariates, are no part of x, unless there are
    as many columns as x has components, which all others together are, in their order.

    Args:
        key: what the file is called in messages.
        observe: what a datum is to the model.
        own: how its own data were read, the section data of its configuration.

    Raises:
        ValueError: the file does not read, or has no such columns, or another value in them.
    """
    file = Path(path).expanduser()
    place = f" of {file.name}"
    form = TableForm.of(own)
    names = _headless(file, form, observe)
    if names is not None:
        log.info(f"{key}: the first row of {file.name} has numbers alone, and is taken for a datum")
    plain = read_table(path, key, form, names=names)
    if not len(plain):
        raise ValueError(f"{key}: expected a row or more in {file.name}, got none")
    roles = roles_of(list(plain.columns), observe, own, key, file.name)
    of_texts = {v.name for v in observe.variables if set(map(type, v.categories)) == {str}}
    of_texts |= set(filter(None, [roles.id]))
    if roles.label is not None and set(map(type, observe.classes)) == {str}:
        of_texts.add(roles.label)
    is_text = file.suffix.lower() in TEXTS
    taken = of_texts & set(plain.columns) if is_text else None
    frame = read_table(path, key, form, taken, names) if taken else plain
    if observe.variables:
        variables = observe.variables
        x = encode_table(frame, variables, key, place, form.decimal)
    else:
        variables = tuple(Variable(name, "continuous") for name in roles.x)
        found = [_finite(frame[name], key, place, form.decimal) for name in roles.x]
        x = torch.stack(found, 1)
    covariates = {
        column.name: _covariate(frame[roles.covariates[column.name]], column, key, place, form)
        for column in observe.columns
        if column.name in roles.covariates
    }
    rows = Rows(
        x,
        _labels(frame, roles.label, key, place, bool(observe.classes)),
        key,
        file.name,
        covariates,
        None if roles.id is None else row_ids(frame[roles.id]),
    )
    form = form.as_in(file) if is_text else form
    return GivenTable(file, frame, variables, rows, observe, names is None, form)


def _headless(file: Path, form: TableForm, observe: Observation) -> list[str] | None:
    """Names 0, 1, ... of the columns of a text file whose first row has numbers, which are not the
    names of the model's columns; or none."""
    cells = [cell.strip() for cell in first_row(file, form)]
    names = [str(place) for place in range(len(cells))]
    known = {variable.name for variable in observe.variables}
    if cells == names or (known and known <= set(cells)):
        return None
    return names if are_numbers(cells, form.decimal) else None


def _finite(column: "Series", key: str, place: str, decimal: str) -> Tensor:
    """The numbers of a column, (N,), NaN where a cell is missing."""
    x = numbers(column, decimal)
    wrong = (numpy.isnan(x) & column.notna().to_numpy()) | numpy.isinf(x)
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(
            f"{key}: expected finite numbers in column {column.name}{place}, got "
            f"{int(wrong.sum())} that are not, such as {column.iloc[row]} in row {row}, counted "
            "from 0"
        )
    return torch.from_numpy(x)


def _labels(
    frame: "DataFrame", name: str | None, key: str, place: str, needed: bool
) -> Tensor | numpy.ndarray | None:
    """The classes, (N,), by number or name; none where some are missing and none is needed."""
    if name is None:
        return None
    column = frame[name]
    if column.isna().any():
        if not needed:
            return None
        raise _lacks("a class", column, key, place)
    values = numbers_or_words(column)
    if values.dtype.kind != "U" and not needed and not (column == column.round()).all():
        return None  # no classes, whatever it is called
    return read_labels(values, len(column), key)


def _lacks(what: str, column: "Series", key: str, place: str) -> ValueError:
    missing = column.isna().to_numpy()
    return ValueError(
        f"{key}: expected {what} in each row of column {column.name}{place}, got "
        f"{int(missing.sum())} missing, the first in row {int(missing.argmax())}, counted from 0"
    )


def _covariate(
    column: "Series", known: Column, key: str, place: str, form: TableForm
) -> numpy.ndarray:
    if column.isna().any():
        raise _lacks("a value", column, key, place)
    if not known.categories:
        return _finite(column, key, place, form.decimal).numpy()
    words = column.astype(str)
    unknown = ~words.isin(known.categories).to_numpy()
    if unknown.any():
        row = int(unknown.argmax())
        raise ValueError(
            f"{key}: expected one of {some(known.categories)} in column {column.name}{place}, got "
            f"{int(unknown.sum())} that are not, such as {words.iloc[row]} in row {row}, counted "
            "from 0"
        )
    return words.to_numpy()


def _text(value: Any, decimal: str) -> str:
    """A cell of a text file; whole numbers without a point."""
    if not isinstance(value, float):
        return str(value)
    whole = value.is_integer() and abs(value) < 1e15
    return str(int(value)) if whole else str(value).replace(".", decimal)
