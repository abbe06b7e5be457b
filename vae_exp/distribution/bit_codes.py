"""Independent binary latents, and their relaxation."""

from typing import ClassVar

import torch
from torch import Tensor
from torch.distributions import Bernoulli, Distribution, Independent, constraints, register_kl
from torch.nn.functional import logsigmoid

from vae_exp.distribution.latent_codes import LatentCodes
from vae_exp.distribution.one_hot import expanded

LOGIT = "logit_before_sigmoid"  # which a sample carries with it


class BitSpace(LatentCodes):
    """z (*, N) of 0 and 1.

    Args:
        variables: N.
    """

    def __init__(self, variables: int):
        super().__init__((2,) * variables)

    def check(self, z: Tensor) -> Tensor:
        return ((z == 0) | (z == 1)).all(-1)

    def nearest(self, y: Tensor) -> Tensor:
        """The code with 1 where y (*, N) is above ½."""
        return (y > 0.5).to(y)

    def place(self, z: Tensor, variable: int, value: int) -> Tensor:
        z = z.clone()
        z[..., variable] = value
        return z

    def probabilities(self, mean: Tensor) -> list[Tensor]:
        return list(torch.stack([1 - mean, mean], -1).unbind(-2))

    def empty(self, like: Tensor) -> Tensor:
        return like.new_zeros(len(self.values))

    def __repr__(self) -> str:
        return f"{len(self.values)} bits"


class BitCodes(Independent):
    """Π_n Bernoulli(z_n | logits_n), z (*, N) of 0 and 1.

    Args:
        logits: (*, N).
    """

    def __init__(self, logits: Tensor):
        super().__init__(Bit(logits=logits, validate_args=False), 1, validate_args=False)

    @property
    def logits(self) -> Tensor:
        return self.base_dist.logits

    @property
    def support(self) -> BitSpace:
        return BitSpace(self.logits.shape[-1])

    @property
    def mode(self) -> Tensor:
        return self.nearest(self.mean)

    def nearest(self, y: Tensor) -> Tensor:
        """The code nearest to a relaxed one, (*, N)."""
        return self.support.nearest(y)

    def relaxed(self, temperature: Tensor) -> "RelaxedBits":
        """Between the codes, the nearer to them the lower the temperature."""
        return RelaxedBits(self.logits, temperature)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All codes, (2^N, *, N)."""
        return expanded(self.support.all(self.logits), self)


class Bit(Bernoulli):
    """torch's Bernoulli, whose KL broadcasts, and is exact for any logits."""


@register_kl(Bit, Bit)
def bernoulli_kl(q: Bit, p: Bit) -> Tensor:
    """KL(q ‖ p) = π (log π − log ρ) + (1 − π) (log (1 − π) − log (1 − ρ)) of each bit, in nats."""
    of_one = logsigmoid(q.logits) - logsigmoid(p.logits)
    of_zero = logsigmoid(-q.logits) - logsigmoid(-p.logits)
    return q.logits.sigmoid() * of_one + (-q.logits).sigmoid() * of_zero


class RelaxedBits(Independent):
    """Π_n BinaryConcrete(y_n | logits_n, τ): y_n = σ((logits_n + logistic noise) / τ), in (0, 1).

    Args:
        logits: (*, N).
        temperature: τ, a scalar.

    Source: Maddison, Mnih and Teh 2017, arXiv 1611.00712.
    """

    def __init__(self, logits: Tensor, temperature: Tensor):
        super().__init__(RelaxedBit(logits, temperature), 1, validate_args=False)


class RelaxedBit(Distribution):
    """The variables of ``RelaxedBits``, batch (*, N).

    Near 1 a number has too few digits to say how near: a sample carries its logit with it, from
    which any ``log_prob`` of that very tensor is exact.
    """

    arg_constraints: ClassVar = {}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, logits: Tensor, temperature: Tensor):
        self.logits, self.temperature = logits, temperature
        super().__init__(logits.shape, validate_args=False)

    def rsample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        u = torch.rand(*sample_shape, *self.logits.shape, device=self.logits.device).to(self.logits)
        logit = (self.logits + inside(u).logit()) / self.temperature
        y = logit.sigmoid()
        setattr(y, LOGIT, logit)
        return y

    def log_prob(self, y: Tensor) -> Tensor:
        """log τ + log σ(s) + log σ(−s) − log y − log (1 − y), s = logit − τ logit(y)."""
        t = getattr(y, LOGIT, None)
        t = inside(y).logit() if t is None else t
        s = self.logits - self.temperature * t
        inner = logsigmoid(s) + logsigmoid(-s)
        return self.temperature.log() + inner - logsigmoid(t) - logsigmoid(-t)


def inside(y: Tensor) -> Tensor:
    """y within (0, 1), where its logit is finite."""
    finite = torch.finfo(y.dtype)
    return y.clamp(finite.tiny, 1 - finite.eps)
