"""The uniform prior of independent categories."""

import torch
from torch import Tensor

from vae_exp.distribution.one_hot import OneHotCodes
from vae_exp.prior.discrete import Discrete


class UniformCategorical(Discrete):
    """p(z) = Π_n 1/K, z of N one-hot vectors of K.

    Args:
        z_dim: N.
        values: K.
        gradient, temperature: see ``Discrete``.
    """

    def __init__(self, z_dim: int, values: int, gradient: str | None, temperature: float):
        super().__init__(gradient, temperature)
        self.register_buffer("logits", torch.zeros(z_dim, values), persistent=False)

    def codes(self, logits: Tensor) -> OneHotCodes:
        return OneHotCodes(logits)
