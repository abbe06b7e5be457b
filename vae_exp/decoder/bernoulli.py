"""The Bernoulli likelihood, for binary data."""

from typing import Any

import torch
from torch import Tensor
from torch.distributions import Bernoulli as BernoulliDistribution
from torch.distributions import constraints

from vae_exp.decoder import Decoder


class Bernoulli(Decoder):
    """p(x|z) = Π_i π_i(z)^x_i (1 − π_i(z))^(1 − x_i), x in {0, 1}, logits from the network.

    Args:
        x_shape, z_dim, network: see ``Decoder``.
    """

    support = constraints.boolean

    def components(self, logits: Tensor) -> "Bits":
        return Bits(logits=logits, validate_args=False)


class Bits(BernoulliDistribution):
    """torch's Bernoulli, with a log_prob that takes a fraction of the time on a CPU."""

    def log_prob(self, x: Tensor) -> Tensor:
        """x log σ(l) + (1 − x) log σ(−l) for x in {0, 1} and logits l."""
        return LogProbability.apply(self.logits, x)


class LogProbability(torch.autograd.Function):
    """x l − max(l, 0) + log σ(|l|) for x in {0, 1}, with its gradient x − σ(l).

    torch's own needs log1p, which costs up to ten times the logarithm. Here that is one of a number
    in [½, 1], and the absolute error is a rounding of the result, or of 1 if that is more.
    """

    @staticmethod
    def forward(context: Any, logits: Tensor, x: Tensor) -> Tensor:
        context.save_for_backward(logits, x)
        linear = (x * logits).sub_(logits.relu())
        return linear.add_(logits.abs().sigmoid_().log_())

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        logits, x = context.saved_tensors
        return (x - logits.sigmoid()).mul_(gradient).sum_to_size(logits.shape), None
