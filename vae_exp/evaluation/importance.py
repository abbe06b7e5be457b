"""The ELBO and the importance-weighted log-likelihood of every datum of a split."""

import math

import torch
from torch import Tensor

from vae_exp.data import Data
from vae_exp.distributed.collectives import all_reduce, broadcast_object
from vae_exp.distributed.data_parallel import shard_batches
from vae_exp.distributed.process_group import rank
from vae_exp.evaluation.budget import Budget
from vae_exp.evaluation.progress import Progress, silent
from vae_exp.importance import USUAL, by_name, sizes_at_once, weigh
from vae_exp.runtime.memory import keep_freed_memory
from vae_exp.runtime.rng import isolate_rng
from vae_exp.vae import VAE

FEWEST = 8
SHARES = 3  # times a part's budget: runs are compared by this number, and at equal K alone
TRIED = 128  # data, with 8 samples each: about as many z as are taken together


@torch.no_grad()
def usual_samples(vae: VAE, data: Data, split: str, max_elements: int, budget: Budget) -> int:
    """K where nobody says how many: 128, or 64, 32, 16, 8 as fit into three times a part's budget.

    All data of the split have as many, so that what is reduced is how tight the bound is, and not
    what it is of.
    """
    if rank():
        return broadcast_object()
    vae.eval()
    some = min(TRIED, data.size(split))
    numbers = math.prod(data.shape)
    with isolate_rng(data.device):
        p_z = None if vae.condition.sees("prior") else vae.prior()
    x, c = data.at(split, slice(0, some))

    def work(samples: int) -> object:
        _, at_once = sizes_at_once(vae, some * numbers, samples, max_elements)
        return weigh(vae, p_z, x, c, samples, at_once)

    times = data.size(split) / some / SHARES
    bounds = {"times": times, "least": FEWEST, "first": FEWEST}
    return broadcast_object(budget.affordable("importance_samples", USUAL, work, **bounds))


@torch.no_grad()
def importance_weighted(
    vae: VAE,
    data: Data,
    split: str,
    samples: int,
    max_elements: int,
    progress: Progress = silent,
) -> dict[str, Tensor]:
    """What ``vae_exp.importance.weigh`` finds of each datum of a split, with the same noise always.

    Args:
        samples: K.
        max_elements: how many numbers are held at once, about, over data and samples.
        progress: told how far it has come.

    Returns:
        ``log_likelihood``, and ``reconstruction_loss``, ``kl``, ``elbo`` with the same samples, in
        nats; ``effective_sample_size``, from 1 to K. Double precision, on the CPU, (N,).
    """
    keep_freed_memory()
    vae.eval()
    batch_size, at_once = sizes_at_once(vae, math.prod(data.shape), samples, max_elements)
    # in place: small results kept between large tensors would scatter the free memory
    results = torch.zeros(4, data.size(split), dtype=torch.float64)
    progress("log-likelihood", 0)
    with isolate_rng(data.device):
        # once where it can be: a VampPrior encodes all its pseudo-inputs for it
        p_z = None if vae.condition.sees("prior") else vae.prior()
        for place, x, c in shard_batches(data, split, batch_size):
            results[:, place] = weigh(vae, p_z, x, c, samples, at_once)
            progress("log-likelihood", min(1, place.stop / data.size(split)))
    return by_name(all_reduce(results))
