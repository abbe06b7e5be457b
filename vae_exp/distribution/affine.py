"""A distribution in other units."""

from typing import ClassVar

import torch
from torch import Tensor
from torch.distributions import Distribution, constraints


class Affine(Distribution):
    """x = loc + scale · y, y ~ base, so that log p(x) = log p_y((x − loc)/scale) − Σ log scale.

    Components of x that are NaN are not observed: where the base passes over them, their scales
    are no part of the sum either.

    Args:
        base: real, batch (*,), event X.
        loc, scale: of shape X; scale is positive.
    """

    arg_constraints: ClassVar = {}
    support = constraints.real

    def __init__(self, base: Distribution, loc: Tensor, scale: Tensor):
        self.base_dist, self.loc, self.scale = base, loc, scale
        super().__init__(base.batch_shape, base.event_shape, validate_args=False)

    @property
    def mean(self) -> Tensor:
        return self.loc + self.scale * self.base_dist.mean

    @property
    def variance(self) -> Tensor:
        return self.scale.square() * self.base_dist.variance

    def log_prob(self, x: Tensor) -> Tensor:
        log_scale = torch.where(x.isnan(), 0.0, self.scale.log())  # (*, X)
        jacobian = log_scale.flatten(x.dim() - len(self.event_shape)).sum(-1)
        return self.base_dist.log_prob((x - self.loc) / self.scale) - jacobian

    def sample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        return self.loc + self.scale * self.base_dist.sample(torch.Size(sample_shape))

    def rsample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        return self.loc + self.scale * self.base_dist.rsample(torch.Size(sample_shape))
