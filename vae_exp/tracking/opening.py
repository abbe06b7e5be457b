"""How a W&B run is opened: online where it can be, else offline."""

import logging
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_exp.tracking.connection import has_credentials, wait_for_server
from vae_exp.tracking.first_line import first_line
from vae_exp.tracking.metric_definitions import define_metrics
from vae_exp.tracking.unasked_artifacts import log_without_asking

if TYPE_CHECKING:
    import wandb

log = logging.getLogger(__name__)

# seconds; to what is left of START_TIMEOUT after the probe, a wandb.init that fails adds about ten
# of its own, and all of it must stay under fifteen
START_TIMEOUT = 4
FINISH_TIMEOUT = 15

MODES = ("online", "offline", "disabled")


def effective_mode(mode: str) -> str:
    """The mode, with WANDB_MODE in the place of ``auto`` where that is set."""
    found = os.environ.get("WANDB_MODE")
    return found if mode == "auto" and found in MODES else mode


def open_run(
    mode: str, dir: Path, config: dict[str, Any], going_on: bool, **arguments: Any
) -> "wandb.Run | None":
    """Open a run in this mode; offline if the server cannot be had, none where it is disabled.

    Args:
        going_on: whether the server may know the run, which then goes on.
    """
    mode = effective_mode(mode)
    if mode == "disabled":
        return None
    if mode in ("auto", "online"):
        resume = {"resume": "allow"} if going_on else {}
        try:
            if mode == "online" or has_credentials():
                return open_online(dir, config, **arguments, **resume)
        except Exception as error:  # whatever it is, it must not stop the run
            log.warning(
                f"W&B goes offline for this run, `wandb sync` uploads it later: {first_line(error)}"
            )
    return open_offline(dir, config, **arguments)


def open_online(dir: Path, config: dict[str, Any] | None, **arguments: Any) -> "wandb.Run":
    """Open a run on the server, within ``START_TIMEOUT`` and what wandb adds to it.

    Args:
        dir, config, arguments: see ``wandb.init``.

    Raises:
        Exception: whatever is in the way.
    """
    if not has_credentials():
        raise ValueError("no API key; `wandb login` stores one")
    started = time.monotonic()
    wait_for_server(START_TIMEOUT)
    left = START_TIMEOUT - (time.monotonic() - started)
    return _open("online", dir, config, arguments, init_timeout=max(1.0, left))


def open_offline(dir: Path, config: dict[str, Any], **arguments: Any) -> "wandb.Run":
    """Open a run whose files stay here until ``wandb sync``."""
    return _open("offline", dir, config, arguments)


def _open(
    mode: str,
    dir: Path,
    config: dict[str, Any] | None,
    arguments: dict[str, Any],
    **settings: float,
) -> "wandb.Run":
    import wandb

    from vae_exp.tracking.unused_imports import skip_unused_imports

    # W&B's reports about its own errors: a server that hangs would hold up the exit for 10 s
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    # what waits to be uploaded, which else is kept in the home directory
    os.environ.setdefault("WANDB_DATA_DIR", str((dir / "wandb").absolute()))
    skip_unused_imports()
    (dir / "wandb").mkdir(parents=True, exist_ok=True)
    settings = wandb.Settings(finish_timeout=FINISH_TIMEOUT, silent=True, console="off", **settings)
    run = wandb.init(mode=mode, dir=dir, config=config, settings=settings, **arguments)
    define_metrics(run)
    log_without_asking(run)
    place = run.url if mode == "online" else f"offline in {dir / 'wandb'}"
    log.info(f"W&B run {run.name}: {place}")
    return run
