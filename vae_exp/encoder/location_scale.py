"""Posteriors whose dimensions are independent, each with a location and a scale."""

from collections.abc import Callable

from torch import Tensor, nn
from torch.distributions import Distribution, Independent

from vae_exp.distribution.positive import bounded_exp
from vae_exp.encoder import Encoder


class LocationScale(Encoder):
    """q(z|x) = Π_d family(z_d | loc_d(x), scale_d(x)), loc and log scale from one network.

    The scale stays within (9e-4, 1.1e3), so that no step can make it vanish or overflow.

    Args:
        x_shape: X, the event shape of the data.
        z_dim: Z.
        network: ``network(in_shape, out_shape)`` is a module between those shapes.

    Raises:
        ValueError: ``z_dim`` is not positive.
    """

    family: type[Distribution]

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
    ):
        super().__init__(x_shape, z_dim, 2 * z_dim, network)

    def forward(self, x: Tensor, *seen: Tensor) -> Independent:
        """q(z|x), batch (*,), event (Z,), for x (*, X)."""
        loc, log_scale = self.outputs(x, *seen).chunk(2, dim=-1)
        q_z = self.family(loc, bounded_exp(log_scale), validate_args=False)
        return Independent(q_z, 1, validate_args=False)
