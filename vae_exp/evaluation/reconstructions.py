"""What is left of data on the way through the latent space."""

import torch
from torch import Tensor

from vae_exp.data import Data
from vae_exp.distribution.space import centre
from vae_exp.evaluation.progress import Progress, silent
from vae_exp.vae import VAE

BATCH = 1000


def reconstruct(vae: VAE, x: Tensor, c: Tensor | None) -> Tensor:
    """The mean of p(x|z, c) at the mean of q(z|x, c), (B, X)."""
    modelled, seen = vae.condition(x, c)
    z = centre(vae.encoder(modelled, *seen.encoder))
    return vae.condition.complete(vae.decoder(z, *seen.decoder).mean, x)


@torch.no_grad()
def reconstructions(vae: VAE, data: Data, split: str, progress: Progress = silent) -> Tensor:
    """That of each datum of a split: (N, X), on the CPU.

    Args:
        progress: told how far it has come.
    """
    vae.eval()
    size = data.size(split)
    found = torch.empty(size, *data.shape)
    for start in range(0, size, BATCH):
        progress("reconstructions", start / size)
        place = slice(start, start + BATCH)
        found[place] = reconstruct(vae, *data.at(split, place)).cpu()
    return found
