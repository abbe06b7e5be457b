"""The logistic likelihood, for real data with tails between a Gaussian's and a Laplace's."""

from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.distributions import Distribution, constraints
from torch.distributions.utils import broadcast_all
from torch.nn.functional import logsigmoid

from vae_exp.decoder.location_scale import LocationScale


class LogisticDistribution(Distribution):
    """p(x) = σ(r) σ(−r) / scale with r = (x − loc) / scale; its cdf is σ(r)."""

    arg_constraints: ClassVar = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Tensor, scale: Tensor, validate_args: bool | None = None):
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return (torch.pi * self.scale).square() / 3

    def log_prob(self, x: Tensor) -> Tensor:
        r = (x - self.loc) / self.scale
        return logsigmoid(r) + logsigmoid(-r) - self.scale.log()

    def rsample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        return self.loc + self.scale * noise(self._extended_shape(sample_shape), self.loc)


class Logistic(LocationScale):
    """p(x|z) = Π_i σ(r_i) σ(−r_i) / scale_i with r_i = (x_i − loc_i(z)) / scale_i."""

    family = LogisticDistribution


def noise(shape: tuple[int, ...], like: Tensor) -> Tensor:
    """Draws from the logistic distribution of location 0 and scale 1, of ``like``'s type."""
    options: dict[str, Any] = {"dtype": like.dtype, "device": like.device}
    # a quotient of two exponentials: unlike logit(u) it has no grid in its tails
    numerator, denominator = (torch.empty(shape, **options).exponential_() for _ in range(2))
    return numerator.log() - denominator.log()
