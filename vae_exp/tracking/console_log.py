"""The program's own messages as the log of a W&B run.

They come from Python's logging: standard output is left alone, so that a bar on a terminal stays
one, and no line waits for W&B, which takes what is written to a queue.
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import wandb


class ConsoleLog(logging.Handler):
    """Sends the program's messages to a run until ``close``.

    Args:
        run: of W&B.
        file: what the messages before have gone to, which begin the log of a run that begins.
    """

    def __init__(self, run: "wandb.Run", file: Path | None):
        super().__init__(logging.INFO)
        self.run = run
        self.setFormatter(logging.Formatter("%(message)s"))
        if file is not None and file.exists() and (text := file.read_text(errors="replace")):
            run.write_logs(text)
        logging.getLogger().addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith("wandb"):
            return
        try:
            self.run.write_logs(self.format(record))
        except Exception:  # nothing that is told may stop a run
            self.close()

    def close(self) -> None:
        logging.getLogger().removeHandler(self)
        super().close()
