"""The unit sphere."""

import math

import torch
from torch import Tensor
from torch.distributions import constraints
from torch.nn import functional

TOLERANCE = 1e-3  # of a length, for numbers of single precision
TINY = 1e-6


class Sphere(constraints.Constraint):
    """z (*, d + 1) of length 1.

    Args:
        dim: d, of the sphere: 1 for the circle.
    """

    event_dim = 1
    bound = 1.0  # of each coordinate

    def __init__(self, dim: int):
        self.dim = dim
        super().__init__()

    @property
    def log_area(self) -> float:
        """log of 2 π^((d+1)/2) / Γ((d+1)/2)."""
        half = (self.dim + 1) / 2
        return math.log(2) + half * math.log(math.pi) - math.lgamma(half)

    def check(self, value: Tensor) -> Tensor:
        return (value.norm(dim=-1) - 1).abs() < TOLERANCE

    def geodesic(self, a: Tensor, b: Tensor, t: Tensor) -> Tensor:
        """The share t of the way along a great circle from a to b, beyond them if t is not in
        [0, 1]: spherical linear interpolation. Between antipodes all ways are as short, and one of
        them is taken.

        Shapes: a, b (*, d + 1), of any length but 0; t (*, 1).
        """
        a, b = functional.normalize(a, dim=-1), functional.normalize(b, dim=-1)
        a, b = torch.broadcast_tensors(a, b)
        along = (a * b).sum(-1, keepdim=True)
        across = b - along * a
        size = across.norm(dim=-1, keepdim=True)
        least = a.abs().argmin(-1)
        other = functional.one_hot(least, a.shape[-1]).to(a)  # the axis that a is farthest from
        other = functional.normalize(other - (other * a).sum(-1, keepdim=True) * a, dim=-1)
        ahead = torch.where(size < TINY, other, across / size.clamp(min=TINY))
        angle = t * torch.atan2(size, along)
        return angle.cos() * a + angle.sin() * ahead

    def traverse(self, z: Tensor, d: int, loc: Tensor, scale: Tensor, steps: Tensor) -> Tensor:
        """Where the great circle through z and the axis of a coordinate has that coordinate at
        loc + scale · steps: the others keep their proportions.

        Shapes: z (d + 1,); steps (C,); (C, d + 1).
        """
        value = (loc + scale * steps).clamp(-1, 1)
        others = z.clone()
        others[d] = 0
        if others.norm() < TINY:  # at the pole all great circles go through the axis
            others[(d + 1) % len(z)] = 1
        others = functional.normalize(others, dim=-1)
        points = (1 - value.square()).sqrt().unsqueeze(-1) * others
        points[:, d] = value
        return points

    def __repr__(self) -> str:
        return f"the sphere of dimension {self.dim}"
