"""Posteriors whose dimensions are independent, each with a location and a scale."""

from collections.abc import Callable

from torch import Tensor, nn
from torch.distributions import Distribution, Independent

from vae_exp.distribution.positive import bounded_exp


class LocationScale(nn.Module):
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
        super().__init__()
        if z_dim < 1:
            raise ValueError(f"z_dim: expected a positive number, got {z_dim}")
        self.network = network(x_shape, (2 * z_dim,))

    def forward(self, x: Tensor) -> Independent:
        """q(z|x), batch (*,), event (Z,), for x (*, X)."""
        loc, log_scale = self.network(x).chunk(2, dim=-1)
        q_z = self.family(loc, bounded_exp(log_scale), validate_args=False)
        return Independent(q_z, 1, validate_args=False)
