"""Writing an output where the command line asks for it."""

import sys
from pathlib import Path

from vae_exp.storage.atomic_write import atomic_write
from vae_exp.storage.run_files import is_of_a_run


def write(text: str, path: str, option: str) -> None:
    """Put the text there in one move, or on standard output for ``-``.

    Args:
        option: of the command line, for the message.

    Raises:
        ValueError: it cannot be written there, or a run needs the file that is there.
    """
    data = text.encode(errors="replace")  # a folder's name need not be Unicode
    if path == "-":
        sys.stdout.write(data.decode())
        return
    target = Path(path).expanduser().resolve()
    if is_of_a_run(target):
        raise ValueError(f"{option}: expected another file than those of a run, got {path}")
    try:
        if target.exists() and not target.is_file():  # /dev/null is written to, not replaced
            target.write_bytes(data)
            return
        with atomic_write(target) as file:
            file.write_bytes(data)
    except OSError as error:
        reason = error.strerror or error
        raise ValueError(f"{option}: expected a file to write to, got {path}: {reason}") from error
