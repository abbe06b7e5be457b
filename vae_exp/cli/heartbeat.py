"""Something said now and then, while something else is done."""

from collections.abc import Callable
from threading import Event, Thread
from time import perf_counter

EVERY = 10.0  # seconds between two lines, of what takes minutes
SHARE = 1 / 20  # ... of the time that has passed, of what takes hours


class Heartbeat:
    """Calls ``say`` from a thread of its own, until it is stopped.

    Ten seconds pass between two calls, or a twentieth of all the time so far where that is more, so
    that what takes a night has no thousands of lines.
    """

    def __init__(self, say: Callable[[], None]):
        self.say = say
        self.begun = self.last = 0.0
        self.stopped = Event()
        self.thread: Thread | None = None

    def start(self) -> None:
        self.begun = self.last = perf_counter()
        self.thread = Thread(target=self._beat, name="heartbeat", daemon=True)
        self.thread.start()

    def postpone(self) -> None:
        """Something was said just now."""
        self.last = perf_counter()

    def stop(self) -> None:
        self.stopped.set()
        if self.thread is not None:
            self.thread.join()

    def _beat(self) -> None:
        while not self.stopped.wait(max(0.0, self._due() - perf_counter())):
            if perf_counter() >= self._due():
                self.last = perf_counter()
                self.say()

    def _due(self) -> float:
        return self.last + max(EVERY, SHARE * (self.last - self.begun))
