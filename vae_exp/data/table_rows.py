"""The rows of a user's table, in one file or two, and which of them belong to which split."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy
import torch
from torch import Tensor

from vae_exp.data import SPLITS
from vae_exp.data.held_out import hold_out, how_many
from vae_exp.data.split_words import read_splits
from vae_exp.data.table_file import TEXTS, read_table
from vae_exp.data.table_form import TableForm

if TYPE_CHECKING:
    from pandas import DataFrame


def read_rows(
    path: str | None, test_path: str | None, form: TableForm, id: str | None, words: Sequence[str]
) -> tuple["DataFrame", dict[str, Tensor]]:
    """All rows, and which of them belong to a split.

    Columns that are texts in one of the files are so in both.

    Args:
        path, test_path: of the files; none where there are no test data apart.
        form: of files of texts.
        id: a column of names, which are texts, whatever they look like.
        words: columns that may be words: numbers with a zero before them, 007, are.

    Raises:
        ValueError: a file that does not read, or one with test data that lacks a column.
    """
    texts = [] if id is None else [id]
    frame = _read(path, "data.path", form, texts, words)
    if test_path is None:
        return frame, {"train": torch.arange(len(frame))}
    import pandas

    test = _read(test_path, "data.test_path", form, texts, words)
    absent = [name for name in frame.columns if name not in test.columns]
    if absent:
        raise ValueError(f"data.test_path: expected the columns of data.path, got no {absent[0]}")
    differ = [name for name in frame.columns if _is_text(frame, name) != _is_text(test, name)]
    if differ:
        frame = read_table(path, "data.path", form, [*texts, *differ])
        test = read_table(test_path, "data.test_path", form, [*texts, *differ])
    both = pandas.concat([frame, test[frame.columns]], ignore_index=True)
    all_rows = torch.arange(len(both))
    return both, {"train": all_rows[: len(frame)], "test": all_rows[len(frame) :]}


def _read(
    path: str | None, key: str, form: TableForm, texts: Collection[str], words: Sequence[str]
) -> "DataFrame":
    frame = read_table(path, key, form, texts)
    whole = [name for name in words if name in frame and frame[name].dtype.kind == "i"]
    if whole and str(path).lower().endswith(TEXTS):
        written = read_table(path, key, form, [*texts, *whole])
        for name in whole:
            if written[name].str.contains(r"^-?0\d").any():
                frame[name] = written[name]
    return frame


def _is_text(frame: "DataFrame", name: str) -> bool | None:
    """None of a column without a value, which may be anything."""
    kind = getattr(frame[name].dtype, "kind", "O")
    return None if frame[name].isna().all() else kind not in "biuf"


def by_column(frame: "DataFrame", split: str | None, rows: dict[str, Tensor]) -> dict[str, Tensor]:
    """Which rows belong to a split by the column that says so.

    Raises:
        ValueError: it says something else, or there are test data apart.
    """
    if split is None:
        return rows
    if "test" in rows:
        raise ValueError(f"data.split: expected null where data.test_path is given, got {split}")
    said = read_splits(frame[split].astype(str), len(frame), "data.split", f"column {split}")
    places = {part: torch.from_numpy(numpy.flatnonzero(said == part)) for part in SPLITS}
    return {part: place for part, place in places.items() if len(place)}


def split_rows(
    rows: dict[str, Tensor], test_size: int | float | None, validation_size: int | float, seed: int
) -> dict[str, Tensor]:
    """The rows of all of ``SPLITS``; what is not there apart is held out of training.

    Raises:
        ValueError: a size out of range, or fewer than two rows in a split.
    """
    index, count = dict(rows), len(rows["train"])
    for part, size in {"test": test_size, "validation": validation_size}.items():
        key = f"data.{part}_size"
        if part in index:
            continue
        if size is None:
            raise ValueError(f"{key}: expected a number where there are no {part} data, got null")
        index["train"], index[part] = hold_out(index["train"], how_many(size, count), seed, key)
    for part in SPLITS:
        if len(index[part]) < 2:
            raise ValueError(
                f"data.path: expected two rows or more for {part}, got {len(index[part])}"
            )
    return {part: index[part] for part in SPLITS}
