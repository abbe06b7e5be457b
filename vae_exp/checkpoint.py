"""Checkpoints: the state of a training run in one file, replaced in one move."""

from pathlib import Path
from typing import Any

import torch

from vae_exp.vae import VAE
from vae_exp.whole_file import whole_file


def save(path: Path, vae: VAE, x_shape: tuple[int, ...], progress: dict[str, float]) -> None:
    """Write weights, optimiser state and ``progress`` (step, epoch, metrics) to ``path``.

    ``x_shape`` goes with them, so that the model can be built again without its data.
    """
    state = {
        "vae": vae.state_dict(),
        "optimizer": vae.optimizer.state_dict(),
        "x_shape": x_shape,
        "progress": progress,
    }
    with whole_file(path) as file:
        torch.save(state, file)


def read(path: Path) -> dict[str, Any]:
    """What ``save`` wrote, on the CPU; whatever code a stranger put in the file is not run.

    Raises:
        ValueError: the file is no checkpoint.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        return {key: state[key] for key in ("vae", "optimizer", "x_shape", "progress")}
    except OSError as error:
        raise ValueError(f"{path}: expected a checkpoint ({error.strerror})") from error
    except Exception as error:  # torch and pickle have many ways to say it
        reason = str(error).strip().split("\n")[0]
        raise ValueError(f"{path}: expected a checkpoint of vae_exp ({reason})") from error


def restore(vae: VAE, state: dict[str, Any]) -> None:
    """Put the weights and optimiser state that were read into ``vae``, on its device.

    Raises:
        ValueError: they are those of another model.
    """
    try:
        vae.load_state_dict(state["vae"])
        vae.optimizer.load_state_dict(state["optimizer"])
    except (RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"checkpoint: expected the weights of this model ({reason})") from error
