"""Independent categorical latents, each one-hot, and their relaxation."""

import math
from typing import ClassVar

import torch
from torch import Size, Tensor
from torch.distributions import Distribution, Independent, constraints, register_kl

from vae_exp.distribution.latent_codes import LatentCodes


class OneHotSpace(LatentCodes):
    """z (*, N·K): N vectors of K numbers, of which one is 1 and the others are 0.

    Args:
        variables: N.
        count: K.
    """

    def __init__(self, variables: int, count: int):
        super().__init__((count,) * variables)
        self.count = count

    def check(self, z: Tensor) -> Tensor:
        parts = z.unflatten(-1, (-1, self.count))
        return (((parts == 0) | (parts == 1)).all(-1) & (parts.sum(-1) == 1)).all(-1)

    def nearest(self, y: Tensor) -> Tensor:
        """The code with 1 where y (*, N·K) is largest."""
        y = y.unflatten(-1, (-1, self.count))
        return one_hot(y.argmax(-1), y).flatten(-2)

    def place(self, z: Tensor, variable: int, value: int) -> Tensor:
        z = z.clone()
        first = variable * self.count
        z[..., first : first + self.count] = 0
        z[..., first + value] = 1
        return z

    def probabilities(self, mean: Tensor) -> list[Tensor]:
        return list(mean.unflatten(-1, (-1, self.count)).unbind(-2))

    def empty(self, like: Tensor) -> Tensor:
        return like.new_zeros(len(self.values) * self.count)

    def __repr__(self) -> str:
        return f"{len(self.values)} one-hot vectors of {self.count}"


class OneHotCodes(Independent):
    """Π_n Categorical(z_n | logits_n), z (*, N·K) of N one-hot vectors.

    Args:
        logits: (*, N, K), of any constant.
    """

    def __init__(self, logits: Tensor):
        super().__init__(OneHotVariables(logits), 1, validate_args=False)
        self._event_shape = Size([math.prod(logits.shape[-2:])])

    @property
    def logits(self) -> Tensor:
        """log π, (*, N, K)."""
        return self.base_dist.logits

    @property
    def support(self) -> OneHotSpace:
        return OneHotSpace(*self.logits.shape[-2:])

    @property
    def mode(self) -> Tensor:
        return self.nearest(self.mean)

    @property
    def covariance_matrix(self) -> Tensor:
        """diag π_n − π_n π_nᵀ in the block of each variable, (*, N·K, N·K)."""
        p = self.logits.exp()
        within = p.diag_embed() - p.unsqueeze(-1) * p.unsqueeze(-2)  # (*, N, K, K)
        eye = torch.eye(p.shape[-2], device=p.device, dtype=p.dtype)
        blocks = eye[:, None, :, None] * within.unsqueeze(-2)  # (*, N, K, N, K)
        return blocks.flatten(-4, -3).flatten(-2)

    def nearest(self, y: Tensor) -> Tensor:
        """The code nearest to a relaxed one, (*, N·K)."""
        return self.support.nearest(y)

    def relaxed(self, temperature: Tensor) -> "RelaxedOneHot":
        """Between the codes, the nearer to them the lower the temperature."""
        return RelaxedOneHot(self.logits, temperature)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All codes, (K^N, *, N·K)."""
        return expanded(self.support.all(self.logits), self)


class OneHotVariables(Distribution):
    """The variables of ``OneHotCodes`` one by one: batch (*, N), of a z of N·K numbers."""

    arg_constraints: ClassVar = {}

    def __init__(self, logits: Tensor):
        self.logits = logits.log_softmax(-1)
        super().__init__(logits.shape[:-1], validate_args=False)

    def sample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        with torch.no_grad():
            noise = gumbel(self.logits.expand(*sample_shape, *self.logits.shape))
            return one_hot((self.logits + noise).argmax(-1), noise).flatten(-2)

    def log_prob(self, z: Tensor) -> Tensor:
        # 0 of an impossible value is 0, not NaN
        parts = z.unflatten(-1, self.logits.shape[-2:])
        return torch.where(parts == 0, 0.0, parts * self.logits).sum(-1)

    def entropy(self) -> Tensor:
        return -(self.logits.exp() * self.logits).sum(-1)

    @property
    def mean(self) -> Tensor:
        return self.logits.exp().flatten(-2)

    @property
    def variance(self) -> Tensor:
        return self.mean * (1 - self.mean)


class RelaxedOneHot(Independent):
    """Π_n Concrete(y_n | logits_n, τ): y_n = softmax((logits_n + Gumbel noise) / τ).

    A density on the simplex of each variable, with K − 1 of the K numbers as coordinates.

    Args:
        logits: (*, N, K).
        temperature: τ, a scalar.

    Source: Maddison, Mnih and Teh 2017, arXiv 1611.00712; Jang, Gu and Poole 2017,
        arXiv 1611.01144.
    """

    def __init__(self, logits: Tensor, temperature: Tensor):
        super().__init__(RelaxedOneHotVariables(logits, temperature), 1, validate_args=False)
        self._event_shape = Size([math.prod(logits.shape[-2:])])

    @property
    def support(self) -> "Simplices":
        return Simplices(*self.base_dist.logits.shape[-2:])


class RelaxedOneHotVariables(Distribution):
    """The variables of ``RelaxedOneHot`` one by one: batch (*, N), of a y of N·K numbers."""

    arg_constraints: ClassVar = {}
    has_rsample = True

    def __init__(self, logits: Tensor, temperature: Tensor):
        self.logits, self.temperature = logits.log_softmax(-1), temperature
        super().__init__(logits.shape[:-1], validate_args=False)

    def rsample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        noise = gumbel(self.logits.expand(*sample_shape, *self.logits.shape))
        return ((self.logits + noise) / self.temperature).softmax(-1).flatten(-2)

    def log_prob(self, y: Tensor) -> Tensor:
        """log (K − 1)! + (K − 1) log τ + Σ_k s_k − K log Σ_k exp s_k − Σ_k log y_k, of scores
        s_k = logit_k − τ log y_k."""
        count = self.logits.shape[-1]
        log_y = y.clamp(min=torch.finfo(y.dtype).tiny).log()
        log_y = log_y.unflatten(-1, self.logits.shape[-2:])
        scores = self.logits - self.temperature * log_y
        constant = math.lgamma(count) + (count - 1) * self.temperature.log()
        return constant + (scores - log_y).sum(-1) - count * scores.logsumexp(-1)


class Simplices(constraints.Constraint):
    """y (*, N·K): N vectors of K positive numbers with sum 1."""

    event_dim = 1

    def __init__(self, variables: int, count: int):
        self.variables, self.count = variables, count

    def check(self, y: Tensor) -> Tensor:
        return constraints.simplex.check(y.unflatten(-1, (-1, self.count))).all(-1)

    def __repr__(self) -> str:
        return f"{self.variables} simplices of {self.count}"


@register_kl(OneHotVariables, OneHotVariables)
def categorical_kl(q: OneHotVariables, p: OneHotVariables) -> Tensor:
    """KL(q ‖ p) = Σ_k π_k (log π_k − log ρ_k) of each variable, in nats."""
    return (q.logits.exp() * (q.logits - p.logits)).sum(-1)


def gumbel(like: Tensor) -> Tensor:
    """Standard Gumbel noise, of the shape, dtype and device of ``like``."""
    return -torch.empty_like(like, memory_format=torch.contiguous_format).exponential_().log()


def one_hot(index: Tensor, like: Tensor) -> Tensor:
    """1 at ``index`` (*,), 0 elsewhere: (*, K), as ``like`` (*, K)."""
    return torch.zeros_like(like).scatter_(-1, index.unsqueeze(-1), 1.0)


def expanded(codes: Tensor, distribution: Distribution) -> Tensor:
    """Codes (S, Z) for each of the batch of a distribution: (S, *, Z)."""
    batch = distribution.batch_shape
    return codes.view(len(codes), *[1] * len(batch), -1).expand(-1, *batch, -1)
