"""Standard output and error that cannot end a run, whoever reads them and for how long."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

STREAMS = ("stdin", "stdout", "stderr")  # by their file descriptors


class Undisturbed:
    """A stream that goes on, to nowhere, once it cannot be written to.

    ``error`` is why, or none; a reader that has gone away, as ``| head`` does, is no error.
    """

    def __init__(self, stream: TextIO):
        self.stream = stream
        self.error: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        try:
            return self.stream.write(text)
        except OSError as error:
            self._leave(error)
            return len(text)

    def flush(self) -> None:
        try:
            self.stream.flush()
        except OSError as error:
            self._leave(error)

    def _leave(self, error: OSError) -> None:
        if not isinstance(error, BrokenPipeError):
            self.error = error
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.stream.fileno())  # what is still in its buffer goes there too
        os.close(nowhere)


def open_closed_streams() -> None:
    """Where one of the three was closed (``>&-``) read and write nowhere.

    Else the next file that is opened would take its place, and get what is printed.
    """
    for number, name in enumerate(STREAMS):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)
            if descriptor != number:
                os.dup2(descriptor, number)
                os.close(descriptor)
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, os.fdopen(number, mode, closefd=False))


@contextmanager
def undisturbed_streams() -> Iterator[tuple[Undisturbed, Undisturbed]]:
    """Inside, standard output and error are ``Undisturbed``."""
    open_closed_streams()
    before = sys.stdout, sys.stderr
    for stream in before:
        stream.reconfigure(errors="replace")  # a terminal without σ must not end a run
    sys.stdout, sys.stderr = out, err = Undisturbed(before[0]), Undisturbed(before[1])
    try:
        yield out, err
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = before
