"""Checkpoints: the state of a training run in one file, replaced in one move."""

import os
from pathlib import Path

import torch

from vae_exp.vae import VAE


def save(path: Path, vae: VAE, progress: dict[str, float]) -> None:
    """Write weights, optimiser state and ``progress`` (step, epoch, metrics) to ``path``."""
    state = {"vae": vae.state_dict(), "optimizer": vae.optimizer.state_dict(), "progress": progress}
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    os.replace(temporary, path)


def load(path: Path, vae: VAE) -> dict[str, float]:
    """Put the weights and optimiser state of ``path`` into ``vae`` and return the progress."""
    device = next(vae.parameters()).device
    state = torch.load(path, map_location=device, weights_only=True)
    vae.load_state_dict(state["vae"])
    vae.optimizer.load_state_dict(state["optimizer"])
    return state["progress"]
