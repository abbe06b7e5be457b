"""A prior of independent categories, learned with the model."""

import torch
from torch import Tensor, nn

from vae_exp.distribution.one_hot import OneHotCodes
from vae_exp.prior.discrete import Discrete


class Categorical(Discrete):
    """p(z) = Π_n Categorical(z_n | logits_n), z of N one-hot vectors of K.

    The logits are learned, from 0 on.

    Args:
        z_dim: N.
        values: K.
        gradient, temperature: see ``Discrete``.
    """

    def __init__(self, z_dim: int, values: int, gradient: str | None, temperature: float):
        super().__init__(gradient, temperature)
        self.logits = nn.Parameter(torch.zeros(z_dim, values))

    def codes(self, logits: Tensor) -> OneHotCodes:
        return OneHotCodes(logits)
