"""Bits, each with its own probability, as they are in data."""

from typing import Any

import torch
from torch import Tensor
from torch.distributions import Bernoulli, Independent

FACTORS = 126  # in [½, 1]: a product of so many is a normal number in single precision


class Bits(Bernoulli):
    """torch's Bernoulli, with a log_prob that takes a fraction of the time on a CPU."""

    def log_prob(self, x: Tensor) -> Tensor:
        """x log σ(l) + (1 − x) log σ(−l) for x in {0, 1} and logits l."""
        return LogProbability.apply(self.logits, x)


class ProductOfBits(Independent):
    """Π_i Bernoulli(x_i | l_i), with one logarithm for many components:

        Σ_i x_i l_i − max(l_i, 0) + log σ(|l_i|) = Σ_i [x_i l_i − max(l_i, 0)] + log Π_i σ(|l_i|)

    The factors are in [½, 1], so that 126 of them cannot underflow, and the rounding of their
    product is relative, that of a sum of logarithms. In [...] a model that is sure loses nothing,
    as it would in a matrix product x · l less a sum. Where gradients are enabled, the sum of
    ``Bits.log_prob`` has one.
    """

    def log_prob(self, x: Tensor) -> Tensor:
        logits = self.base_dist.logits
        if torch.is_grad_enabled():  # under vmap no tensor says that it requires one
            return super().log_prob(x)
        linear = (x * logits).sub_(logits.relu())
        event = -self.reinterpreted_batch_ndims
        log_prob = linear.flatten(event).sum(-1)
        factors = linear.copy_(logits).abs_().sigmoid_().flatten(event)  # linear is not needed
        for part in factors.split(FACTORS, dim=-1):
            log_prob += part.prod(-1).log_()
        return log_prob


class LogProbability(torch.autograd.Function):
    """x l − max(l, 0) + log σ(|l|) for x in {0, 1}, with its gradient x − σ(l).

    torch's own needs log1p, which costs up to ten times the logarithm. Here that is one of a number
    in [½, 1], and the absolute error is a rounding of the result, or of 1 if that is more.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(logits: Tensor, x: Tensor) -> Tensor:
        linear = (x * logits).sub_(logits.relu())
        # a result that was changed in place has no gradient when torch 2.11 compiles it
        return linear + logits.abs().sigmoid_().log_()

    @staticmethod
    def setup_context(context: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        context.save_for_backward(*inputs)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        logits, x = context.saved_tensors
        return (x - logits.sigmoid()).mul_(gradient).sum_to_size(logits.shape), None
