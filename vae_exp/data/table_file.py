"""Tables in files: CSV, TSV, Parquet."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame

SEPARATORS = {".csv": ",", ".tsv": "\t"}
SUFFIXES = (*SEPARATORS, ".parquet")


def read_table(
    path: str | None,
    key: str,
    texts: Collection[str] = (),
    names: Sequence[str] | None = None,
    missing: bool = True,
) -> "DataFrame":
    """The table of a file, with the names of its columns as texts.

    Args:
        texts: columns that are texts, whatever they look like, in CSV and TSV files.
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
    try:
        if suffix == ".parquet":
            frame = pandas.read_parquet(file)
        else:
            frame = pandas.read_csv(
                file,
                sep=SEPARATORS[suffix],
                low_memory=False,
                dtype=dict.fromkeys(texts, str),
                names=names,
                keep_default_na=missing,
            )
    except Exception as error:  # pandas and pyarrow have many words for a file that is not theirs
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise ValueError(f"{key}: expected a file that reads, got {file}: {reason}") from error
    frame.columns = frame.columns.map(str)
    if len(frame.columns) == 1 and ";" in frame.columns[0]:
        raise ValueError(
            f"{key}: expected columns separated by {SEPARATORS.get(suffix, ',')!r}, got one that "
            f"is called {frame.columns[0][:60]!r}; if ; separates them, change that in the file"
        )
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise ValueError(f"{key}: expected columns of different names, got {twice[0]} twice")
    return frame
