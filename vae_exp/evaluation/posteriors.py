"""Where the encoder puts each datum, and how sure it is."""

import torch
from torch import Tensor

from vae_exp.data import Data
from vae_exp.evaluation.progress import Progress, silent
from vae_exp.runtime.rng import isolate_rng
from vae_exp.vae import VAE

BATCH = 1000


@torch.no_grad()
def posteriors(
    vae: VAE, data: Data, split: str, progress: Progress = silent
) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of q(z|x) of each datum of a split: (N, Z) each, on the CPU.

    Args:
        progress: told how far it has come.
    """
    vae.eval()
    size = data.size(split)
    found = torch.empty(2, 0)
    with isolate_rng(data.device):
        for start in range(0, size, BATCH):
            progress("latents", start / size)
            x, seen = vae.condition(*data.at(split, slice(start, start + BATCH)))
            q_z = vae.encoder(x, *seen.encoder)
            if not start:
                # in place: small results kept between large tensors would scatter the free memory
                found = torch.empty(2, size, *q_z.event_shape)
            place = slice(start, start + BATCH)
            found[0, place], found[1, place] = q_z.mean.cpu(), q_z.stddev.cpu()
    return found[0], found[1]
