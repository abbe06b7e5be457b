"""The uniform prior of independent bits."""

import torch
from torch import Tensor

from vae_exp.distribution.bit_codes import BitCodes
from vae_exp.prior.discrete import Discrete


class UniformBernoulli(Discrete):
    """p(z) = Π_n ½, z in {0, 1}^N.

    Args:
        z_dim: N.
        gradient, temperature: see ``Discrete``.
    """

    def __init__(self, z_dim: int, gradient: str | None, temperature: float):
        super().__init__(gradient, temperature)
        self.register_buffer("logits", torch.zeros(z_dim), persistent=False)

    def codes(self, logits: Tensor) -> BitCodes:
        return BitCodes(logits)
