"""A user's own table, from a file."""

import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NewType

import numpy
import torch
from torch import Tensor

from vae_exp.data import Binarize
from vae_exp.data.column_numbers import are_numbers, numbers_or_words, of_decimals
from vae_exp.data.covariates import as_columns, read_covariate
from vae_exp.data.encoded_table import encode_table
from vae_exp.data.labels import as_classes, read_labels
from vae_exp.data.observation import Observation
from vae_exp.data.row_ids import row_ids
from vae_exp.data.split_words import are_splits
from vae_exp.data.table_file import first_row
from vae_exp.data.table_form import TableForm
from vae_exp.data.table_rows import by_column, read_rows, split_rows
from vae_exp.data.tabular import Tabular
from vae_exp.data.variables import Types, check_cells, infer_variables, some, told

if TYPE_CHECKING:
    from pandas import DataFrame

log = logging.getLogger(__name__)

MOSTLY = 0.5  # of the rows have a value of their own

# what is called str is the path of a file
Name = NewType("Name", str)  # of a column
Mark = NewType("Mark", str)  # or an encoding, see ``TableForm``


def table(
    path: str | None,
    test_path: str | None,
    test_size: int | float | None,
    validation_size: int | float,
    types: Types | None,
    drop: list[Name],
    label: Name | None,
    split: Name | None,
    id: Name | None,
    covariates: list[Name],
    separator: Mark,
    decimal: Mark,
    encoding: Mark,
    binarize: Binarize,
    seed: int,
    known: Observation | None = None,
) -> Tabular:
    """The rows of a .csv, .tsv or .parquet file, a column for each component of x.

    A column of one value is left out, with a line that says so. A cell that is missing is NaN.

    Args:
        path: the file; ``~`` is the home folder.
        test_path: a file with the test data, or null.
        test_size, validation_size: how many rows to hold out, or below 1 which share, where
            neither ``test_path`` nor ``split`` has them.
        types: see ``infer_variables``.
        drop: columns that are left out.
        label: a column of classes, or null.
        split: a column that has the split of each row, train, validation or test, or null.
        id: a column that names the rows, or null; see ``Tabular.ids``.
        covariates: columns that are no part of x, for condition=columns; decimal numbers are
            numbers, all else are categories.
        separator, decimal, encoding: of files of texts, see ``TableForm``.
        binarize: ``none`` or ``auto``.
        seed: of the splits.
        known: what the data were to a model that has been trained; its columns are taken.

    Raises:
        ValueError: a file that does not read, a column that is not there or not of its type, a
            row with nothing in it, or a size out of range.
    """
    types = types or {}
    form = TableForm(separator, decimal, encoding)
    if test_path is not None and test_size is not None:
        raise ValueError(
            f"data.test_size: expected null where data.test_path is given, got {test_size}"
        )
    words = [name for name, type_ in types.items() if type_ == "category"]
    words += [] if label is None else [label]
    read = partial(read_rows, path, test_path, form, id, words)
    frame, rows = read()
    apart = {"data.label": label, "data.split": split, "data.id": id}
    listed = {"data.drop": drop, "data.covariates": covariates}
    for key, name in [*apart.items(), *((key, n) for key, names in listed.items() for n in names)]:
        if name is not None and name not in frame.columns:
            raise ValueError(f"{key}: expected a column of {path}, got {name}")
    _tell_of_names(first_row(Path(path or "").expanduser(), form), decimal)
    rows = by_column(frame, split, rows)
    kept = frame.drop(columns=list({*drop, *covariates, *filter(None, apart.values())}))
    if known is not None and known.variables:
        variables = list(known.variables)
    else:
        check_cells(kept)
        kept = _varying(kept)
        _tell_of_roles(kept, types)
        variables = infer_variables(kept, types, decimal)
        log.info(f"{len(variables)} columns, {told(variables)} (data.types says otherwise)")
    x = encode_table(kept, variables, "data.path", decimal=decimal)
    index = split_rows(rows, test_size, validation_size, seed)
    y, names = _classes(frame[label]) if label is not None else (None, [])
    ids_of = None
    if id is not None:
        ids = row_ids(frame[id])
        ids_of = {part: [ids[i] for i in chosen.tolist()] for part, chosen in index.items()}
    data = Tabular(
        {part: x[chosen] for part, chosen in index.items()},
        None if y is None else {part: y[chosen] for part, chosen in index.items()},
        variables,
        bool(known and known.variables),
        ids_of,
        lambda: read()[0],
        index,
        binarize,
        seed,
    )
    data.numbers = index
    if test_path is not None:  # which has rows of its own
        data.numbers = {**index, "test": torch.arange(len(index["test"]))}
    data.class_names = tuple(names)
    if covariates:
        data.columns, (values,) = as_columns([_covariates(frame, covariates)])
        data.covariates = {part: values[chosen] for part, chosen in index.items()}
    if x.isnan().any():
        counts = {v.name: int(n) for v, n in zip(variables, x.isnan().sum(0)) if n}
        said = ", ".join(f"{name} ({n})" for name, n in list(counts.items())[:8])
        log.info(f"{sum(counts.values())} cells are missing, in {len(counts)} columns: {said}")
        data.mark_missing({part: x[chosen].isnan() for part, chosen in index.items()})
    return data


def _varying(frame: "DataFrame") -> "DataFrame":
    """The columns with two values or more."""
    constant = [name for name in frame.columns if frame[name].nunique() < 2]
    if constant:
        log.warning(
            f"data.path: {len(constant)} columns have one value or none, and are left out: "
            f"{', '.join(constant[:8])}"
        )
    varying = frame.drop(columns=constant)
    if varying.shape[1] == 0:
        raise ValueError("data.path: expected a column with two values or more, got none")
    return varying


def _tell_of_names(cells: list[str], decimal: str) -> None:
    """Warn of a first row of a text file that may be a datum."""
    fractions = any(decimal in cell and are_numbers([cell], decimal) for cell in cells)
    if fractions or are_numbers(cells, decimal):
        log.warning(
            f"data.path: the first row has numbers, {some(cells)}, and is taken for the names of "
            "the columns; put names before it in the file if it is a datum"
        )


def _tell_of_roles(frame: "DataFrame", types: Types) -> None:
    """Warn of columns of x that look as if they said something of the rows, and not of a datum."""
    guessed = [of_decimals(frame[name]) for name in frame.columns if name not in types]
    for column in guessed:
        if column.dtype.kind == "i" and (column.diff().iloc[1:] == 1).all():
            log.warning(
                f"data.path: column {column.name} counts the rows, and so tells a model nothing; "
                f"data.drop=[{column.name}] leaves it out, data.id={column.name} has it name them"
            )
        distinct = column.nunique()
        if column.dtype.kind not in "biuf" and distinct > MOSTLY * len(column):
            log.warning(
                f"data.path: column {column.name} has {distinct} values in {len(column)} rows, too "
                f"many to learn of each; data.drop=[{column.name}] leaves it out, or make numbers "
                "of it in the file, of dates too"
            )
        if are_splits(column.dropna().unique()):
            log.warning(
                f"data.path: column {column.name} has {some(column.dropna().unique())}, and is "
                f"taken as a part of x; data.split={column.name} has the rows split by it"
            )


def _covariates(frame: "DataFrame", names: list[str]) -> dict[str, numpy.ndarray]:
    found = {}
    for name in names:
        column = frame[name]
        if column.isna().any():
            raise ValueError(
                f"data.covariates: expected a value of {name} in each row, got "
                f"{int(column.isna().sum())} missing"
            )
        values = numbers_or_words(column)
        found[name] = read_covariate(name, values, len(column), "data.covariates")
    return found


def _classes(column: "DataFrame") -> tuple[Tensor, list[str]]:
    if column.isna().any():
        raise ValueError(
            f"data.label: expected a class for each row, got {int(column.isna().sum())} missing"
        )
    (y,), names = as_classes([read_labels(numbers_or_words(column), len(column), "data.label")])
    return y, names
