"""A table that a command writes: beside the run, or where it was told to."""

import csv
import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from vae_exp.storage.atomic_write import atomic_write
from vae_exp.storage.own_file import own_file
from vae_exp.storage.run_files import is_of_a_run


def output_file(run: str | Path, out: str | None, name: str, suffixes: Sequence[str]) -> Path:
    """Where to write to, a folder for it being there.

    Args:
        run: the run's folder, in which a link leads nowhere.
        out: what the user said, or none for ``name`` in that folder.
        suffixes: that the file may have; none for any.

    Raises:
        ValueError: it is not to be written there, or not in that format here.
    """
    folder = Path(run).expanduser()
    file = folder / name if out is None else Path(out).expanduser()
    if not suffixes and (out == "" or file.is_dir()):
        raise ValueError(f"--out: expected a file, got {out or 'nothing'}")
    if suffixes and (file.suffix not in suffixes or file.is_dir()):
        raise ValueError(f"--out: expected a file that ends in {' or '.join(suffixes)}, got {out}")
    if file.suffix == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise ValueError(f"--out: expected pyarrow for {out}, found none; pip install pyarrow")
    if file.absolute().is_relative_to(folder.absolute()):
        own_file(folder, file)
    if is_of_a_run(file):
        raise ValueError(f"--out: expected another file than those of the run, got {file}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=file.parent):
            pass  # it can be written to
    except OSError as error:
        raise ValueError(
            f"--out: expected a file that can be written, got {file}: {error.strerror}"
        ) from error
    return file


def keep_inputs(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """See that what was read is not written over, by whatever name.

    Raises:
        ValueError: a file is among both.
    """
    read = [file for file in inputs if file.exists()]
    for file in outputs:
        if file.exists() and any(map(file.samefile, read)):
            raise ValueError(f"--out: expected another file than what is read, got {file}")


def write_table(file: Path, columns: Mapping[str, Sequence[Any]]) -> None:
    """Write columns of one length in one move, as CSV, or Parquet where the name ends so."""
    with atomic_write(file) as temporary:
        if file.suffix == ".parquet":
            import pyarrow
            from pyarrow import parquet

            parquet.write_table(pyarrow.table(dict(columns)), temporary)
            return
        with temporary.open("w", newline="", encoding="utf-8", errors="replace") as opened:
            writer = csv.writer(opened, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(zip(*columns.values()))
