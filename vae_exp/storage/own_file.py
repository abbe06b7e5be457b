"""Reading the files of a folder that may be a stranger's: those alone, and not without an end."""

import os
import stat
from pathlib import Path

MEGABYTE = 2**20
MOST_METRICS = 256 * MEGABYTE  # of metrics.jsonl, in bytes, and in records
MOST_RECORDS = 500_000
MOST_SUMMARY = 2 * MEGABYTE
MOST_PICTURE = 20 * MEGABYTE


def own_file(folder: Path, file: Path) -> Path:
    """``file``, if it lies in ``folder`` or would, and is a file, a folder or not there.

    A link may lead elsewhere in the folder and not out of it, and nothing is read from a pipe or a
    device, which may never end.

    Raises:
        ValueError: it leads out of the folder, or is neither.
    """
    if not file.resolve().is_relative_to(folder.resolve()):
        raise ValueError(
            f"{file}: expected a file in the run's own folder, got a link to {file.resolve()}"
        )
    try:
        mode = file.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return file
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise ValueError(f"{file}: expected a file, got a pipe, a socket or a device")
    return file


def read_text(folder: Path, file: Path, most: int) -> str:
    """What a file of ``folder`` has.

    Args:
        most: bytes.

    Raises:
        ValueError: it is not the folder's own, see ``own_file``, has more, or is not text.
        OSError: it does not read.
    """
    size = own_file(folder, file).stat().st_size
    if size > most:
        raise ValueError(f"{file}: expected at most {most} bytes, got {size}")
    return file.read_bytes().decode()


def check_own_files(folder: Path) -> None:
    """See that what a run writes to in ``folder`` does not lead out of it.

    Raises:
        ValueError: something there is a link that does, or no file.
    """
    for root, folders, files in os.walk(folder):  # which follows no links
        for name in (*folders, *files):
            own_file(folder, Path(root) / name)
