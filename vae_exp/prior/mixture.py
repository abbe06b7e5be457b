"""A Gaussian mixture as the prior, learned with the model."""

import torch
from torch import nn
from torch.distributions import Categorical, Independent, Normal

from vae_exp.distribution.mixture import MixtureDensity
from vae_exp.distribution.positive import bounded_exp


class Mixture(nn.Module):
    """p(z) = Σ_k π_k N(z | μ_k, diag σ_k²), with π, μ and σ learned.

    It starts with equal weights, unit scales and means drawn from N(0, I). No closed-form KL.

    Args:
        z_dim: Z.
        components: K.

    Raises:
        ValueError: ``components`` is not positive.
    """

    def __init__(self, z_dim: int, components: int):
        super().__init__()
        if components < 1:
            raise ValueError(f"prior.components: expected a positive number, got {components}")
        self.logits = nn.Parameter(torch.zeros(components))
        self.loc = nn.Parameter(torch.randn(components, z_dim))
        self.log_scale = nn.Parameter(torch.zeros(components, z_dim))

    def forward(self) -> MixtureDensity:
        """p(z), batch (), event (Z,)."""
        normal = Normal(self.loc, bounded_exp(self.log_scale), validate_args=False)
        return MixtureDensity(
            Categorical(logits=self.logits, validate_args=False),
            Independent(normal, 1, validate_args=False),
            validate_args=False,
        )
