"""A grid of codes, and its points at random."""

import math
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor
from torch.distributions import Distribution, constraints, register_kl
from torch.nn.functional import one_hot

from vae_exp.distribution.latent_codes import LatentCodes

TOLERANCE = 1e-3  # of the distance of two levels


class Grid(LatentCodes):
    """z (*, Z), in each dimension one of L_d levels: k / ⌊L_d/2⌋, k whole, from −⌊L_d/2⌋ on.

    Args:
        levels: L_d of each dimension, 2 or more.
    """

    def __init__(self, levels: Sequence[int]):
        super().__init__(tuple(levels))

    @property
    def levels(self) -> tuple[int, ...]:
        return self.values

    @property
    def log_size(self) -> float:
        """The logarithm of the number of codes."""
        return sum(map(math.log, self.levels))

    def halves(self, like: Tensor) -> Tensor:
        """⌊L_d/2⌋, (Z,)."""
        return row([level // 2 for level in self.levels], like)

    def bounds(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """The least and the largest k, (Z,) each."""
        low = -self.halves(like)
        return low, low + row(self.levels, like) - 1

    def check(self, value: Tensor) -> Tensor:
        k = value * self.halves(value)
        low, high = self.bounds(value)
        near = (k - k.round()).abs() < TOLERANCE
        return (near & (k.round() >= low) & (k.round() <= high)).all(-1)

    def nearest(self, value: Tensor) -> Tensor:
        """The code nearest to each z (*, Z)."""
        halves = self.halves(value)
        return (value * halves).round().clamp(*self.bounds(value)) / halves

    def place(self, z: Tensor, variable: int, value: int) -> Tensor:
        z, half = z.clone(), self.levels[variable] // 2
        z[..., variable] = value / half - 1
        return z

    def probabilities(self, mean: Tensor) -> list[Tensor]:
        """1 of the level of each code ``mean`` (*, Z), 0 of the others."""
        low, _ = self.bounds(mean)
        index = (mean * self.halves(mean) - low).round().long()
        return [one_hot(i, count) for i, count in zip(index.unbind(-1), self.levels)]

    def empty(self, like: Tensor) -> Tensor:
        return like.new_zeros(len(self.levels))

    def __repr__(self) -> str:
        return f"the grid of {' × '.join(map(str, self.levels))} codes"


def row(numbers: Sequence[int], like: Tensor) -> Tensor:
    """The numbers (Z,), made where ``like`` is: a device would have to wait for a copy."""
    return torch.stack([like.new_full((), number) for number in numbers])


class PointMass(Distribution):
    """q(z) is 1 at one code of a grid and 0 elsewhere.

    Args:
        code: (*, Z), on the grid. A gradient that it carries goes to ``rsample``.
        grid: of which it is a point.
    """

    arg_constraints: ClassVar = {}
    has_rsample = True

    def __init__(self, code: Tensor, grid: Grid):
        self.code, self.grid = code, grid
        super().__init__(code.shape[:-1], code.shape[-1:], validate_args=False)

    @property
    def support(self) -> constraints.Constraint:
        return self.grid

    @property
    def mode(self) -> Tensor:
        return self.code

    @property
    def mean(self) -> Tensor:
        return self.code

    @property
    def variance(self) -> Tensor:
        return torch.zeros_like(self.code)

    def entropy(self) -> Tensor:
        return torch.zeros_like(self.code[..., 0])

    def log_prob(self, z: Tensor) -> Tensor:
        """0 at the code and −∞ elsewhere."""
        apart = ((z - self.code) * self.grid.halves(z)).detach().abs().amax(-1)
        return torch.where(apart < TOLERANCE, 0.0, -torch.inf).to(z)

    def rsample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        return self.code.expand(self._extended_shape(sample_shape))


class UniformGrid(Distribution):
    """p(z) = 1 / Π_d L_d on a grid.

    Args:
        grid: of which all codes are as probable.
        like: whose type and device the codes have.
    """

    arg_constraints: ClassVar = {}

    def __init__(self, grid: Grid, like: Tensor):
        self.grid, self.like = grid, like
        super().__init__((), (len(grid.levels),), validate_args=False)

    @property
    def support(self) -> constraints.Constraint:
        return self.grid

    @property
    def mean(self) -> Tensor:
        low, high = self.grid.bounds(self.like)
        return (low + high) / 2 / self.grid.halves(self.like)

    @property
    def variance(self) -> Tensor:
        levels = row(self.grid.levels, self.like)
        return (levels.square() - 1) / 12 / self.grid.halves(self.like).square()

    def entropy(self) -> Tensor:
        return self.like.new_tensor(self.grid.log_size)

    def log_prob(self, z: Tensor) -> Tensor:
        return torch.where(self.grid.check(z), -self.grid.log_size, -torch.inf).to(z)

    def sample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        low, high = self.grid.bounds(self.like)
        uniform = torch.rand(shape, dtype=self.like.dtype, device=self.like.device)
        k = low + (uniform * (high - low + 1)).floor()
        return torch.minimum(k, high) / self.grid.halves(self.like)


@register_kl(PointMass, UniformGrid)
def point_to_uniform(q: PointMass, p: UniformGrid) -> Tensor:
    """KL(q ‖ p) = Σ_d log L_d in nats, whatever the code.

    Raises:
        NotImplementedError: on another grid, as torch has it for pairs without a closed form.
    """
    if q.grid.levels != p.grid.levels:
        raise NotImplementedError
    return torch.full_like(q.code[..., 0], p.grid.log_size).detach()


def read_levels(levels: Sequence[int] | None, z_dim: int, key: str) -> Grid:
    """The grid of a configuration.

    Raises:
        ValueError: there are not as many as latent dimensions, or one is below 2.
    """
    if not levels or not all(level >= 2 for level in levels):
        raise ValueError(f"{key}: expected numbers of levels, 2 or more, got {levels}")
    if len(levels) != z_dim:
        raise ValueError(
            f"{key}: expected one number for each of z_dim={z_dim} dimensions, got "
            f"{len(levels)}, {list(levels)}; use z_dim={len(levels)}"
        )
    return Grid(levels)
