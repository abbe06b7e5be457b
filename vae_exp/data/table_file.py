"""Tables in files: CSV, TSV, Parquet."""

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
        texts: columns that are texts, whatever they look like, in such files.
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
            frame = pandas.read_parquet(file)
        else:
            frame = pandas.read_csv(
                file,
                sep=form.separator_of(suffix),
                decimal=form.decimal,
                encoding=form.encoding,
                low_memory=False,
                dtype=dict.fromkeys(texts, str),
                names=names,
                keep_default_na=missing,
            )
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{key}: expected letters in {form.encoding}, got others in {file}; save it as UTF-8, "
            "or data.encoding=cp1252 if a program of Windows wrote it"
        ) from error
    except Exception as error:  # pandas and pyarrow have many words for a file that is not theirs
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise ValueError(f"{key}: expected a file that reads, got {file}: {reason}") from error
    frame.columns = frame.columns.map(str)
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise ValueError(f"{key}: expected columns of different names, got {twice[0]} twice")
    return frame


def first_line(file: Path, form: TableForm) -> str:
    """That of a CSV or TSV file; nothing of another, or of one that is not there."""
    if file.suffix.lower() not in TEXTS or not file.is_file():
        return ""
    encoding = "utf-8-sig" if form.encoding == "utf-8" else form.encoding
    with file.open(encoding=encoding, errors="replace") as opened:
        return opened.readline().rstrip("\n")


def _see_separator(file: Path, key: str, form: TableForm) -> None:
    """Raises ValueError where something else than expected is between the columns' names."""
    line, expected = first_line(file, form), form.separator_of(file.suffix.lower())
    found = "" if expected in line else next(filter(line.__contains__, SEPARATORS), "")
    if not found:
        return
    hint = f"if {found} separates them, \"data.separator='{found}'\""
    if TAB in (expected, found):
        hint = f"call it {file.stem}{'.csv' if expected == TAB else '.tsv'}, as such files are"
    raise ValueError(
        f"{key}: expected columns of {file} separated by {expected!r}, got its first line "
        f"{line[:60]!r}; {hint}"
    )
