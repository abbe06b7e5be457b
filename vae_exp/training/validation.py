"""What the model says of itself, averaged over a split."""

import math

import torch
from torch import Tensor

from vae_exp.data import Data
from vae_exp.distributed.collectives import all_gather_object
from vae_exp.distributed.data_parallel import shard_batches
from vae_exp.runtime.rng import isolate_rng
from vae_exp.training.average_meter import AverageMeter
from vae_exp.vae import VAE


@torch.no_grad()
def average_info(
    vae: VAE, data: Data, split: str, batch_size: int, size: int | None = None
) -> dict[str, float]:
    """The averages of ``vae(x)``'s numbers over a split, with the same noise always.

    A datum without a finite number makes the average what it makes of it; ``nonfinite`` is then
    there too, and says how many such data there are.

    Args:
        size: over the first so many data, or all.
    """
    vae.eval()
    meter = AverageMeter()
    with isolate_rng(data.device):
        for _, x, c in shard_batches(data, split, batch_size, size):
            meter.update(vae(x, c)[1], len(x))
        means = meter.compute()
        if all(map(math.isfinite, means.values())):
            return means
        own = sum(
            _count_nonfinite(vae, *pair)
            for _, *pair in shard_batches(data, split, batch_size, size)
        )
    return {**means, "nonfinite": sum(all_gather_object(own))}


def _count_nonfinite(vae: VAE, x: Tensor, c: Tensor | None) -> int:
    """How many of the data x (B, X) have a reconstruction loss or a KL that is not finite.

    All of them where each is finite and the objective is not.
    """
    modelled, seen = vae.condition(x, c)
    q_z, p_z = vae.encoder(modelled, *seen.encoder), vae.prior(*seen.prior)
    z = vae.expectation.draw(q_z, vae.objective.samples)
    reconstruction_loss = vae.reconstruction_loss(vae.decoder(z, *seen.decoder), modelled)
    negative_elbo = reconstruction_loss + vae.kl_loss(q_z, p_z, z)  # (S, B)
    count = int((~negative_elbo.isfinite()).any(0).sum())
    return count or len(x) * (not vae(x, c)[1]["loss"].isfinite())
