"""The work that every system is timed on: a Bernoulli VAE on binarised 28×28 images."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy
import torch
from torch import Tensor, nn

SHAPE = (1, 28, 28)
PIXELS = math.prod(SHAPE)
LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class Case:
    """An architecture and a batch size.

    ``overrides`` are what gives the same architecture in vae_exp; ``encoder`` and ``decoder``
    build it from plain layers, (B, 1, 28, 28) to (B, 2 z_dim) and (B, z_dim) to (B, 1, 28, 28).
    """

    name: str
    batch_size: int
    z_dim: int
    overrides: tuple[str, ...]
    encoder: Callable[[], nn.Module]
    decoder: Callable[[], nn.Module]


def mlp(batch_size: int, z_dim: int = 20, hidden: int = 400) -> Case:
    """784-400-20-400-784 with ReLU."""
    return Case(
        f"mlp-{batch_size}",
        batch_size,
        z_dim,
        ("network=mlp", f"network.hidden=[{hidden}]"),
        lambda: nn.Sequential(
            nn.Flatten(), nn.Linear(PIXELS, hidden), nn.ReLU(), nn.Linear(hidden, 2 * z_dim)
        ),
        lambda: nn.Sequential(
            nn.Linear(z_dim, hidden), nn.ReLU(), nn.Linear(hidden, PIXELS), nn.Unflatten(1, SHAPE)
        ),
    )


def conv(batch_size: int, z_dim: int = 20) -> Case:
    """Two strided 3×3 convolutions, 32 and 64 channels, then linear; and back."""
    features = 64 * 7 * 7
    return Case(
        f"conv-{batch_size}",
        batch_size,
        z_dim,
        ("network=conv", "network.channels=[32,64]"),
        lambda: nn.Sequential(
            nn.Conv2d(1, 32, 3, 2, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, 2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(features, 2 * z_dim),
        ),
        lambda: nn.Sequential(
            nn.Linear(z_dim, features),
            nn.Unflatten(1, (64, 7, 7)),
            nn.ReLU(),
            nn.ConvTranspose2d(64, 32, 3, 2, padding=1, output_padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(32, 1, 3, 2, padding=1, output_padding=1),
        ),
    )


CASES = {case.name: case for case in (mlp(128), mlp(1024), conv(128))}


def read_bits(file: Path) -> Tensor:
    """The training images, (N, 1, 28, 28) of uint8."""
    with numpy.load(file) as arrays:
        return torch.from_numpy(arrays["train"])


def negative_elbo(log_likelihood: Tensor, loc: Tensor, log_variance: Tensor) -> Tensor:
    """−E_q[log p(x|z)] + KL(N(loc, exp log_variance) ‖ N(0, I)), averaged over the batch.

    Shapes: log_likelihood a scalar, the sum over the batch; the others (B, Z).
    """
    kl = -0.5 * (1 + log_variance - loc.square() - log_variance.exp()).sum()
    return (kl - log_likelihood) / len(loc)
