"""What a person sees of a run: a bar on a terminal, plain lines elsewhere."""

import logging
import multiprocessing
import sys
from time import perf_counter
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Columns

from vae_exp.cli.heartbeat import Heartbeat

log = logging.getLogger(__name__)

LINES = 20  # at most, for a whole training where there is no terminal


def name_lines(job: str) -> None:
    """Begin a job's lines with its name where others write beside it; run.log is its own."""
    if multiprocessing.parent_process() is None:
        return
    for handler in logging.getLogger().handlers:
        if not isinstance(handler, logging.FileHandler):
            handler.setFormatter(logging.Formatter(f"{job}: %(message)s"))


class Bar:
    """Shows how far something is while the context lasts, a part of it after the other.

    A bar where there is a terminal to draw it on; elsewhere a line now and then, also while nobody
    tells anything. Either has the time that is left of the part, where a share of it is done.

    Args:
        title: what is being done.
        total: of what ``move`` is given: steps, or 1.0.
    """

    def __init__(self, title: str, total: float = 1.0):
        self.title, self.total = title, total
        console = _terminal()
        # the bars of jobs side by side would write over each other
        self.visible = console is not None and multiprocessing.parent_process() is None
        steps = [MofNCompleteColumn()] if isinstance(total, int) else []
        self.bar = Columns(
            TextColumn(title),
            BarColumn(),
            *steps,
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            disable=not self.visible,
            transient=True,
        )
        self.task = self.bar.add_task("", total=total)
        self.lines = Heartbeat(self.say)
        self.part: str | None = None
        self.described = ""
        self.share = self.first = 0.0
        self.begun = perf_counter()

    def __enter__(self):
        self.begun = perf_counter()
        if self.visible:
            self.bar.start()
        else:
            self.lines.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.lines.stop()
        self.bar.stop()

    def move(self, completed: float, description: str, part: str = "") -> None:
        """So much of a part is done."""
        share = completed / self.total if self.total else 0.0
        if part != self.part or share < self.share:
            self.part, self.first, self.begun = part, share, perf_counter()
        self.share, self.described = share, description
        told = ", ".join(filter(None, (description, self.left())))
        self.bar.update(self.task, completed=completed, description=told)

    def left(self) -> str:
        """The time left of the part, in words, nothing where that is not known."""
        done = self.share - self.first
        if done <= 0 or self.share >= 1:
            return ""
        return f"{duration((perf_counter() - self.begun) * (1 - self.share) / done)} left"

    def say(self) -> None:
        """Say a line of how far it is."""
        spent = f"{duration(perf_counter() - self.begun)} so far"
        done = f"{self.share:.0%} done" if self.share else ""
        words = ", ".join(filter(None, (self.described, done, self.left() or spent)))
        say(f"{self.title}: {words}")


def _terminal() -> Console | None:
    """Standard output or error, where somebody looks at it."""
    consoles = (Console(), Console(stderr=True))
    return next((console for console in consoles if console.is_terminal), None)


def say(line: str) -> None:
    """In the log of a run; of a command, which has none, on standard error."""
    if log.hasHandlers() and log.isEnabledFor(logging.INFO):
        log.info(line)
    else:
        print(line, file=sys.stderr, flush=True)


class TrainingProgress(Bar):
    """Shows the records of a run as they come."""

    def __init__(self, total_steps: int):
        super().__init__("training", total_steps)
        self.total_steps = total_steps
        self.elbo, self.lines_told = "", 0

    def show(self, record: dict[str, float]) -> None:
        """Take note of a training or validation record."""
        if "val/elbo" in record:
            self.elbo = f"val ELBO {record['val/elbo']:.3f}"
            lines = record["step"] * LINES // self.total_steps
            if not self.visible and lines > self.lines_told:
                self.lines_told = lines
                steps = f"step {record['step']}/{self.total_steps}"
                log.info(f"epoch {record['epoch']}  {steps}  {self.elbo}")
                self.lines.postpone()
            return
        numbers = f"loss {record['train/loss']:.3f}  ELBO {record['train/elbo']:.3f}  {self.elbo}"
        self.move(record["step"], numbers.strip())


class DataProgress(Bar):
    """Shows how far a data set is that takes long to make, see ``vae_exp.data.progress``."""

    def __init__(self):
        super().__init__("preparing", 0)

    def __enter__(self):
        from vae_exp.data.progress import watched_by  # with torch, which not all commands need

        self.watching = watched_by(self)
        self.watching.__enter__()
        if not self.visible:
            self.lines.start()
        return self  # most data sets are there at once, and have no bar

    def __exit__(self, *error: Any) -> None:
        self.watching.__exit__(*error)
        super().__exit__(*error)

    def __call__(self, done: int, total: int) -> None:
        if not self.total:
            self.total = total
            self.bar.update(self.task, total=total)
            if self.visible:
                self.bar.start()
        self.move(done, f"decoding images, {done:,} of {total:,}")


class EvaluationProgress(Bar):
    """Shows the parts of an evaluation as they come, see ``vae_exp.evaluation.progress``."""

    def __init__(self, title: str = "evaluating"):
        super().__init__(title)

    def __call__(self, part: str, share: float) -> None:
        self.move(share, part, part)


def duration(seconds: float) -> str:
    """In the words of a person who waited.

    >>> duration(0.4), duration(13.2), duration(135), duration(11_000)
    ('0.4 s', '13 s', '2 min 15 s', '3 h 03 min')
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, over = divmod(minutes, 60)
    if not minutes:
        return f"{rest} s"
    return f"{hours} h {over:02} min" if hours else f"{minutes} min {rest:02} s"
