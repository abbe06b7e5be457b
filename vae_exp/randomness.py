"""Random numbers: one seed for a run, and draws that leave the run's own stream alone."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.random import fork_rng


def seed_all(seed: int) -> None:
    """Seed the generators of every device, and choose deterministic cuDNN kernels."""
    torch.manual_seed(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


@contextmanager
def aside(device: torch.device, seed: int = 0) -> Iterator[None]:
    """Draw from a stream of its own, the same each time; then go on with the old one."""
    accelerated = device.type != "cpu"
    devices = [device] if accelerated else []
    with fork_rng(devices, device_type=device.type if accelerated else "cuda"):
        torch.manual_seed(seed)
        yield
