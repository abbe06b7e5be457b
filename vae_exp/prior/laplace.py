"""The Laplace prior."""

import torch
from torch import nn
from torch.distributions import Independent
from torch.distributions import Laplace as LaplaceDistribution


class Laplace(nn.Module):
    """p(z) = Π_d exp(−|z_d − loc| / scale) / (2 scale).

    Args:
        z_dim: Z.
        loc, scale: the same for every dimension.

    Raises:
        ValueError: ``scale`` is not positive.
    """

    def __init__(self, z_dim: int, loc: float, scale: float):
        super().__init__()
        if not 0 < scale < float("inf"):
            raise ValueError(f"prior.scale: expected a positive number, got {scale}")
        self.register_buffer("loc", torch.full((z_dim,), float(loc)))
        self.register_buffer("scale", torch.full((z_dim,), float(scale)))

    def forward(self) -> Independent:
        """p(z), batch (), event (Z,)."""
        return Independent(
            LaplaceDistribution(self.loc, self.scale, validate_args=False), 1, validate_args=False
        )
