"""The continuous Bernoulli likelihood, for data in [0, 1]."""

from typing import ClassVar

import torch
from torch import Tensor
from torch.distributions import Distribution, constraints

from vae_exp.decoder import Decoder

SMALL = 0.5  # below, a power series has the digits that the quotients lose


class ContinuousBernoulli(Decoder):
    """p(x|z) = Π_i C(λ_i) λ_i^x_i (1 − λ_i)^(1 − x_i), x in [0, 1], logits of λ from the network.

    C(λ) = 2 artanh(1 − 2λ) / (1 − 2λ), 2 at λ = ½, makes it a density.

    Args:
        x_shape, z_dim, network: see ``Decoder``.
    Source: Loaiza-Ganem and Cunningham 2019, arXiv 1907.06845.
    """

    support = constraints.unit_interval

    def components(self, logits: Tensor) -> "TiltedUniform":
        return TiltedUniform(logits)


class TiltedUniform(Distribution):
    """p(x) = exp(l (x − ½)) / sinhc(l/2) on [0, 1], sinhc(t) = sinh(t)/t, for logits l.

    The continuous Bernoulli in its natural parameter. torch's goes through λ, which it keeps
    within rounding of (0, 1): from |l| ≈ 16 that is no density any more, and around λ = ½ it
    loses half of the digits. Here all are there from l = 0 to the largest.
    """

    arg_constraints: ClassVar = {"logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, logits: Tensor):
        self.logits = logits
        super().__init__(logits.shape, validate_args=False)

    @property
    def mean(self) -> Tensor:
        return 0.5 + 0.5 * langevin(self.logits / 2)

    def log_prob(self, x: Tensor) -> Tensor:
        logits = self.logits
        small = logits.abs() < SMALL
        near_uniform = logits * (x - 0.5) - log_sinhc_series(logits / 2)
        # from the end that has the mass: no difference of large numbers
        size = torch.where(small, SMALL, logits.abs())  # clamp has no gradient at the border
        distance = torch.where(logits > 0, 1 - x, x)
        tilted = -size * distance - torch.log(-torch.expm1(-size) / size)
        return torch.where(small, near_uniform, tilted)

    def rsample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        logits = self.logits
        u = torch.rand(self._extended_shape(sample_shape), dtype=logits.dtype, device=logits.device)
        # the inverse of the cdf, for l < 0, where nothing overflows; l > 0 is its mirror image
        tilt = -logits.abs().clamp(min=torch.finfo(logits.dtype).eps ** 2)
        x = (torch.log1p(u * torch.expm1(tilt)) / tilt).clamp(0, 1)
        return torch.where(logits > 0, 1 - x, x)


def log_sinhc_series(t: Tensor) -> Tensor:
    """log(sinh(t) / t) for 2 |t| < SMALL, and finite elsewhere."""
    square = t.square().clamp(max=SMALL**2)
    return square * (
        1 / 6 - square * (1 / 180 - square * (1 / 2835 - square * (1 / 37800 - square / 467775)))
    )


def langevin(t: Tensor) -> Tensor:
    """coth(t) − 1/t, the derivative of log(sinh(t) / t)."""
    square = t.square().clamp(max=SMALL**2)
    series = t * (
        1 / 3 - square * (1 / 45 - square * (2 / 945 - square * (1 / 4725 - square * 2 / 93555)))
    )
    large = torch.where(t.abs() < SMALL, SMALL, t)
    return torch.where(t.abs() < SMALL, series, 1 / large.tanh() - 1 / large)
