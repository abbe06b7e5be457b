"""The Gaussian of a tangent space, wrapped onto the Poincaré ball."""

import math
from typing import ClassVar

import torch
from torch import Size, Tensor
from torch.distributions import Distribution

from vae_exp.distribution.double import double
from vae_exp.distribution.poincare_ball import PoincareBall


class WrappedNormal(Distribution):
    """z = exp_μ(v), v ~ N(0, diag σ²) in the tangent space at μ, see ``PoincareBall.exp``.

        log p(z) = log N(v | 0, diag σ²) − (Z − 1) log(sinh(√c ‖v‖) / (√c ‖v‖)) + Z log λ_z

    with v = log_μ(z). It is a density with respect to dz, Lebesgue's measure in the coordinates of
    the ball, as those of torch are; without the last term it is the papers', with respect to the
    Riemannian measure λ_z^Z dz. A KL is the same with either. As c → 0 it becomes
    N(z | μ, diag σ² / 4), for lengths are λ_0 = 2 times those in coordinates.

    ``mean`` is μ, the point of which the average squared distance to z is least (Fréchet's mean,
    since v and −v are as likely), and not the average of coordinates. ``variance`` is σ², of the
    coordinates of v, which are lengths in the ball.

    A sample beyond what its precision can tell from the border is drawn in, see ``PoincareBall``:
    with √c σ √Z far above 10 many are, and their density is that of where they were drawn to.

    Args:
        ball: with its curvature −c.
        loc: μ, inside the ball, (*, Z).
        scale: σ, positive, (*, Z).

    Source: Nagano et al. 2019, arXiv 1902.02992; Mathieu et al. 2019, arXiv 1901.06033.
    """

    arg_constraints: ClassVar = {}
    has_rsample = True

    def __init__(self, ball: PoincareBall, loc: Tensor, scale: Tensor):
        super().__init__(loc.shape[:-1], loc.shape[-1:], validate_args=False)
        self.ball, self.loc, self.scale = ball, loc, scale

    @property
    def support(self) -> PoincareBall:
        return self.ball

    @property
    def mode(self) -> Tensor:
        """μ, which is decoded."""
        return self.mean

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return self.scale.square()

    def rsample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        shape = self._extended_shape(Size(sample_shape))
        noise = torch.randn(shape, dtype=self.loc.dtype, device=self.loc.device)
        return self.ball.exp(self.loc, self.scale * noise)

    def log_prob(self, z: Tensor) -> Tensor:
        v, scale = self.ball.log(self.loc, z), double(self.scale)
        log_normal = -(v / scale).square() / 2 - scale.log() - math.log(2 * math.pi) / 2
        log_metric = z.shape[-1] * self.ball.log_conformal(z)
        return (log_normal.sum(-1) - self.ball.log_volume(v) + log_metric).to(z.dtype)
