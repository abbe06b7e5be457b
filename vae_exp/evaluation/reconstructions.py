"""What is left of data on the way through the latent space."""

import torch
from torch import Tensor

from vae_exp.data import Data
from vae_exp.distribution.space import centre
from vae_exp.evaluation.progress import Progress, silent
from vae_exp.runtime.rng import isolate_rng
from vae_exp.vae import VAE

BATCH = 1000


def reconstruct(vae: VAE, x: Tensor, c: Tensor | None) -> Tensor:
    """The mean of p(x|z, c) at the mean of q(z|x, c), (B, X)."""
    modelled, seen = vae.condition(x, c)
    z = centre(vae.encoder(modelled, *seen.encoder))
    return vae.condition.complete(vae.decoder(z, *seen.decoder).mean, x)


@torch.no_grad()
def reconstructions(
    vae: VAE, data: Data, split: str, progress: Progress = silent
) -> tuple[Tensor, Tensor]:
    """Each datum of a split and its reconstruction: (N, X) each, on the CPU.

    Args:
        progress: told how far it has come.
    """
    vae.eval()
    size = data.size(split)
    found = torch.empty(2, size, *data.shape)
    with isolate_rng(data.device):  # the bits of training data are drawn anew each time
        for start in range(0, size, BATCH):
            progress("reconstructions", start / size)
            place = slice(start, start + BATCH)
            x, c = data.at(split, place)
            found[0, place], found[1, place] = x.cpu(), reconstruct(vae, x, c).cpu()
    return found[0], found[1]
