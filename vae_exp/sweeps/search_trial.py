"""One trial of a search: a run with the values that were drawn for it."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import hydra
from omegaconf import OmegaConf, open_dict

from vae_exp.cli.errors import BEFORE_TRAINING, DURING_TRAINING, Failure, report_errors
from vae_exp.configuration.compose import conf_dir
from vae_exp.configuration.paths import absolute_paths
from vae_exp.tracking.run_metadata import run_metadata

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import Trial

    from vae_exp.runs.job import Job

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
            job = prepare_job([*fixed, *words, "resume=auto"], folder, trial.number, searched)
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


def prepare_job(overrides: list[str], folder: Path, number: int, searched: set[str]) -> "Job":
    """The job of a trial, in a folder of its own, where it goes on if it was begun."""
    from vae_exp.runs.job import Job

    with hydra.initialize_config_dir(conf_dir(), version_base="1.3"):
        cfg = hydra.compose("config", overrides, return_hydra_config=True)
    config = cfg.hydra
    with open_dict(cfg):
        del cfg["hydra"]
    absolute_paths(cfg)
    with open_dict(config):
        config.job.num = number
    configuration = {
        "config": cfg,
        "hydra": OmegaConf.create({"hydra": {"runtime": {"choices": config.runtime.choices}}}),
        "overrides": config.overrides.task,
    }
    metadata = run_metadata(config, searched, f"search/{folder.name}")
    return Job(cfg, folder / str(number), metadata, configuration)
