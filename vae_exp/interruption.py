"""SIGINT and SIGTERM, heard at a moment when a run can be stopped without loss."""

import signal
import threading
from types import FrameType, TracebackType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(KeyboardInterrupt):
    """A signal ended the run; ``exit_code`` is as a shell reports it, 130 or 143."""

    def __init__(self, signal_number: int):
        super().__init__(signal_number)
        self.exit_code = 128 + signal_number


class Interruption:
    """Remembers the first signal, and lets a second one end the process at once.

    A context manager. ``requested()`` is whether there was one; after ``from_now_at_once`` it
    raises ``Interrupted`` wherever the program is.
    """

    def __init__(self):
        self.signal_number: int | None = None
        self.at_once = False
        self.handlers: dict[int, object] = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():  # Python asks for that
            self.handlers = {number: signal.signal(number, self._hear) for number in SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self.handlers.items():
            signal.signal(number, handler)

    def requested(self) -> bool:
        return self.signal_number is not None

    def from_now_at_once(self) -> None:
        """Raise on a signal, and now if there was one."""
        self.at_once = True
        if self.signal_number is not None:
            raise Interrupted(self.signal_number)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.signal_number = number
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if self.at_once:
            raise Interrupted(number)
