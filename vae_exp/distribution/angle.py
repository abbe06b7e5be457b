"""The gradient of a random angle in the parameter of its distribution."""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor

NODES = 32
WIDTHS = 9.0  # beyond which the density is too small to count, in its widths at the mode
SMALLEST = 1e-30


class ReparametrizedAngle(torch.autograd.Function):
    """θ itself, a draw from p(θ) ∝ sin^(d−1) θ exp(κ T(θ)) on [0, π], with its derivative in κ.

    As u = F(θ; κ) stays the same when κ changes,

        ∂θ/∂κ = −(∂F/∂κ) / p(θ) = −∫_0^θ (T(φ) − E[T]) p(φ) dφ / p(θ)

    which is the whole gradient, however θ was drawn. The integral is one of Gauss and Legendre,
    from θ to the side where the density falls off, so far as there is any: there the integrand is
    smooth.

    Args:
        angle: θ, (*, B), in double precision, like all of these.
        concentration: κ, (B,).
        expected: E[T], (B,).
        mode: of p(θ), (B,).
        width: curvature^(−½) of log p(θ) at the mode, (B,).
        dim: d.
        statistic: T.

    Source: implicit reparametrisation, Figurnov, Mohamed and Mnih 2018, arXiv 1805.08498.
    """

    @staticmethod
    def forward(
        ctx: Any,
        angle: Tensor,
        concentration: Tensor,
        expected: Tensor,
        mode: Tensor,
        width: Tensor,
        dim: int,
        statistic: Callable[[Tensor], Tensor],
    ) -> Tensor:
        ctx.save_for_backward(angle, concentration, expected, mode, width)
        ctx.dim, ctx.statistic = dim, statistic
        return angle.clone()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        slope = angle_slope(*ctx.saved_tensors, ctx.dim, ctx.statistic)
        of_concentration = (gradient * slope).sum_to_size(ctx.saved_tensors[1].shape)
        return None, of_concentration, None, None, None, None, None


def angle_slope(
    angle: Tensor,
    concentration: Tensor,
    expected: Tensor,
    mode: Tensor,
    width: Tensor,
    dim: int,
    statistic: Callable[[Tensor], Tensor],
) -> Tensor:
    """∂θ/∂κ, (*, B), see ``ReparametrizedAngle``."""
    below = angle < mode + width  # T may be −∞ at π, which is better left out
    reach = WIDTHS * width
    far = torch.where(below, (angle - reach).clamp(min=0), (angle + reach).clamp(max=torch.pi))
    total = torch.zeros_like(angle)
    at_angle = _log_density(angle, concentration, dim, statistic)
    for node, weight in zip(*gauss_legendre(NODES)):  # one at a time, which holds fewer numbers
        phi = far + (angle - far) * node
        ratio = (_log_density(phi, concentration, dim, statistic) - at_angle).exp()
        total = total + weight * (statistic(phi) - expected) * ratio
    return (far - angle) * total


def _log_density(
    angle: Tensor, concentration: Tensor, dim: int, statistic: Callable[[Tensor], Tensor]
) -> Tensor:
    exponent = concentration * statistic(angle)
    if dim == 1:
        return exponent
    return exponent + (dim - 1) * angle.sin().clamp(min=SMALLEST).log()


@cache
def gauss_legendre(nodes: int) -> tuple[list[float], list[float]]:
    """Nodes in (0, 1) and weights, which add up to 1.

    Source: Golub and Welsch 1969, "Calculation of Gauss quadrature rules".
    """
    k = torch.arange(1, nodes, dtype=torch.float64)
    off = k / (4 * k.square() - 1).sqrt()
    places, vectors = torch.linalg.eigh(off.diag(1) + off.diag(-1))
    return ((places + 1) / 2).tolist(), vectors[0].square().tolist()
