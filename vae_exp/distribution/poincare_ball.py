"""The Poincaré ball, where hyperbolic space has coordinates."""

import math

import torch
from torch import Tensor
from torch.distributions import constraints

from vae_exp.distribution.double import double

SMALL = 1e-4  # below it functions are their series: in double precision to the last digit or two


class PoincareBall(constraints.Constraint):
    """The points z with c ‖z‖² < 1, with the metric λ_z² dz², λ_z = 2 / (1 − c ‖z‖²).

    Its curvature is −c everywhere. A tangent vector at x is told by its coordinates v in the frame
    that parallel transport along the geodesic from 0 brings there, which is that of 0 divided by
    λ_x: ‖v‖ is its length, and transport along that geodesic leaves v as it is.

    All is computed in double precision, where the device has it. What float32 cannot tell from the
    border is drawn in to c ‖z‖² = 1 − 2e-6, which is at a distance of 14.6 / √c from 0.

    Args:
        curvature: c, as positive.

    Source: Ganea, Bécigneul and Hofmann 2018, "Hyperbolic neural networks", arXiv 1805.09112;
        Mathieu et al. 2019, arXiv 1901.06033.
    """

    event_dim = 1

    def __init__(self, curvature: float):
        self.curvature = curvature
        super().__init__()

    def __repr__(self) -> str:
        return f"the Poincaré ball of curvature −{self.curvature:g}"

    @classmethod
    def of(cls, curvature: float, part: str) -> "PoincareBall":
        """The ball of the curvature that a user has given to a part of the model.

        Raises:
            ValueError: it is not positive.
        """
        if not 0 < curvature < math.inf:
            raise ValueError(
                f"{part}.curvature: expected a positive number c, of a space of curvature −c, got "
                f"{curvature}; for flat space use encoder=gaussian"
            )
        return cls(curvature)

    def traverse(self, z: Tensor, d: int, loc: Tensor, scale: Tensor, steps: Tensor) -> Tensor:
        """The geodesic through z (Z,) in the direction of a coordinate, scale · steps (C,) from z:
        (C, Z). What the prior's mean ``loc`` is does not matter to it."""
        v = z.new_zeros(len(steps), len(z))
        v[:, d] = scale * steps
        return self.exp(z.expand_as(v), v)

    @property
    def radius(self) -> float:
        """Of the ball in its coordinates, 1 / √c."""
        return self.curvature**-0.5

    def check(self, z: Tensor) -> Tensor:
        """Whether z (*, Z) is inside: (*,)."""
        return self.curvature * z.square().sum(-1) < 1

    def draw_in(self, z: Tensor, dtype: torch.dtype) -> Tensor:
        """z (*, Z) in ``dtype``, inside the ball as far as its precision tells."""
        limit = (1 - 8 * torch.finfo(dtype).eps) * self.radius
        norm = torch.linalg.vector_norm(z, dim=-1, keepdim=True)
        return (z * (limit / norm.clamp(min=limit))).to(dtype)

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        """Möbius addition, x ⊕ y of points (*, Z): what moves 0 to x moves y there."""
        c = self.curvature
        xy, xx, yy = _dot(x, y), _dot(x, x), _dot(y, y)
        sum_ = (1 + 2 * c * xy + c * yy) * x + (1 - c * xx) * y
        return sum_ / (1 + 2 * c * xy + c * c * xx * yy)

    def exp(self, x: Tensor, v: Tensor) -> Tensor:
        """exp_x(v) = x ⊕ tanh(√c ‖v‖ / 2) v / (√c ‖v‖), where the geodesic from x along v is at
        length ‖v‖: (*, Z) for x and v (*, Z)."""
        x_, v_ = double(x), double(v)
        from_zero = v_ / 2 * _tanh_ratio(self.curvature * _dot(v_, v_) / 4)
        return self.draw_in(self.add(x_, from_zero), v.dtype)

    def within(self, v: Tensor, reach: float) -> Tensor:
        """exp_0(v) of v (*, Z), with ‖v‖ bounded to ``reach`` tanh(‖v‖ / ``reach``): (*, Z)."""
        bounded = v * _tanh_ratio(_dot(v, v) / reach**2)
        return self.exp(torch.zeros_like(v), bounded)

    def log(self, x: Tensor, z: Tensor) -> Tensor:
        """log_x(z), the v for which exp_x(v) = z, in double precision: (*, Z) for x, z (*, Z).

        It has the direction of −x ⊕ z and the length d(x, z), written with z − x, so that nothing
        cancels where the two are close.
        """
        c, x, z, tiny = self.curvature, double(x), double(z), torch.finfo(z.dtype).eps
        apart, step = _dot(z - x, z - x), z - x
        x_inside, z_inside = (1 - c * _dot(point, point) for point in (x, z))
        both = (x_inside * z_inside).clamp(min=tiny**2)
        ratio = c * apart / both  # sinh²(√c d / 2)
        direction = x_inside * step - c * apart * x
        return direction * (2 * _arsinh_ratio(ratio) / (both * (1 + ratio).sqrt()))

    def distance(self, x: Tensor, z: Tensor) -> Tensor:
        """d(x, z) = 2/√c arsinh(√c ‖z − x‖ / √((1 − c ‖x‖²) (1 − c ‖z‖²))): (*,)."""
        return torch.linalg.vector_norm(self.log(x, z), dim=-1).to(z.dtype)

    def geodesic(self, a: Tensor, b: Tensor, t: Tensor) -> Tensor:
        """The point at the share t (*, 1) of the way from a to b (*, Z): (*, Z)."""
        return self.exp(a, (t * self.log(a, b)).to(a.dtype))

    def log_conformal(self, z: Tensor) -> Tensor:
        """log λ_z, in double precision: (*,) for z (*, Z)."""
        inside = 1 - self.curvature * double(z).square().sum(-1)
        return math.log(2) - inside.clamp(min=torch.finfo(z.dtype).eps).log()

    def log_volume(self, v: Tensor) -> Tensor:
        """(Z − 1) log(sinh(s) / s), s = √c ‖v‖: how much exp stretches volumes at v (*, Z)."""
        squared = self.curvature * double(v).square().sum(-1)
        s = squared.clamp(min=SMALL).sqrt()
        stretch = s + torch.log1p(-torch.exp(-2 * s)) - (2 * s).log()
        series = squared / 6 - squared.square() / 180 + squared**3 / 2835
        return (v.shape[-1] - 1) * torch.where(squared < SMALL, series, stretch)


def _dot(x: Tensor, y: Tensor) -> Tensor:
    return (x * y).sum(-1, keepdim=True)


def _tanh_ratio(squared: Tensor) -> Tensor:
    """tanh(s) / s of s², smooth at 0."""
    s = squared.clamp(min=SMALL).sqrt()
    series = 1 - squared / 3 + 2 * squared.square() / 15 - 17 * squared**3 / 315
    return torch.where(squared < SMALL, series, s.tanh() / s)


def _arsinh_ratio(squared: Tensor) -> Tensor:
    """arsinh(s) / s of s², smooth at 0."""
    s = squared.clamp(min=SMALL).sqrt()
    series = 1 - squared / 6 + 3 * squared.square() / 40 - 5 * squared**3 / 112
    return torch.where(squared < SMALL, series, s.asinh() / s)
