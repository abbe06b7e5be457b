"""What Python's garbage collection need not look at."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Leave out of all garbage collection what is made meanwhile, the first time in a process.

    For imports: torch and what comes with it are hundreds of thousands of objects, which stay, and
    a collection that looks at them takes a fifth of a second, several times in a short run.
    """
    first = gc.isenabled() and gc.get_freeze_count() == 0
    if first:
        gc.disable()
    try:
        yield
    finally:
        if first:
            gc.freeze()
            gc.enable()
