"""Files that are there as a whole or not at all."""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TEMPORARY = re.compile(r"\..+\.[0-9a-f]{16}\.tmp")


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A name to write to, which becomes ``path`` in one move at the end, if all went well.

    It is on the disk before it gets the name, so that a power cut leaves the old file or the new.
    Nobody can have foreseen its name, and put a link to somewhere else there.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        yield temporary
        _flush(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_unfinished(folder: Path) -> None:
    """Remove what processes that were killed in mid-write have left in ``folder``, if it is there.

    Nobody else may be writing there.
    """
    for file in folder.glob(".*.tmp"):
        if TEMPORARY.fullmatch(file.name) and not file.is_dir():
            with suppress(OSError):  # it takes room, and does no other harm
                file.unlink()


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
