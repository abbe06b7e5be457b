"""A prior of independent bits, learned with the model."""

import torch
from torch import Tensor, nn

from vae_exp.distribution.bit_codes import BitCodes
from vae_exp.prior.discrete import Discrete


class Bernoulli(Discrete):
    """p(z) = Π_n Bernoulli(z_n | logits_n), z in {0, 1}^N; the logits are learned, from 0 on.

    Args:
        z_dim: N.
        gradient, temperature: see ``Discrete``.
    """

    def __init__(self, z_dim: int, gradient: str | None, temperature: float):
        super().__init__(gradient, temperature)
        self.logits = nn.Parameter(torch.zeros(z_dim))

    def codes(self, logits: Tensor) -> BitCodes:
        return BitCodes(logits)
