"""What q(z|x) looks like over held-out data: its means, its scales and its importance weights."""

import math
from dataclasses import dataclass

import numpy
import torch
from torch import Tensor

from vae_exp.data import Data
from vae_exp.distribution.space import centre, space
from vae_exp.evaluation.latents import Latents
from vae_exp.importance import sizes_at_once
from vae_exp.runtime.evaluating import evaluating
from vae_exp.runtime.rng import isolate_rng
from vae_exp.vae import VAE

DATA, SAMPLES = 256, 8
BINS = 64

Histogram = tuple[numpy.ndarray, numpy.ndarray]  # counts (BINS,) and edges (BINS + 1,)


@dataclass(frozen=True)
class PosteriorHistograms:
    """Histograms by name, and how many of the ``latents`` dimensions are ``active``."""

    histograms: dict[str, Histogram]
    active: int
    latents: int


@torch.no_grad()
def posterior_histograms(
    vae: VAE, data: Data, split: str, max_elements: int
) -> PosteriorHistograms:
    """Histograms over up to 256 data of a split, with 8 samples each, always the same ones.

    ``means`` and ``scales``, E_q[z_d] and the standard deviation of q(z_d|x), of all data and
    dimensions; ``log_weights``, log w_k − log 1/K Σ_j w_j for w_k = p(x|z_k) p(z_k) / q(z_k|x),
    which are all 0 where q(z|x) is p(z|x). What is not finite is left out.

    Args:
        max_elements: how many numbers are held at once, about.

    Units: nats, of the log-weights.
    """
    found: dict[str, list[Tensor]] = {"means": [], "scales": [], "log_weights": []}
    centres, draws = [], []
    size = min(DATA, data.size(split))
    at_once, _ = sizes_at_once(vae, SAMPLES * math.prod(data.shape), 1, max_elements)
    with evaluating(vae), isolate_rng(data.device):
        for start in range(0, size, at_once):
            pair = data.at(split, slice(start, min(start + at_once, size)))
            x, seen = vae.condition(*pair)
            q_z, p_z = vae.encoder(x, *seen.encoder), vae.prior(*seen.prior)
            z = q_z.sample((SAMPLES,))  # (K, B, Z)
            log_w = vae.decoder(z, *seen.decoder).log_prob(x)
            log_w = log_w + p_z.log_prob(z) - q_z.log_prob(z)  # (K, B)
            found["means"].append(q_z.mean.cpu())
            found["scales"].append(q_z.stddev.cpu())
            found["log_weights"].append((log_w - log_w.logsumexp(0) + math.log(SAMPLES)).cpu())
            centres.append(centre(q_z).cpu())
            draws.append(z[0].cpu())
    means = torch.cat(found["means"])
    together = (means, None, torch.cat(draws), torch.cat(centres))
    active = Latents(*together, space(q_z)).active
    histograms = {name: _histogram(parts) for name, parts in found.items()}
    return PosteriorHistograms(histograms, int(active.sum()), len(active))


def _histogram(parts: list[Tensor]) -> Histogram:
    values = torch.cat([part.flatten() for part in parts]).double().numpy()
    return numpy.histogram(values[numpy.isfinite(values)], BINS)
