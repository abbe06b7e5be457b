"""SIGINT and SIGTERM, answered at a moment when a run can be stopped without loss."""

import multiprocessing
import os
import signal
import threading
import time
from types import FrameType, TracebackType
from typing import ClassVar

DEFAULTS = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
SLURM_TIMEOUT = signal.SIGUSR2  # from Slurm, where submitit has a handler that queues the job again
WANDB_AGENT = "WANDB_SWEEP_ID"  # a variable that W&B's agent gives the runs that it starts
GRACE_PERIOD = 30  # seconds that the jobs of a parallel sweep have for their checkpoints


class Interrupted(KeyboardInterrupt):
    """A signal ended the run; ``exit_code`` is as a shell reports it, 130 or 143."""

    def __init__(self, signal_number: int):
        super().__init__(signal_number)
        self.exit_code = 128 + signal_number


class SignalHandler:
    """Remembers the first signal, and lets a second one of the kind end the process at once.

    A context manager. ``received()`` is whether there was one; after ``raise_immediately`` it
    raises ``Interrupted`` wherever the program is, until ``only_remember``. What one around it has
    received, it has, too: an import may have swallowed the exception.
    """

    innermost: ClassVar["SignalHandler | None"] = None

    def __init__(self):
        self.signal_number: int | None = None
        self.around: SignalHandler | None = None
        self.immediately = False
        self.handlers: dict[int, object] = {}

    def __enter__(self) -> "SignalHandler":
        self.around, SignalHandler.innermost = SignalHandler.innermost, self
        if self.around is not None:
            self.signal_number = self.around.signal_number
        if threading.current_thread() is threading.main_thread():  # Python asks for that
            self.handlers = {number: signal.signal(number, self._handle) for number in DEFAULTS}
            if callable(signal.getsignal(SLURM_TIMEOUT)):
                self.handlers[SLURM_TIMEOUT] = signal.signal(SLURM_TIMEOUT, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        SignalHandler.innermost = self.around
        for number, handler in self.handlers.items():
            signal.signal(number, handler)
        if self.signal_number == SLURM_TIMEOUT:
            signal.raise_signal(SLURM_TIMEOUT)  # all is written: now the other handler's work

    def received(self) -> bool:
        return self.signal_number is not None

    def raise_immediately(self) -> None:
        """Raise on a signal, and now if there was one."""
        self.immediately = True
        if self.signal_number is not None:
            raise Interrupted(self.signal_number)

    def only_remember(self) -> None:
        """Let what is being written down be: W&B stops a run of its agent's by two signals, one
        from the agent and one from within, seconds apart."""
        self.immediately = False

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.signal_number = number
        signal.signal(number, DEFAULTS.get(number, signal.SIG_IGN))
        if self.immediately:
            terminate_workers()
            raise Interrupted(number)


def terminate_workers() -> None:
    """Have the jobs in processes of this one's stop within a step, and wait for them."""
    workers, deadline = multiprocessing.active_children(), time.monotonic() + GRACE_PERIOD
    for worker in workers:
        os.kill(worker.pid, signal.SIGTERM)
    for worker in workers:
        worker.join(max(0.0, deadline - time.monotonic()))


def exit_worker(stop: KeyboardInterrupt) -> None:
    """End this process if it is a worker, which would else begin the next job."""
    if multiprocessing.parent_process() is not None:
        os._exit(getattr(stop, "exit_code", 1))


def end_of_signal(exit_code: int) -> None:
    """End by the signal itself, where the exit code stands for one and W&B's agent waits for it.

    The agent takes any exit code above 0 for a failed run, and ends after five of them in a row,
    which may all have been stopped for good reason; an end by a signal it takes for what it is.
    """
    if WANDB_AGENT in os.environ and exit_code > 128:
        signal.signal(exit_code - 128, signal.SIG_DFL)
        os.kill(os.getpid(), exit_code - 128)
