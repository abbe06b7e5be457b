"""The end of a W&B run, which no server holds up.

``finish_timeout`` counts from when wandb's own process has come to the end of what it was given; it
does not come there where a request before hangs. So its process is ended, if need be.
"""

import contextlib
import subprocess
from typing import TYPE_CHECKING

from vae_exp.tracking.opening import FINISH_TIMEOUT
from vae_exp.tracking.within import within

if TYPE_CHECKING:
    import wandb

MARGIN = 3  # seconds that wandb may need beyond its own timeout
FLUSH = 2  # ... to end once it is asked to


def finish_within(run: "wandb.Run", exit_code: int) -> None:
    """Close a run, waiting ``FINISH_TIMEOUT`` seconds for uploads, and little more.

    Raises:
        TimeoutError: not all of it is there; `wandb sync` uploads it later.
        Exception: what else W&B has against it.
    """
    try:
        within(FINISH_TIMEOUT + MARGIN, lambda: run.finish(exit_code=exit_code))
    except TimeoutError as error:
        _end_service()
        raise TimeoutError(
            f"uploads were not over after {FINISH_TIMEOUT + MARGIN} s, `wandb sync` does the rest"
        ) from error


def _end_service() -> None:
    """End wandb's own process, for which the end of the program would wait; a next run starts one.

    It is none of wandb's public names; where they have moved, the program waits for wandb.
    """
    import wandb

    with contextlib.suppress(AttributeError):
        process = wandb.setup()._connection._proc._process
        process.terminate()
        try:
            process.wait(FLUSH)
        except subprocess.TimeoutExpired:
            process.kill()
        with contextlib.suppress(Exception):
            within(FLUSH, lambda: wandb.teardown(1))
