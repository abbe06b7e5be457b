"""The Gaussian posterior with any covariance."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal

import vae_exp.distribution.gaussian_kl  # noqa: F401  for kl=analytic with prior=standard_normal
from vae_exp.distribution.positive import BOUND, bounded_exp
from vae_exp.encoder import Encoder


class FullGaussian(Encoder):
    """q(z|x) = N(z | loc(x), L(x) L(x)ᵀ), L = diag scale(x) · (I + N(x)), N strictly lower.

    The scale stays within (9e-4, 1.1e3) and the elements of N within (−7, 7), so that no step can
    make L singular.

    Args:
        x_shape: X, the event shape of the data.
        z_dim: Z.
        network: ``network(in_shape, out_shape)`` is a module between those shapes.

    Raises:
        ValueError: ``z_dim`` is not positive.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
    ):
        below = z_dim * (z_dim - 1) // 2
        sizes = (z_dim, z_dim, below)
        super().__init__(x_shape, z_dim, sum(sizes), network)
        self.sizes = sizes
        rows, columns = torch.tril_indices(z_dim, z_dim, -1)
        self.register_buffer("places", rows * z_dim + columns, persistent=False)

    def forward(self, x: Tensor, *seen: Tensor) -> MultivariateNormal:
        """q(z|x), batch (*,), event (Z,), for x (*, X)."""
        loc, log_scale, below = self.outputs(x, *seen).split(self.sizes, dim=-1)
        unit_lower = (
            torch.eye(loc.shape[-1], dtype=loc.dtype, device=loc.device)
            .flatten()
            .expand(*loc.shape[:-1], -1)
        )
        unit_lower = unit_lower.index_add(-1, self.places, BOUND * (below / BOUND).tanh())
        unit_lower = unit_lower.unflatten(-1, (loc.shape[-1], -1))  # I + N, (*, Z, Z)
        scale_tril = bounded_exp(log_scale).unsqueeze(-1) * unit_lower
        return MultivariateNormal(loc, scale_tril=scale_tril, validate_args=False)
