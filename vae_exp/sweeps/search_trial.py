"""One trial of a search: a run with the values that were drawn for it."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from vae_exp.cli.errors import BEFORE_TRAINING, DURING_TRAINING, Failure, report_errors

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import Trial

log = logging.getLogger(__name__)


def run_trial(
    study: "Study", trial: "Trial", folder: Path, fixed: list[str], searched: set[str]
) -> None:
    """Train and evaluate with the trial's values, and remember what came of it.

    Args:
        fixed: the overrides that all trials share.
        searched: the keys that differ between them.

    Raises:
        Failure: refused before anything has ever been trained: it is the command that is wrong.
    """
    from optuna.trial import TrialState

    from vae_exp.runs.compose_job import compose_job

    pruned = False

    def should_prune(record: dict[str, float]) -> bool:
        nonlocal pruned
        trial.report(record["val/elbo"], record["epoch"])
        pruned = trial.should_prune()
        return pruned

    words = [f"{key}={value}" for key, value in trial.params.items()]
    log.info(f"\ntrial {trial.number}: {' '.join(words)}")
    try:
        with report_errors(BEFORE_TRAINING):
            overrides = [*fixed, *words, "resume=auto"]
            group = f"search/{folder.name}"
            job = compose_job(overrides, folder, trial.number, searched, group)
        with report_errors(DURING_TRAINING):
            summary = job.execute(should_prune)
    except Failure as failure:
        study.tell(trial, state=TrialState.FAIL)
        none_trained = not study.get_trials(states=[TrialState.COMPLETE, TrialState.PRUNED])
        if failure.exit_code == BEFORE_TRAINING and none_trained:
            raise
        return
    if pruned:
        log.info(f"trial {trial.number} fell behind and was ended in epoch {summary['epoch']}")
        study.tell(trial, state=TrialState.PRUNED)
        return
    study.tell(trial, summary["val/best_elbo"])
    log.info(
        f"trial {trial.number}: validation ELBO {summary['val/best_elbo']:.3f}, the best so far "
        f"{study.best_value:.3f} of trial {study.best_trial.number}"
    )
