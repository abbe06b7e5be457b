"""The uniform prior on a grid of codes."""

from collections.abc import Sequence

import torch
from torch import nn

from vae_exp.distribution.grid import UniformGrid, read_levels


class UniformLevels(nn.Module):
    """p(z) = 1 / Π_d L_d on the grid of encoder=fsq.

    Args:
        z_dim: Z.
        levels: L_d of each dimension.

    Raises:
        ValueError: not one number of levels for each dimension, or one below 2.
    """

    def __init__(self, z_dim: int, levels: Sequence[int] | None):
        super().__init__()
        self.grid = read_levels(levels, z_dim, "prior.levels")
        self.register_buffer("like", torch.zeros(()), persistent=False)

    def forward(self) -> UniformGrid:
        """p(z), batch (), event (Z,)."""
        return UniformGrid(self.grid, self.like)
