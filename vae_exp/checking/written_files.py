"""Which files are written while something is done."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
EVENTS = ("os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.rmtree")

_watching: list[list[str]] = []  # an audit hook stays for good, so that there is one


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching:
        return
    if event == "open":
        name, mode, flags = arguments
        writes = any(letter in (mode or "") for letter in "wax+") or (flags or 0) & WRITES
        if writes and isinstance(name, (str, bytes, os.PathLike)):
            _watching[-1].append(os.fsdecode(name))
    elif event in EVENTS and isinstance(arguments[0], (str, bytes, os.PathLike)):
        _watching[-1].append(os.fsdecode(arguments[0]))


@contextlib.contextmanager
def written_files() -> Iterator[list[str]]:
    """The files that are opened to be written, and folders that are made or removed, inside."""
    if not hasattr(written_files, "hooked"):
        sys.addaudithook(_audit)
        written_files.hooked = True
    written: list[str] = []
    _watching.append(written)
    try:
        yield written
    finally:
        _watching.remove(written)
