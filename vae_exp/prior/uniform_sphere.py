"""The uniform prior on the sphere."""

import torch
from torch import nn

from vae_exp.distribution.uniform_sphere import UniformSphere as UniformSphereDistribution


class UniformSphere(nn.Module):
    """p(z) = 1 / area on the sphere S^d, z of d + 1 numbers.

    Args:
        z_dim: d, of the sphere.
    """

    def __init__(self, z_dim: int):
        super().__init__()
        self.register_buffer("centre", torch.zeros(z_dim + 1))

    def forward(self) -> UniformSphereDistribution:
        """p(z), batch (), event (d + 1,)."""
        return UniformSphereDistribution(self.centre)
