"""The beta-binomial likelihood, for grey levels and their two ends."""

import math
from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.distributions import Beta, Binomial, Distribution, constraints

from vae_exp.decoder import Decoder
from vae_exp.decoder.levels import Levels
from vae_exp.distribution.double import double
from vae_exp.distribution.positive import bounded_exp


class BetaBinomial(Decoder):
    """p(x|z) = Π_i C(L, k_i) B(k_i + a_i(z), L − k_i + b_i(z)) / B(a_i(z), b_i(z)), k = L x.

    A probability of the levels x in {0, 1/L, ..., 1}: that of k successes of L, whose chance is
    drawn from Beta(a, b). With a and b below 1 it favours both ends, where pixels of drawings are.
    Both concentrations stay within (9e-4, 1.1e3).

    Args:
        x_shape, z_dim, network: see ``Decoder``; the network gives log a and log b.
        levels: L, the grey level that is x = 1.

    Raises:
        ValueError: L is not positive, or the data have none.
    Source: as a likelihood of pixels, Townsend, Bird and Barber 2019, arXiv 1901.04866.
    """

    outputs = 2

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        levels: int | None,
    ):
        self.support = Levels(levels)
        super().__init__(x_shape, z_dim, network)

    def components(self, log_a: Tensor, log_b: Tensor) -> "BetaBinomialLevels":
        return BetaBinomialLevels(bounded_exp(log_a), bounded_exp(log_b), self.support)


class BetaBinomialLevels(Distribution):
    """P(x = k/L), k successes of L, whose chance is Beta(a, b); batch (*,).

    In double precision inside: the terms are of the size of L log L and cancel.
    """

    arg_constraints: ClassVar = {"a": constraints.positive, "b": constraints.positive}

    def __init__(self, a: Tensor, b: Tensor, support: Levels):
        self.a, self.b = a, b
        self.levels, self._support = support.levels, support
        super().__init__(a.shape, validate_args=False)

    @property
    def support(self) -> Levels:
        return self._support

    @property
    def mean(self) -> Tensor:
        return self.a / (self.a + self.b)

    def log_prob(self, x: Tensor) -> Tensor:
        n, a, b = self.levels, double(self.a), double(self.b)
        k = double((x * n).round())
        each = torch.arange(n + 1, dtype=k.dtype, device=k.device)
        choose = math.lgamma(n + 1) - torch.lgamma(each + 1) - torch.lgamma(n - each + 1)
        drawn = torch.lgamma(k + a) + torch.lgamma(n - k + b) - torch.lgamma(n + a + b)
        return (
            choose[k.long()] + drawn + torch.lgamma(a + b) - torch.lgamma(a) - torch.lgamma(b)
        ).to(x)

    def log_probabilities(self) -> Tensor:
        """log P of every level, (*, L + 1), from the ratios of neighbours:

        P(k + 1) / P(k) = (L − k) (k + a) / ((k + 1) (L − k − 1 + b))
        """
        n, a, b = self.levels, double(self.a).unsqueeze(-1), double(self.b).unsqueeze(-1)
        k = torch.arange(n, dtype=a.dtype, device=a.device)
        log_ratios = (k + a).div_((n - k - 1) + b).mul_((n - k) / (k + 1)).log_()
        first = (
            torch.lgamma(n + b) - torch.lgamma(b) + torch.lgamma(a + b) - torch.lgamma(n + a + b)
        )
        return torch.cat([first, log_ratios], -1).cumsum(-1)

    @torch.no_grad()
    def sample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        chance = Beta(self.a, self.b, validate_args=False).sample(torch.Size(sample_shape))
        return Binomial(self.levels, chance, validate_args=False).sample() / self.levels
