"""How far the making of a data set has come, for whoever waits for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# called with how many data are done, and of how many
Progress = Callable[[int, int], None]

_watcher: ContextVar[Progress | None] = ContextVar("watcher", default=None)


def tell(done: int, total: int) -> None:
    """Tell whoever waits, if there is somebody."""
    if (watcher := _watcher.get()) is not None:
        watcher(done, total)


@contextmanager
def watched_by(watcher: Progress) -> Iterator[None]:
    """Have what is made inside tell ``watcher`` how far it is."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)
