"""Importance sampling with the posterior: the ELBO and log p(x) of every datum."""

import math

import torch
from torch import Tensor
from torch.distributions import Distribution

from vae_exp.data import Data
from vae_exp.distributed.collectives import all_reduce
from vae_exp.distributed.data_parallel import shard_batches
from vae_exp.evaluation.progress import Progress, silent
from vae_exp.kl import closed_form
from vae_exp.runtime.memory import keep_freed_memory
from vae_exp.runtime.rng import isolate_rng
from vae_exp.vae import VAE

TENSORS = 4  # as large as x that a density has in hand at once


@torch.no_grad()
def importance_weighted(
    vae: VAE,
    data: Data,
    split: str,
    samples: int,
    max_elements: int,
    progress: Progress = silent,
) -> dict[str, Tensor]:
    """For each datum of a split, from K weights w_k = p(x|z_k) p(z_k) / q(z_k|x), z_k ~ q(z|x):

        log p(x) ≈ log 1/K Σ_k w_k

    a lower bound in expectation that rises to log p(x) with K.

    Args:
        samples: K.
        max_elements: how many numbers are held at once, about, over data and samples.
        progress: told how far it has come.

    Returns:
        ``log_likelihood``, as above, and ``reconstruction_loss``, ``kl``, ``elbo`` with the same
        samples, in nats; ``effective_sample_size``, (Σ w)² / Σ w², from 1 to K. Double precision,
        on the CPU, (N,).

    Source: Burda, Grosse and Salakhutdinov 2015, arXiv 1509.00519; the effective sample size:
        Kong 1992, "A note on importance sampling using standardized weights".
    """
    keep_freed_memory()
    vae.eval()
    size = TENSORS * getattr(vae.decoder, "outputs", 1) * math.prod(data.shape)
    at_once = max(1, min(samples, max_elements // size))
    batch_size = max(1, max_elements // (size * at_once))
    # in place: small results kept between large tensors would scatter the free memory
    results = torch.zeros(4, data.size(split), dtype=torch.float64)
    progress("log-likelihood", 0)
    with isolate_rng(data.device):
        # once where it can be: a VampPrior encodes all its pseudo-inputs for it
        p_z = None if vae.condition.sees("prior") else vae.prior()
        for place, x, c in shard_batches(data, split, batch_size):
            results[:, place] = _weigh(vae, p_z, x, c, samples, at_once)
            progress("log-likelihood", min(1, place.stop / data.size(split)))
    reconstruction_loss, kl, log_likelihood, effective_sample_size = all_reduce(results)
    return {
        "elbo": -reconstruction_loss - kl,
        "kl": kl,
        "reconstruction_loss": reconstruction_loss,
        "log_likelihood": log_likelihood,
        "effective_sample_size": effective_sample_size,
    }


def _weigh(
    vae: VAE, p_z: Distribution | None, x: Tensor, c: Tensor | None, samples: int, at_once: int
) -> Tensor:
    """Reconstruction loss, KL, log-likelihood and effective sample size of a batch: (4, B)."""
    x, seen = vae.condition(x, c)
    q_z = vae.encoder(x, *seen.encoder)
    p_z = vae.prior(*seen.prior) if p_z is None else p_z
    log_likelihoods, log_ratios = [], []
    for start in range(0, samples, at_once):
        z = q_z.sample((min(at_once, samples - start),))  # (S, B, Z)
        log_likelihoods.append(vae.decoder(z, *seen.decoder).log_prob(x))
        log_ratios.append(p_z.log_prob(z) - q_z.log_prob(z))
    log_p_x, log_ratio = torch.cat(log_likelihoods), torch.cat(log_ratios)  # (K, B)
    log_w = log_p_x + log_ratio
    log_sum, log_sum_of_squares = log_w.logsumexp(0), (2 * log_w).logsumexp(0)
    kl = closed_form(q_z, p_z)
    return torch.stack(
        [
            -log_p_x.mean(0),
            -log_ratio.mean(0) if kl is None else kl,
            log_sum - math.log(samples),
            (2 * log_sum - log_sum_of_squares).exp(),
        ]
    )
