"""What summary.json says of a run besides its records and the numbers of its test set."""

from collections.abc import Iterable
from typing import Any

import torch

from vae_exp.distributed.process_group import world_size
from vae_exp.experiment import Experiment
from vae_exp.training.state import TrainingState
from vae_exp.training.trainer import Record


def of_the_model(experiment: Experiment) -> dict[str, Any]:
    """How large it is, where it runs, and what its likelihood is one of."""
    vae, data = experiment.vae, experiment.data
    return {
        "parameters": sum(p.numel() for p in vae.parameters()),
        "device": str(data.device),
        "threads": torch.get_num_threads(),
        "processes": world_size(),
        "data/binarize": data.binarize,
        "likelihood": "probability mass" if vae.decoder.support.is_discrete else "density",
    }


def select_weights(experiment: Experiment, records: Iterable[Record]) -> dict[str, Any]:
    """Have the model use the weights that are evaluated; which those are.

    Args:
        records: of the run, among them that of the weights' epoch.
    """
    epoch, why = experiment.select_weights()
    validated = {r["epoch"]: r["val/elbo"] for r in records if "val/elbo" in r}
    return {"selected/epoch": epoch, "selected/by": why, "val/selected_elbo": validated[epoch]}


def of_the_time(state: TrainingState) -> dict[str, float]:
    """What each part of the run took, in seconds, and the training altogether."""
    parts = {f"time/{part}_seconds": spent for part, spent in state.seconds.items()}
    return {**parts, "time/train_seconds": state.train_seconds}
