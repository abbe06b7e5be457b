"""The discretised logistic likelihood, for grey levels."""

from collections.abc import Callable
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, constraints
from torch.distributions.utils import broadcast_all
from torch.nn.functional import logsigmoid

from vae_exp.decoder.levels import Levels
from vae_exp.decoder.location_scale import LocationScale
from vae_exp.decoder.logistic import noise


class DiscretizedLogistic(LocationScale):
    """p(x|z) = Π_i P(x_i − 1/2L < y_i < x_i + 1/2L), y_i ~ Logistic(loc_i(z), scale_i).

    A probability of the levels x in {0, 1/L, ..., 1}; the bins of 0 and 1 take the tails.

    Args:
        x_shape, z_dim, network, scale, scale_value, min_scale: see ``LocationScale``.
        levels: L, the grey level that is x = 1.

    Raises:
        ValueError: a scale or the number of levels out of its range; ``scale`` is ``optimal``.
    Source: Salimans et al. 2017, arXiv 1701.05517; Kingma et al. 2016, arXiv 1606.04934.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        scale: Literal["fixed", "shared", "per_pixel", "optimal"],
        scale_value: float,
        min_scale: float,
        levels: int | None,
    ):
        super().__init__(x_shape, z_dim, network, scale, scale_value, min_scale)
        self.support = Levels(levels)

    def family(self, loc: Tensor, scale: Tensor, validate_args: bool) -> "LogisticBins":
        return LogisticBins(loc, scale, self.support, validate_args=validate_args)


class LogisticBins(Distribution):
    """P(x) = σ(a) − σ(b), a and b = (x ± 1/2L − loc) / scale, a = ∞ at x = 1, b = −∞ at x = 0.

    Its logarithm is log σ(a) + log σ(−b) + log(1 − exp(b − a)): no difference that cancels, so
    that value and gradient stay right however far x is from loc.
    """

    arg_constraints: ClassVar = {"loc": constraints.real, "scale": constraints.positive}

    def __init__(
        self, loc: Tensor, scale: Tensor, support: Levels, validate_args: bool | None = None
    ):
        self.loc, self.scale = broadcast_all(loc, scale)
        self.levels = support.levels
        self._support = support
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def support(self) -> Levels:
        return self._support

    @property
    def mean(self) -> Tensor:
        """E[k]/L = Σ_k P(k' ≥ k)/L over k = 1, ..., L, a level at a time to save memory."""
        total = torch.zeros_like(self.loc)
        for level in range(1, self.levels + 1):
            total = total + ((self.loc - (level - 0.5) / self.levels) / self.scale).sigmoid()
        return total / self.levels

    def log_prob(self, x: Tensor) -> Tensor:
        half = 0.5 / self.levels
        above = logsigmoid((x + half - self.loc) / self.scale)  # log σ(a)
        below = logsigmoid((self.loc - x + half) / self.scale)  # log σ(−b)
        width = torch.log(-torch.expm1(-2 * half / self.scale))  # log(1 − exp(b − a))
        first, last = x < half, x > 1 - half
        above = above.masked_fill(last, 0)
        below = below.masked_fill(first, 0)
        return above + below + width.masked_fill(first | last, 0)

    @torch.no_grad()
    def sample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        y = self.loc + self.scale * noise(self._extended_shape(sample_shape), self.loc)
        return (y * self.levels).round().clamp(0, self.levels) / self.levels
