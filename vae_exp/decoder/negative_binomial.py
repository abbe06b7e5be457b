"""The negative binomial likelihood, for counts that vary more than a Poisson's."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.distributions import NegativeBinomial as TorchNegativeBinomial

from vae_exp.decoder.counts import Counts
from vae_exp.decoder.offset import Offset
from vae_exp.distribution.double import double
from vae_exp.distribution.positive import bounded_exp


class NegativeBinomial(Counts):
    """p(x|z) = Π_i Γ(x_i + r_i) / (x_i! Γ(r_i)) σ(l_i)^x_i σ(−l_i)^r_i, l_i = log m_i(z) − log r_i.

    In torch's names r is total_count and l are logits. The network gives log m, the mean's; the
    variance is m + m²/r, and r → ∞ is the Poisson. m stays within (3e-7, 3.3e6), r within
    (9e-4, 1.1e3); r starts at 1.

    Args:
        x_shape, z_dim, network, offset: see ``Counts``.
        dispersion: where r comes from: ``per_component`` (a learned number for each of x)
            or ``network`` (its second output).
    Source: Lopez et al. 2018, "Deep generative modeling for single-cell transcriptomics",
        doi 10.1038/s41592-018-0229-2.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        dispersion: Literal["per_component", "network"],
        offset: Offset,
    ):
        if dispersion == "network":
            self.outputs = self.outputs + 1
        super().__init__(x_shape, z_dim, network, offset)
        if dispersion == "per_component":
            self.raw = nn.Parameter(torch.zeros(x_shape))

    def with_mean(self, log_mean: Tensor, *raw: Tensor) -> "NegativeBinomialDistribution":
        total_count = bounded_exp(raw[0] if raw else self.raw)
        logits = log_mean - total_count.log()
        return NegativeBinomialDistribution(total_count, logits=logits, validate_args=False)


class NegativeBinomialDistribution(TorchNegativeBinomial):
    """torch's, in double precision inside: its terms are of the size of x and cancel."""

    def log_prob(self, x: Tensor) -> Tensor:
        inside = TorchNegativeBinomial(
            double(self.total_count), logits=double(self.logits), validate_args=False
        )
        return inside.log_prob(double(x)).to(x.dtype)
