"""The end of a sweep or a search, told to its owner by W&B: an alert of the best run."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_exp.storage.saved_run import SavedRun
from vae_exp.sweeps.sweep import Sweep
from vae_exp.tracking.late_alert import alert_of_finished

if TYPE_CHECKING:
    from optuna import Study

log = logging.getLogger(__name__)


def alert_end(path: Path) -> None:
    """Where runs of the sweep were online, alert of the best one by validation ELBO.

    What goes wrong costs a warning.
    """
    with _errors_as_warning("sweep"):
        sweep = Sweep(path)
        summaries = {job: sweep.summary(job) for job in sweep.jobs}
        finished = {job: s for job, s in summaries.items() if s["status"] == "finished"}
        counted = f"{len(finished)} of {len(summaries)} jobs finished."
        names = {job: f"job {job} ({' '.join(sweep.jobs[job])})" for job in finished}
        _alert("Sweep ended", counted, path, finished, names)


def alert_search_end(study: "Study", path: Path) -> None:
    """The same of a search, unless another process still has a trial of it.

    Args:
        path: the search's folder, with that of each trial.
    """
    from optuna.trial import TrialState

    with _errors_as_warning("search"):
        if study.get_trials(states=[TrialState.RUNNING]):
            return
        done = study.get_trials(states=[TrialState.COMPLETE])
        finished = {trial.number: SavedRun(path / str(trial.number)).summary for trial in done}
        counted = f"{len(done)} of {len(study.trials)} trials finished."
        names = {
            trial.number: f"trial {trial.number} "
            f"({' '.join(f'{key}={value}' for key, value in trial.params.items())})"
            for trial in done
        }
        _alert("Search ended", counted, path, finished, names)


def _alert(
    title: str,
    counted: str,
    path: Path,
    finished: dict[int, dict[str, Any]],
    names: dict[int, str],
) -> None:
    """Alert of the best of the runs that were online, if its configuration wants that.

    Args:
        counted: how many finished.
        path: where each has its folder, by its number.
        finished, names: the summaries, and what to call them, by number.
    """
    online = [number for number in finished if "wandb/run" in finished[number]]
    if not online:
        return
    best = max(online, key=lambda number: finished[number]["val/best_elbo"])
    if SavedRun(path / str(best)).config["wandb"].get("alerts"):
        summary = finished[best]
        text = (
            f"{counted} The best is {names[best]}: validation ELBO {summary['val/best_elbo']:.3f}, "
            f"test ELBO {summary['test/elbo']:.3f}, log-likelihood "
            f"{summary['test/log_likelihood']:.3f}"
        )
        with tempfile.TemporaryDirectory() as folder:
            alert_of_finished(summary["wandb/run"], title, text, Path(folder))


@contextmanager
def _errors_as_warning(what: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        log.warning(f"no alert of the {what}'s end: {type(error).__name__}: {error}")
