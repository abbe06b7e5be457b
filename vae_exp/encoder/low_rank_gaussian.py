"""The Gaussian posterior whose correlations are of low rank."""

from collections.abc import Callable

from torch import Tensor, nn
from torch.distributions import LowRankMultivariateNormal

import vae_exp.distribution.gaussian_kl  # noqa: F401  for kl=analytic with prior=standard_normal
from vae_exp.distribution.positive import BOUND, bounded_exp
from vae_exp.encoder import Encoder


class LowRankGaussian(Encoder):
    """q(z|x) = N(z | loc(x), D (I + W Wᵀ) D), D = diag scale(x), W = W(x) of Z × R.

    It takes Z (2 + R) outputs of the network, where any covariance takes Z (Z + 3) / 2. The scale
    stays within (9e-4, 1.1e3) and the elements of W within (−7, 7), so that no step can make the
    covariance singular.

    Args:
        x_shape: X, the event shape of the data.
        z_dim: Z.
        network: ``network(in_shape, out_shape)`` is a module between those shapes.
        rank: R.

    Raises:
        ValueError: ``z_dim`` or ``rank`` is not positive, or ``rank`` above ``z_dim`` and 2.

    Source: Ong, Nott and Smith 2017, arXiv 1701.03208.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        rank: int,
    ):
        if rank < 1:
            raise ValueError(
                f"encoder.rank: expected a positive number, got {rank}; "
                "encoder=gaussian has no correlations"
            )
        if rank > max(z_dim, 2):  # two is the default, and z_dim may be 1
            raise ValueError(
                f"encoder.rank: expected at most z_dim, {z_dim}, which gives any covariance, got "
                f"{rank}"
            )
        sizes = (z_dim, z_dim, z_dim * rank)
        super().__init__(x_shape, z_dim, sum(sizes), network)
        self.sizes = sizes

    def forward(self, x: Tensor, *seen: Tensor) -> LowRankMultivariateNormal:
        """q(z|x), batch (*,), event (Z,), for x (*, X)."""
        loc, log_scale, factor = self.outputs(x, *seen).split(self.sizes, dim=-1)
        scale = bounded_exp(log_scale)
        factor = BOUND * (factor / BOUND).tanh().unflatten(-1, (loc.shape[-1], -1))  # W, (*, Z, R)
        return LowRankMultivariateNormal(
            loc, scale.unsqueeze(-1) * factor, scale.square(), validate_args=False
        )
