"""torch.compile for models."""

from collections.abc import Callable

import torch

from vae_exp.vae import VAE


def compile_forward(vae: VAE) -> Callable:
    """The forward pass of ``vae``, and with it the gradient, as one compiled program.

    The parameters and the random numbers are the same; sums may round differently.
    """
    return torch.compile(vae, options={"fallback_random": True})
