"""The posterior on the Poincaré ball."""

from collections.abc import Callable

from torch import Tensor, nn

from vae_exp.distribution import wrapped_normal
from vae_exp.distribution.poincare_ball import PoincareBall
from vae_exp.distribution.positive import bounded_exp
from vae_exp.encoder import Encoder

REACH = 10.0  # how far a centre is from 0 at most, in units of 1 / √c


class WrappedNormal(Encoder):
    """q(z|x) = the law of exp_μ(x)(v), v ~ N(0, diag scale(x)²), on the ball of curvature −c.

        μ(x) = exp_0(m), m = R tanh(‖loc(x)‖ / R) loc(x) / ‖loc(x)‖, R = 10 / √c

    loc and log scale come from one network. Distances of μ from 0 are those of loc, but for far
    ones, which stay below R; the scale stays within (9e-4, 1.1e3). No closed-form KL.

    Args:
        x_shape: X, the event shape of the data.
        z_dim: Z.
        network: ``network(in_shape, out_shape)`` is a module between those shapes.
        curvature: c.
        isotropic: whether one scale is that of all dimensions.

    Raises:
        ValueError: ``z_dim`` or ``curvature`` is not positive.
    Source: Mathieu et al. 2019, arXiv 1901.06033; Nagano et al. 2019, arXiv 1902.02992.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        curvature: float,
        isotropic: bool,
    ):
        self.sizes = (z_dim, 1 if isotropic else z_dim)
        super().__init__(x_shape, z_dim, sum(self.sizes), network)
        self.ball = PoincareBall.of(curvature, "encoder")

    def forward(self, x: Tensor, *seen: Tensor) -> wrapped_normal.WrappedNormal:
        """q(z|x), batch (*,), event (Z,), for x (*, X)."""
        loc, log_scale = self.outputs(x, *seen).split(self.sizes, dim=-1)
        centre = self.ball.within(loc, REACH * self.ball.radius)
        scale = bounded_exp(log_scale).expand_as(loc)
        return wrapped_normal.WrappedNormal(self.ball, centre, scale)
