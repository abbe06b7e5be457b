"""Python's warnings wait for the end of what may be refused: the line that says so says it all."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def held_warnings() -> Iterator[None]:
    """Show the warnings from inside, torch's for the most part, at the end, if there was no error.

    What libraries set up on the way, such as filters of their own, stays.
    """
    held: list[tuple[Any, ...]] = []
    show = warnings.showwarning

    def hold(*words: Any) -> None:
        held.append(words)

    warnings.showwarning = hold
    try:
        yield
    finally:
        if warnings.showwarning is hold:
            warnings.showwarning = show
    for words in held:
        warnings.showwarning(*words)
