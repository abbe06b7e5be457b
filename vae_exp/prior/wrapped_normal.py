"""The prior on the Poincaré ball."""

import torch
from torch import nn

from vae_exp.distribution import wrapped_normal
from vae_exp.distribution.poincare_ball import PoincareBall


class WrappedNormal(nn.Module):
    """p(z) = the law of exp_0(v), v ~ N(0, scale² I), on the ball of curvature −c.

    For encoder=wrapped_normal with the same curvature.

    Args:
        z_dim: Z.
        curvature: c.
        scale: as a length in the ball; in coordinates it is about half as much.

    Raises:
        ValueError: ``curvature`` or ``scale`` is not positive.
    Source: Nagano et al. 2019, arXiv 1902.02992; Mathieu et al. 2019, arXiv 1901.06033.
    """

    def __init__(self, z_dim: int, curvature: float, scale: float):
        super().__init__()
        if not 0 < scale < float("inf"):
            raise ValueError(f"prior.scale: expected a positive number, got {scale}")
        self.ball = PoincareBall.of(curvature, "prior")
        self.register_buffer("loc", torch.zeros(z_dim))
        self.register_buffer("scale", torch.full((z_dim,), scale))

    def forward(self) -> wrapped_normal.WrappedNormal:
        """p(z), batch (), event (Z,)."""
        return wrapped_normal.WrappedNormal(self.ball, self.loc, self.scale)
