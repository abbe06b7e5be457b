"""What a person sees of a run: a bar on a terminal, plain lines elsewhere."""

import logging
import multiprocessing
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

log = logging.getLogger(__name__)

LINES = 20  # at most, for a whole training where there is no terminal


class Progress:
    """Shows the records of a run as they come; a context manager."""

    def __init__(self, total_steps: int):
        self.console = Console()
        # the bars of jobs side by side would write over each other
        self.has_bar = self.console.is_terminal and multiprocessing.parent_process() is None
        self.total_steps = total_steps
        self.elbo, self.share = "", 0
        self.bar = Bar(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[numbers]}"),
            TimeRemainingColumn(),
            console=self.console,
            disable=not self.has_bar,
            transient=True,
        )
        self.task = self.bar.add_task("", total=total_steps, numbers="")

    def __enter__(self) -> "Progress":
        self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.bar.stop()

    def show(self, record: dict[str, float]) -> None:
        """Take note of a training or validation record."""
        if "val/elbo" in record:
            self.elbo = f"val ELBO {record['val/elbo']:.3f}"
            share = record["step"] * LINES // self.total_steps
            if not self.has_bar and share > self.share:
                self.share = share
                steps = f"step {record['step']}/{self.total_steps}"
                log.info(f"epoch {record['epoch']}  {steps}  {self.elbo}")
            return
        numbers = f"loss {record['train/loss']:.3f}  ELBO {record['train/elbo']:.3f}  {self.elbo}"
        self.bar.update(self.task, completed=record["step"], numbers=numbers)
