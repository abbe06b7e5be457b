"""The trained model of a saved run, alone or with all that it was trained and evaluated with."""

from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from vae_exp.experiment import Experiment, build, build_vae
from vae_exp.runtime.device import find_device
from vae_exp.runtime.rng import isolate_rng
from vae_exp.storage import checkpoint
from vae_exp.storage.saved_run import SavedRun
from vae_exp.vae import VAE

# sections of the configuration
MODEL = ("encoder", "decoder", "prior", "kl", "objective", "optimizer")
REST = ("data", "scheduler", "trainer", "evaluation", "plots", "seed", "device")


def load(
    path: str | Path, device: str = "auto", weights: str = "best", allow: Sequence[str] = ()
) -> VAE:
    """The trained model of a run's folder, in evaluation mode; its data are not needed.

    >>> vae = load("outputs/2026-01-31/12-00-00")
    >>> z = vae.encode(x)  # and vae.reconstruct(x), vae.sample(16), vae.encoder(x), ...

    Nothing that lies in the folder is executed: the checkpoint is read without pickle's code, and
    the configuration may name the classes of vae_exp, torch.nn and torch.optim alone.

    Args:
        path: the run's folder.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
        weights: ``best`` by validation ELBO, or ``last``.
        allow: packages of your own whose classes the configuration may name.

    Raises:
        ValueError: something in the folder is amiss or not trusted, or no such device.
    """
    run, found_device = SavedRun(path), find_device(device)
    if weights not in ("best", "last"):
        raise ValueError(f"weights: expected best or last, got {weights}")
    run.check(run.config, MODEL, allow)
    state = checkpoint.load(run.checkpoint(weights))
    with isolate_rng(found_device):  # the caller's random numbers go on as if nothing was built
        vae = build_vae(run.config, tuple(state["x_shape"]), found_device)
    checkpoint.load_weights(vae, state)
    return vae.eval()


def load_experiment(run: SavedRun, config: DictConfig, allow: Sequence[str] = ()) -> Experiment:
    """The model as trained with its data, under a run's configuration, perhaps changed.

    Args:
        config: ``run.config``, or a copy with other values where that leaves the model as it is.
        allow: packages besides vae_exp whose classes the configuration may name.

    Raises:
        ValueError: something in the folder or the configuration is amiss, or not trusted.
    """
    run.check(config, [*MODEL, *REST], allow)
    experiment = build(config)
    state = checkpoint.load(run.checkpoint(experiment.evaluation.weights))
    checkpoint.load_weights(experiment.vae, state)
    return experiment
