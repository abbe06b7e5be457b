"""Tables in files: CSV, TSV, Parquet."""

import csv
import warnings
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vae_exp.data.table_form import TableForm

if TYPE_CHECKING:
    from pandas import DataFrame

TEXTS = (".csv", ".tsv")
SUFFIXES = (*TEXTS, ".parquet")
TAB = "\t"
SEPARATORS = (";", ",", TAB, "|")  # that files have


def read_table(
    path: str | None,
    key: str,
    form: TableForm,
    texts: Collection[str] = (),
    names: Sequence[str] | None = None,
    missing: bool = True,
) -> "DataFrame":
    """The table of a file, with the names of its columns as texts.

    Args:
        form: of CSV and TSV files.
        texts: columns that are taken for texts, whatever they look like.
        names: of the columns of such a file whose first row has none.
        missing: whether an empty cell there, NA and the like are missing, and no texts.

    Raises:
        ValueError: naming ``key``, where there is no such file, it does not read, or pandas is not
            installed.
    """
    if path is None:
        raise ValueError(f"{key}: expected the path of a .csv, .tsv or .parquet file, got null")
    try:
        import pandas
    except ImportError as error:
        raise ValueError(
            "data: expected pandas, and pyarrow for Parquet, for data=table; "
            "pip install 'vae_exp[table]'"
        ) from error
    file = Path(path).expanduser()
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES or file.is_dir():
        raise ValueError(f"{key}: expected a .csv, .tsv or .parquet file, got {file}")
    _see_separator(file, key, form)
    try:
        if suffix == ".parquet":
            frame = _read_parquet(file, texts)
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("error", pandas.errors.ParserWarning)  # of lost cells
                frame = pandas.read_csv(
                    file,
                    sep=form.separator_of(suffix),
                    decimal=form.decimal,
                    encoding=form.encoding,
                    low_memory=False,
                    dtype=dict.fromkeys(texts, str),
                    names=names,
                    keep_default_na=missing,
                    index_col=False,  # or a separator at the end of rows would shift all columns
                )
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{key}: expected letters in {form.encoding}, got others in {file}; save it as UTF-8, "
            "or data.encoding=cp1252 if a program of Windows wrote it"
        ) from error
    except pandas.errors.ParserWarning as error:
        raise ValueError(
            f"{key}: expected as many cells in each row of {file} as its first row has names, "
            f"{len(first_row(file, form))}, got more"
        ) from error
    except Exception as error:  # pandas and pyarrow have many words for a file that is not theirs
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise ValueError(f"{key}: expected a file that reads, got {file}: {reason}") from error
    frame.columns = frame.columns.map(str)
    found = [] if names is not None else first_row(file, form) or [*frame.columns]
    twice = next((name for name in found if name and found.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{key}: expected columns of different names, got {twice} twice")
    return frame


def first_row(file: Path, form: TableForm) -> list[str]:
    """The cells of that of a CSV or TSV file, blank lines left out; none of another file, or of one
    that is not there."""
    if file.suffix.lower() not in TEXTS or not file.is_file():
        return []
    encoding = "utf-8-sig" if form.encoding == "utf-8" else form.encoding
    separator = form.separator_of(file.suffix.lower())
    with file.open(encoding=encoding, errors="replace", newline="") as opened:
        try:
            return next(filter(None, csv.reader(opened, delimiter=separator)), [])
        except csv.Error:  # a cell without an end, which pandas has words for
            return []


def _read_parquet(file: Path, texts: Collection[str]) -> "DataFrame":
    import pandas

    frame = pandas.read_parquet(file)
    # whole numbers with gaps come as floats, which do not have all of them
    if any(column.dtype.kind == "f" and column.hasnans for _, column in frame.items()):
        exact = pandas.read_parquet(file, dtype_backend="numpy_nullable")
        for name, column in exact.items():
            if column.dtype.kind in "iu" and frame[name].dtype.kind == "f":
                frame[name] = column
    for name in frame.columns.intersection([*texts]):
        frame[name] = frame[name].astype(object).map(str, na_action="ignore")
    return frame


def _see_separator(file: Path, key: str, form: TableForm) -> None:
    """Raises ValueError where something else than expected is between the columns' names."""
    cells, expected = first_row(file, form), form.separator_of(file.suffix.lower())
    line = "".join(cells)
    found = "" if len(cells) > 1 else next(filter(line.__contains__, SEPARATORS), "")
    if not found:
        return
    hint = f"if {found} separates them, \"data.separator='{found}'\""
    if TAB in (expected, found):
        hint = f"call it {file.stem}{'.csv' if expected == TAB else '.tsv'}, as such files are"
    raise ValueError(
        f"{key}: expected columns of {file} separated by {expected!r}, got its first line "
        f"{line[:60]!r}; {hint}"
    )
