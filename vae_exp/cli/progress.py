"""What a person sees of a run: a bar on a terminal, plain lines elsewhere."""

import logging
import multiprocessing
import sys
from time import perf_counter
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Columns

from vae_exp.data.progress import watched_by

log = logging.getLogger(__name__)

LINES = 20  # at most, for a whole training where there is no terminal
EVERY = 10  # seconds between two lines of an evaluation there
EVERY_MINUTE = 60  # ... of what may take hours


def name_lines(job: str) -> None:
    """Begin a job's lines with its name where others write beside it; run.log is its own."""
    if multiprocessing.parent_process() is None:
        return
    for handler in logging.getLogger().handlers:
        if not isinstance(handler, logging.FileHandler):
            handler.setFormatter(logging.Formatter(f"{job}: %(message)s"))


class Bar:
    """A bar of ``total`` steps while the context lasts, where there is a terminal to draw it on."""

    def __init__(self, title: str, total: float):
        console = Console()
        # the bars of jobs side by side would write over each other
        self.visible = console.is_terminal and multiprocessing.parent_process() is None
        steps = [MofNCompleteColumn()] if isinstance(total, int) else []
        self.bar = Columns(
            TextColumn(title),
            BarColumn(),
            *steps,
            TextColumn("{task.description}"),
            TimeRemainingColumn(),
            console=console,
            disable=not self.visible,
            transient=True,
        )
        self.task = self.bar.add_task("", total=total)

    def __enter__(self):
        self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.bar.stop()

    def move(self, completed: float, description: str) -> None:
        self.bar.update(self.task, completed=completed, description=description)


class TrainingProgress(Bar):
    """Shows the records of a run as they come."""

    def __init__(self, total_steps: int):
        super().__init__("training", total_steps)
        self.total_steps = total_steps
        self.elbo, self.share = "", 0

    def show(self, record: dict[str, float]) -> None:
        """Take note of a training or validation record."""
        if "val/elbo" in record:
            self.elbo = f"val ELBO {record['val/elbo']:.3f}"
            share = record["step"] * LINES // self.total_steps
            if not self.visible and share > self.share:
                self.share = share
                steps = f"step {record['step']}/{self.total_steps}"
                log.info(f"epoch {record['epoch']}  {steps}  {self.elbo}")
            return
        numbers = f"loss {record['train/loss']:.3f}  ELBO {record['train/elbo']:.3f}  {self.elbo}"
        self.move(record["step"], numbers)


class DataProgress(Bar):
    """Shows how far a data set is that takes long to make, see ``vae_exp.data.progress``."""

    def __init__(self):
        super().__init__("decoding images", 0)
        self.started, self.told = False, perf_counter()

    def __enter__(self):
        self.watching = watched_by(self)
        self.watching.__enter__()
        return self  # most data sets are there at once, and have no bar

    def __exit__(self, *error: Any) -> None:
        self.watching.__exit__(*error)
        if self.started:
            self.bar.stop()

    def __call__(self, done: int, total: int) -> None:
        if not self.started:
            self.started = True
            self.bar.update(self.task, total=total)
            self.bar.start()
        self.move(done, "")
        if not self.visible and perf_counter() - self.told >= EVERY:
            self.told = perf_counter()
            log.info(f"decoding images: {done:,} of {total:,}")


class EvaluationProgress(Bar):
    """Shows the parts of an evaluation as they come, see ``vae_exp.evaluation.progress``."""

    def __init__(self, title: str = "evaluating"):
        super().__init__(title, 1.0)
        self.title, self.told = title, perf_counter()

    def __call__(self, part: str, share: float) -> None:
        self.move(share, part)
        if not self.visible and perf_counter() - self.told >= EVERY:
            self.told = perf_counter()
            log.info(f"{self.title}: {part}" + (f", {share:.0%} done" if share else ""))


class CertificationProgress(Bar):
    """Shows how far a certification is; without a terminal in lines on standard error."""

    def __init__(self):
        super().__init__("certifying", 1.0)
        self.told = perf_counter()

    def __call__(self, part: str, share: float) -> None:
        self.move(share, part)
        if not self.visible and perf_counter() - self.told >= EVERY_MINUTE:
            self.told = perf_counter()
            print(f"certifying: {share:.0%} done, {part}", file=sys.stderr, flush=True)


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
