"""The Bernoulli likelihood, for binary data."""

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli as BernoulliDistribution
from torch.distributions import constraints

from vae_exp.decoder import Decoder

MEANS = (0.001, 0.999)  # a component that is always the same begins with finite logits


class Bernoulli(Decoder):
    """p(x|z) = Π_i π_i(z)^x_i (1 − π_i(z))^(1 − x_i), x in {0, 1}, logits from the network.

    With ``bias=data`` the logits begin around those of the data, logit of the average of each
    component, held in [0.001, 0.999]: a constant beside the network's own bias, which learns.

    Args:
        x_shape, z_dim, network: see ``Decoder``.
        bias: ``network``, its own alone, or ``data``.

    Source: of that start, Burda et al. 2015, arXiv 1509.00519, in their code.
    """

    support = constraints.boolean

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        bias: Literal["network", "data"],
    ):
        super().__init__(x_shape, z_dim, network)
        self.register_buffer("bias", torch.zeros(x_shape) if bias == "data" else None)

    def setup(self, x: Tensor, size: int) -> None:
        """See the average of training data x (N, X)."""
        if self.bias is not None:
            self.bias.copy_(x.nanmean(0).nan_to_num(0.5).clamp(*MEANS).logit())

    def components(self, logits: Tensor) -> "Bits":
        logits = logits if self.bias is None else logits + self.bias
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
        # a result that was changed in place has no gradient when torch 2.11 compiles it
        return linear + logits.abs().sigmoid_().log_()

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        logits, x = context.saved_tensors
        return (x - logits.sigmoid()).mul_(gradient).sum_to_size(logits.shape), None
