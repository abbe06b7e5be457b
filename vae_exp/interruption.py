"""SIGINT and SIGTERM, heard at a moment when a run can be stopped without loss."""

import multiprocessing
import os
import signal
import threading
import time
from types import FrameType, TracebackType

DEFAULTS = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
TIME_IS_UP = signal.SIGUSR2  # from Slurm, where submitit has a handler that queues the job again
PATIENCE = 30  # seconds that the jobs of a parallel sweep have for their checkpoints


class Interrupted(KeyboardInterrupt):
    """A signal ended the run; ``exit_code`` is as a shell reports it, 130 or 143."""

    def __init__(self, signal_number: int):
        super().__init__(signal_number)
        self.exit_code = 128 + signal_number


class Interruption:
    """Remembers the first signal, and lets a second one of the kind end the process at once.

    A context manager. ``requested()`` is whether there was one; after ``from_now_at_once`` it
    raises ``Interrupted`` wherever the program is.
    """

    def __init__(self):
        self.signal_number: int | None = None
        self.at_once = False
        self.handlers: dict[int, object] = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():  # Python asks for that
            self.handlers = {number: signal.signal(number, self._hear) for number in DEFAULTS}
            if callable(signal.getsignal(TIME_IS_UP)):
                self.handlers[TIME_IS_UP] = signal.signal(TIME_IS_UP, self._hear)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self.handlers.items():
            signal.signal(number, handler)
        if self.signal_number == TIME_IS_UP:
            signal.raise_signal(TIME_IS_UP)  # all is written: now the other handler's work

    def requested(self) -> bool:
        return self.signal_number is not None

    def from_now_at_once(self) -> None:
        """Raise on a signal, and now if there was one."""
        self.at_once = True
        if self.signal_number is not None:
            raise Interrupted(self.signal_number)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.signal_number = number
        signal.signal(number, DEFAULTS.get(number, signal.SIG_IGN))
        if self.at_once:
            stop_workers()
            raise Interrupted(number)


def stop_workers() -> None:
    """Have the jobs in processes of this one's stop within a step, and wait for them."""
    workers, deadline = multiprocessing.active_children(), time.monotonic() + PATIENCE
    for worker in workers:
        os.kill(worker.pid, signal.SIGTERM)
    for worker in workers:
        worker.join(max(0.0, deadline - time.monotonic()))


def leave_worker(stop: KeyboardInterrupt) -> None:
    """End this process if it is a worker, which would else begin the next job."""
    if multiprocessing.parent_process() is not None:
        os._exit(getattr(stop, "exit_code", 1))
