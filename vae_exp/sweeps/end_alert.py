"""A sweep's end, told to its owner by W&B: an alert of the best run."""

import logging
import tempfile
from pathlib import Path
from typing import Any

from vae_exp.storage.saved_run import SavedRun
from vae_exp.sweeps.sweep import Sweep
from vae_exp.tracking.late_alert import alert_of_finished

log = logging.getLogger(__name__)


def alert_end(path: Path) -> None:
    """Where runs of the sweep were online, alert of the best one by validation ELBO.

    What goes wrong costs a warning.
    """
    try:
        sweep = Sweep(path)
        summaries = {job: sweep.summary(job) for job in sweep.jobs}
        finished = {job: s for job, s in summaries.items() if s["status"] == "finished"}
        online = [job for job in finished if "wandb/run" in finished[job]]
        if not online:
            return
        best = max(online, key=lambda job: finished[job]["val/best_elbo"])
        if SavedRun(path / str(best)).config["wandb"].get("alerts"):
            text = f"{len(finished)} of {len(summaries)} jobs finished. {_line(sweep, best)}"
            with tempfile.TemporaryDirectory() as folder:
                alert_of_finished(finished[best]["wandb/run"], "Sweep ended", text, Path(folder))
    except Exception as error:
        log.warning(f"no alert of the sweep's end: {type(error).__name__}: {error}")


def _line(sweep: Sweep, job: int) -> str:
    summary: dict[str, Any] = sweep.summary(job)
    name = " ".join(sweep.jobs[job])
    return (
        f"The best is job {job} ({name}): validation ELBO {summary['val/best_elbo']:.3f}, test "
        f"ELBO {summary['test/elbo']:.3f}, log-likelihood {summary['test/log_likelihood']:.3f}"
    )
