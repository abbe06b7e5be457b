"""What the model says of itself, averaged over a split."""

import torch

from vae_exp.data import Data
from vae_exp.distributed.data_parallel import shard_batches
from vae_exp.runtime.rng import isolate_rng
from vae_exp.training.average_meter import AverageMeter
from vae_exp.vae import VAE


@torch.no_grad()
def average_info(vae: VAE, data: Data, split: str, batch_size: int) -> dict[str, float]:
    """The averages of ``vae(x)``'s numbers over a split, with the same noise always."""
    vae.eval()
    meter = AverageMeter()
    with isolate_rng(data.device):
        for _, x in shard_batches(data, split, batch_size):
            meter.update(vae(x)[1], len(x))
    return meter.compute()
