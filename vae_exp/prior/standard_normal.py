"""The standard normal prior."""

import torch
from torch import nn
from torch.distributions import Independent, Normal


class StandardNormal(nn.Module):
    """p(z) = N(z | 0, I).

    Args:
        z_dim: Z.
    """

    def __init__(self, z_dim: int):
        super().__init__()
        self.register_buffer("loc", torch.zeros(z_dim))
        self.register_buffer("scale", torch.ones(z_dim))

    def forward(self) -> Independent:
        """p(z), batch (), event (Z,)."""
        return Independent(
            Normal(self.loc, self.scale, validate_args=False), 1, validate_args=False
        )
