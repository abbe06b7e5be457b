"""What the model says of itself, averaged over a split."""

import torch

from vae_exp.data import Data
from vae_exp.evaluation.shares import own_batches
from vae_exp.meter import Meter
from vae_exp.randomness import aside
from vae_exp.vae import VAE


@torch.no_grad()
def averages(vae: VAE, data: Data, split: str, batch_size: int) -> dict[str, float]:
    """The averages of ``vae(x)``'s numbers over a split, with the same noise always."""
    vae.eval()
    meter = Meter()
    with aside(data.device):
        for _, x in own_batches(data, split, batch_size):
            meter.add(vae(x)[1], len(x))
    return meter.means()
