"""The zero-inflated negative binomial likelihood, for counts that are lost now and then."""

from typing import ClassVar

import torch
from torch import Tensor
from torch.distributions import Distribution
from torch.nn.functional import logsigmoid

from vae_exp.decoder.negative_binomial import NegativeBinomial, NegativeBinomialDistribution


class ZeroInflatedNegativeBinomial(NegativeBinomial):
    """p(x|z) = Π_i π_i(z) 1[x_i = 0] + (1 − π_i(z)) NB(x_i; m_i(z), r_i), see NegativeBinomial.

    The mean is (1 − π) m, the variance (1 − π) (m + m²/r + π m²). The last output of the network is
    the logit of π.

    Args:
        x_shape, z_dim, network, dispersion, offset: see ``NegativeBinomial``. With
            ``offset=library`` m is the share of the total, π is as it is.
    Source: Lopez et al. 2018, "Deep generative modeling for single-cell transcriptomics",
        doi 10.1038/s41592-018-0229-2.
    """

    outputs = 2

    def with_mean(self, log_mean: Tensor, *raw: Tensor) -> "ZeroInflated":
        *raw, zero_logits = raw
        return ZeroInflated(zero_logits, super().with_mean(log_mean, *raw))


class ZeroInflated(Distribution):
    """0 with probability σ(zero_logits), and else a draw of ``counts``; batch (*, X)."""

    arg_constraints: ClassVar = {}

    def __init__(self, zero_logits: Tensor, counts: NegativeBinomialDistribution):
        super().__init__(zero_logits.shape, validate_args=False)
        self.zero_logits, self.counts = zero_logits, counts

    @property
    def mean(self) -> Tensor:
        return (-self.zero_logits).sigmoid() * self.counts.mean

    @property
    def variance(self) -> Tensor:
        zero = self.zero_logits.sigmoid()
        return (1 - zero) * (self.counts.variance + zero * self.counts.mean.square())

    @property
    def support(self):
        return self.counts.support

    def sample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        with torch.no_grad():
            drawn = self.counts.sample(sample_shape)
            return drawn * torch.bernoulli((-self.zero_logits).sigmoid().expand(drawn.shape))

    def log_prob(self, x: Tensor) -> Tensor:
        counted = logsigmoid(-self.zero_logits) + self.counts.log_prob(x)
        return torch.where(x == 0, torch.logaddexp(logsigmoid(self.zero_logits), counted), counted)
