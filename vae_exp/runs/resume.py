"""Resuming a run: what may change meanwhile, and whether there is anything left to do."""

import json
import logging
import os
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from vae_exp.configuration.paths import absolute_paths
from vae_exp.configuration.renamed import current_config
from vae_exp.experiment import Experiment
from vae_exp.runs.training_state import check_fits, check_kinds
from vae_exp.storage import checkpoint
from vae_exp.storage.own_file import MOST_SUMMARY, own_file, read_text

log = logging.getLogger(__name__)

NOT_SETTINGS = ("resume", "sweep")
# what may change without making the run another one
MAY_CHANGE = (
    "resume",
    "sweep",
    "device",
    "threads",  # though another number of them sums in another order, and so rounds differently
    "data.root",
    "data.cache",
    "trainer.epochs",
    "trainer.max_steps",
    "trainer.patience",
    "trainer.checkpoint_every",
    "evaluation",
    "plots",
    "wandb",
)


def resume_requested(cfg: DictConfig) -> bool:
    """Whether to go on where a folder has something to go on with: when that is asked for, and
    when Slurm has put the job back into its queue."""
    requeued = os.environ.get("SLURM_RESTART_COUNT", "0") != "0"
    return cfg.resume is not None or cfg.sweep.resume or requeued


def load_state(
    cfg: DictConfig, last: Path, experiment: Experiment | None = None
) -> dict[str, Any] | None:
    """The checkpoint to go on from, if that is asked for and there is one.

    Args:
        experiment: what is to go on, where that is known, which its state has to fit.

    Raises:
        ValueError: there has to be one and there is none, or none that reads, or it is one of
            another experiment.
    """
    if not resume_requested(cfg):
        return None

    now = resolved(cfg)

    def check(state: dict[str, Any]) -> None:
        if "config" not in state:
            return  # a model alone, of which is told below
        check_kinds(state)
        state["config"] = current_config(state["config"])
        if "data" in state["config"]:
            absolute_paths(state["config"])  # earlier versions kept them as they were given
        if experiment is not None and not refused_changes(state["config"], now):
            check_fits(state, experiment)

    state = checkpoint.load_latest(last, check)
    if state is None:
        if cfg.resume not in (None, "auto"):
            raise ValueError(f"resume: expected a run with a checkpoint, found no {last}")
        return None
    if "config" not in state:
        raise ValueError(f"resume: expected a checkpoint of a whole training in {last}")
    check_same_experiment(state["config"], cfg)
    return state


def check_length(experiment: Experiment, state: dict[str, Any]) -> None:
    """See that a training is not to end before where it stands, nor to go on from an epoch that
    ``max_steps`` cut short: its rest would be left out, and the schedule be ahead.

    Raises:
        ValueError: naming the key.
    """
    trainer, training = experiment.trainer, state["training"]
    for key, done in {"epochs": "epoch", "max_steps": "step"}.items():
        limit, reached = getattr(trainer, key), training[done]
        if limit < reached:
            raise ValueError(
                f"trainer.{key}: expected {reached} or more, which the run to resume has behind "
                f"it, got {limit}"
            )
    step, steps_per_epoch = training["step"], trainer.steps_per_epoch(experiment.data)
    ended = training["order"] is None and state["config"]["trainer"].get("max_steps") == step
    cut = ended and step < training["epoch"] * steps_per_epoch
    if cut and trainer.total_steps(experiment.data) > step:
        raise ValueError(
            f"trainer.max_steps: expected {step}, where the run to resume ended in the midst of an "
            f"epoch of {steps_per_epoch} steps, got more; train a new one, for only from the end "
            "of an epoch a run can be made longer"
        )


def finished_summary(cfg: DictConfig, folder: Path) -> dict[str, Any] | None:
    """The summary of a run that is done and has nothing new to do, else none.

    It has to be that of the last checkpoint: earlier versions left the one of an earlier end there
    while a run went on, and a checkpoint that is damaged is stood in for by the one before it.
    """
    summary_file = folder / "summary.json"
    if not resume_requested(cfg) or not summary_file.exists():
        return None
    try:
        summary = json.loads(read_text(folder, summary_file, MOST_SUMMARY))
    except ValueError:
        return None  # it will be written again
    last = folder / "checkpoints" / "last.pt"
    state = load_state(cfg, last)
    if state is None or not isinstance(summary, dict) or summary.get("status") != "finished":
        return None
    if not checkpoint.is_whole(last):  # the one before it may be of another evaluation
        return None
    if not _is_end(summary, state, folder):
        return None
    old, new = _flat(state["config"]), _flat(resolved(cfg))
    if any(old.get(k) != new.get(k) for k in {*old, *new} if not _within(k, NOT_SETTINGS)):
        return None
    log.info(f"finished already: {folder}")
    return summary


def _is_end(summary: dict[str, Any], state: dict[str, Any], folder: Path) -> bool:
    """Whether a training ended at this checkpoint, and what the summary tells is of that end."""
    training, size = state["training"], state["metrics_size"]
    if training["order"] is not None or summary.get("step") != training["step"]:
        return False
    metrics = own_file(folder, folder / "metrics.jsonl")
    if not metrics.exists():
        return False
    with metrics.open("rb") as file:
        file.seek(size)
        # what it was evaluated to follows what it was trained to, until the run goes on
        return b'"test/' in file.read()


def resolved(cfg: DictConfig) -> dict[str, Any]:
    """The resolved configuration as plain values, which a checkpoint can hold."""
    return OmegaConf.to_container(cfg, resolve=True)


def check_same_experiment(old: dict[str, Any], cfg: DictConfig) -> None:
    """Compare the configuration of a checkpoint with the one to go on with.

    Raises:
        ValueError: naming the first setting that differs and may not.
    """
    new = resolved(cfg)
    refused = refused_changes(old, new)
    if refused:
        before, now, key = _flat(old), _flat(new), refused[0]
        cause = _causes(key, old, cfg)
        follows = f" (which depends on {', '.join(cause)})" if cause else ""
        raise ValueError(
            f"{key}: expected {before.get(key)} as in the run to resume, got "
            f"{now.get(key)}{follows}; of a run that goes on only {', '.join(MAY_CHANGE[2:])} may "
            "change, and what depends on them may not"
        )


def refused_changes(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """The settings that differ and may not."""
    return [key for key in _changed(old, new) if not _within(key, MAY_CHANGE)]


def _changed(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """The settings that differ, one before what is interpolated from it."""
    before, now = _flat(old), _flat(new)
    keys = sorted({*before, *now}, key=lambda key: (key.count("."), key))
    return [key for key in keys if before.get(key) != now.get(key)]


def _causes(key: str, old: dict[str, Any], cfg: DictConfig) -> list[str]:
    """The settings that may change and did, and without which this one would have another value."""
    before, now = _flat(old), _flat(resolved(cfg))
    causes = []
    for other in _changed(old, resolved(cfg)):
        if _within(other, MAY_CHANGE) and not _within(other, NOT_SETTINGS) and other in before:
            without = cfg.copy()
            OmegaConf.update(without, other, before[other], force_add=True)
            if _flat(resolved(without)).get(key) != now.get(key):
                causes.append(other)
    return causes


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat = {}
    for name, value in values.items():
        nested = isinstance(value, dict)
        flat |= _flat(value, f"{prefix}{name}.") if nested else {f"{prefix}{name}": value}
    return flat


def _within(key: str, keys: tuple[str, ...]) -> bool:
    return any(key == other or key.startswith(f"{other}.") for other in keys)
