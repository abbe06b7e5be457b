"""Random numbers: one seed for a run, and draws that leave the run's own stream alone."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.random import fork_rng


def seed_all(seed: int) -> None:
    """Seed the generators of every device, and choose deterministic cuDNN kernels."""
    torch.manual_seed(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def get_rng_state(device: torch.device) -> dict[str, Tensor]:
    """Where the generators of the CPU and of the device stand."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    if device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def set_rng_state(states: dict[str, Tensor], device: torch.device) -> None:
    """Put them back there, as far as this device has them."""
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
    if device.type == "mps" and "mps" in states:
        torch.mps.set_rng_state(states["mps"])


@contextmanager
def isolate_rng(device: torch.device, seed: int = 0) -> Iterator[None]:
    """Draw from a stream of its own, the same each time; then go on with the old one."""
    # torch.mps has one device and one generator, and fork_rng asks it for one by number
    mps_state = torch.mps.get_rng_state() if device.type == "mps" else None
    try:
        with fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            yield
    finally:
        if mps_state is not None:
            torch.mps.set_rng_state(mps_state)
