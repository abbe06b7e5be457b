"""The Bernoulli likelihood, for binary data."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.distributions import constraints

from vae_exp.decoder import Decoder
from vae_exp.distribution.bits import Bits, ProductOfBits

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
    product = ProductOfBits

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

    def components(self, logits: Tensor) -> Bits:
        logits = logits if self.bias is None else logits + self.bias
        return Bits(logits=logits, validate_args=False)
