"""torch.compile for models."""

import logging
from collections.abc import Callable

import torch

from vae_exp.vae import VAE

log = logging.getLogger(__name__)


def compile_forward(vae: VAE) -> Callable:
    """The forward pass of ``vae``, and with it the gradient, as one compiled program.

    The parameters and the random numbers are the same; sums may round differently.
    """
    log.info("compiling (trainer.compile): the first step takes from ten seconds to minutes")
    return torch.compile(vae, options={"fallback_random": True})
