"""Whether the chosen parts and the data fit together, decided before training by trying them."""

import torch
from torch import Tensor

from vae_exp.runtime.rng import isolate_rng
from vae_exp.vae import VAE


@torch.no_grad()
def check_compatibility(vae: VAE, x: Tensor) -> None:
    """Compare data x (B, X) with the likelihood's support, and take two of them through the model.

    It leaves no trace in the model or in the random numbers.

    Raises:
        ValueError: x lies outside the likelihood's support, or a part refuses another, with the
            key to change.
    """
    support = vae.decoder.support
    if not support.check(x).all():
        outside = x[~support.check(x)]
        raise ValueError(
            f"decoder: expected data in the support of the likelihood, {support}, got "
            f"{outside.numel()} values outside it, such as {outside[0].item():.4g}; change the "
            "decoder (python -m vae_exp.catalogue says which take what), the data, or, of images, "
            "data.binarize or data.dequantize"
        )
    training = vae.training
    try:
        with isolate_rng(x.device):
            vae.eval()(x[:2])
    finally:
        vae.train(training)
