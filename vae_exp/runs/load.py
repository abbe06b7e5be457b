"""The trained model of a saved run, alone or with all that it was trained and evaluated with."""

import logging
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig

from vae_exp.cli.errors import one_line, printable
from vae_exp.cli.progress import DataProgress
from vae_exp.configuration.build_model import build_vae
from vae_exp.configuration.instantiate import instantiate
from vae_exp.configuration.trust import Trust, trusting
from vae_exp.data.observation import Observation
from vae_exp.evaluation import Evaluation
from vae_exp.experiment import Experiment, build
from vae_exp.importance import sizes_at_once
from vae_exp.runs.activations import check_room
from vae_exp.runs.find_run import find_run
from vae_exp.runs.outline import check_outline
from vae_exp.runtime.device import find_device, set_threads
from vae_exp.runtime.rng import isolate_rng
from vae_exp.storage import checkpoint
from vae_exp.storage.saved_run import SavedRun
from vae_exp.vae import VAE

log = logging.getLogger(__name__)

# sections of the configuration
MODEL = ("condition", "encoder", "decoder", "prior", "kl", "objective", "optimizer")
REST = ("data", "scheduler", "trainer", "evaluation", "plots")
SETTINGS = ("seed", "device", "threads")

MOST_ELEMENTS = 10**9  # evaluation.max_elements that is taken from a folder
MOST_SAMPLES = 2**18  # objective.samples times trainer.batch_size: samples of z held at once


def load(
    path: str | Path, device: str = "auto", weights: str = "best", allow: Sequence[str] = ()
) -> VAE:
    """The trained model of a run's folder, in evaluation mode; its data are not needed.

    >>> vae = load("outputs/2026-01-31/12-00-00")
    >>> z = vae.encode(x)  # and vae.reconstruct(x), vae.sample(16), vae.encoder(x), ...

    ``encode`` and ``reconstruct`` take arrays of numpy too, of any type, and grey levels where the
    model was trained on images, see ``Observation``; the parts take tensors as in training.

    Nothing that lies in the folder is executed: the checkpoint is read without pickle's code, and
    the configuration may name the options of vae_exp, and layers, optimizers and schedulers of
    torch, alone; see SECURITY.md.

    Args:
        path: the run's folder, or ``wandb:entity/project/name:alias``, a model artifact of W&B,
            which is downloaded; where a W&B run is open, it has used the artifact.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
        weights: ``best`` by what was watched on validation data, or ``last``.
        allow: packages of your own whose classes the configuration may name.

    Raises:
        ValueError: something in the folder is amiss or not trusted, or no such device.
    """
    try:
        return _load(path, device, weights, allow)
    except (ValueError, MemoryError):
        raise
    except Exception as error:  # a folder can be wrong in more ways than anyone has thought of
        raise ValueError(f"{path}: expected a run of vae_exp ({one_line(error)})") from error


def _load(path: str | Path, device: str, weights: str, allow: Sequence[str]) -> VAE:
    run, found_device = find_run(path), find_device(device)
    if weights not in ("best", "last"):
        raise ValueError(f"weights: expected best or last, got {weights}")
    trust = Trust(allow)
    return _model(run, run.trusted(run.config, trust, MODEL), trust, weights, found_device)


def _model(
    run: SavedRun, config: DictConfig, trust: Trust, weights: str, device: torch.device
) -> VAE:
    state = _read(run, weights)
    datum = Observation.from_state(state["x_shape"], state.get("observation", {}))
    with trusting(trust):
        check_outline(config, trust, state)
        with isolate_rng(device):  # the caller's random numbers go on as if nothing was built
            vae = build_vae(config, datum, device)
    checkpoint.load_weights(vae, state)
    vae.observe = datum
    return vae.eval()


def load_without_data(
    run: SavedRun, config: dict[str, Any], allow: Sequence[str] = ()
) -> tuple[VAE, Evaluation]:
    """The trained model and how it is evaluated, under a run's configuration, perhaps changed.

    Args:
        config, allow: see ``load_experiment``.

    Raises:
        ValueError: something in the folder or the configuration is amiss, or not trusted.
    """
    trust = Trust(allow)
    cfg = run.trusted(config, trust, [*MODEL, "evaluation"], SETTINGS)
    set_threads(cfg.threads)
    with trusting(trust):
        evaluation = instantiate(cfg.evaluation)
    _check_elements(evaluation)
    vae = _model(run, cfg, trust, evaluation.weights, find_device(cfg.device))
    check_room([vae], _at_once(vae, evaluation))
    return vae, evaluation


def load_experiment(
    run: SavedRun,
    config: dict[str, Any],
    allow: Sequence[str] = (),
    files: Sequence[str] = (),
) -> Experiment:
    """The model as trained with its data, under a run's configuration, perhaps changed.

    Args:
        config: ``run.config``, or a copy with other values where that leaves the model as it is.
        allow: packages besides vae_exp whose classes the configuration may name.
        files: files and folders that data may be read from, besides the data sets' usual ones.

    Raises:
        ValueError: something in the folder or the configuration is amiss, or not trusted.
    """
    trust = Trust(allow, files)
    cfg = run.trusted(config, trust, [*MODEL, *REST], SETTINGS)
    with trusting(trust):
        state = _read(run, instantiate(cfg.evaluation).weights)
        check_outline(cfg, trust, state)
        if "standardize" in cfg.data:  # as the model was trained, whatever file it sees now
            cfg.data.standardize = state.get("observation", {}).get("standardize", False)
        datum = Observation.from_state(state["x_shape"], state.get("observation", {}))
        with DataProgress():
            experiment = build(cfg, datum)
    if experiment.data.shape != datum.shape:
        raise ValueError(
            f"data: expected data of shape {datum.shape}, which this run's model is of, got "
            f"{experiment.data.shape}"
        )
    _check_demands(experiment)
    checkpoint.load_weights(experiment.vae, state)
    return experiment


def _read(run: SavedRun, weights: str) -> dict[str, Any]:
    """The checkpoint with these weights; a warning says if others may still come."""
    file = run.checkpoint(weights)
    try:
        status = run.summary.get("status", "unfinished")
    except ValueError:  # one that does not read is of no importance here
        return checkpoint.load(file)
    if status != "finished":
        known = (
            status if status in ("failed", "preempted") else "unfinished"
        )  # it may be a stranger's
        if weights == "best" and not file.exists() and run.checkpoint("last").exists():
            raise ValueError(
                f"{file}: expected a checkpoint, found only the last weights of a run that is "
                f"{known}"
            )
        log.warning(printable(f"{run.path} is {known}: these are its {weights} weights so far"))
    return checkpoint.load(file)


def _check_demands(experiment: Experiment) -> None:
    """Raises ValueError where an evaluation would hold more at once than there is room for."""
    _check_elements(experiment.evaluation)
    samples = experiment.vae.objective.samples * experiment.trainer.batch_size
    if samples > MOST_SAMPLES:
        raise ValueError(
            "objective.samples times trainer.batch_size: expected at most "
            f"{MOST_SAMPLES} in a run that is evaluated, got {samples}"
        )
    check_room([experiment.vae], max(samples, _at_once(experiment.vae, experiment.evaluation)))


def _at_once(vae: VAE, evaluation: Evaluation) -> int:
    """How many samples of z go through the decoder together."""
    numbers = math.prod(vae.observe.shape)
    sizes = sizes_at_once(vae, numbers, evaluation.importance_samples, evaluation.max_elements)
    return math.prod(sizes)


def _check_elements(evaluation: Evaluation) -> None:
    elements, most = evaluation.max_elements, MOST_ELEMENTS
    if elements > most:
        raise ValueError(f"evaluation.max_elements: expected at most {most}, got {elements}")
