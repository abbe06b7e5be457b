"""Importance sampling with the posterior: the ELBO and log p(x) of every datum of a batch."""

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from vae_exp.kl import closed_form
from vae_exp.proposal import propose

if TYPE_CHECKING:
    from vae_exp.inference import Inference

USUAL = 128  # K, if nobody says how many
TENSORS = 4  # as large as x that a density has in hand at once


def sizes_at_once(
    vae: "Inference", numbers: int, samples: int, max_elements: int
) -> tuple[int, int]:
    """How many data, and how many samples of each, so that no more is held at once.

    Args:
        numbers: of a datum.
        samples: K.
        max_elements: how many numbers may be held at once, about, over data and samples.
    """
    size = TENSORS * getattr(vae.decoder, "outputs", 1) * numbers
    at_once = max(1, min(samples, max_elements // size))
    return max(1, max_elements // (size * at_once)), at_once


@torch.no_grad()
def weigh(
    vae: "Inference",
    p_z: Distribution | None,
    x: Tensor,
    c: Tensor | None,
    samples: int,
    at_once: int,
) -> Tensor:
    """Reconstruction loss, KL, log-likelihood and effective sample size of a batch, (4, B).

    From K weights w_k = p(x|z_k) p(z_k) / r(z_k), z_k ~ r(z), which is q(z|x) where all of x is
    observed, and wider elsewhere, see ``Proposal``:

        log p(x) ≈ log 1/K Σ_k w_k

    a lower bound in expectation that rises to log p(x) with K; the reconstruction loss and, where
    it has no closed form, the KL are averages over those samples that are of q(z|x); (Σ w)² / Σ w²
    is the effective sample size, from 1 to K. Where c is a class that is unknown, each of these is
    of all classes together, p(x) = Σ_c p(c) p(x|c) and q(c, z|x) = q(c|x) q(z|x, c), with K samples
    for each class: the sum over classes is exact, and the sample size at most K times their number.

    Args:
        p_z: p(z), or none where it depends on c.
        x: (B, X), of conditions c (B, ...), or none.
        samples: K.
        at_once: how many samples are taken together.

    Units: nats per datum.
    Source: Burda, Grosse and Salakhutdinov 2015, arXiv 1509.00519; the effective sample size:
        Kong 1992, "A note on importance sampling using standardized weights".
    """
    possible = vae.condition.possible(x, c)
    x, seen = vae.condition(possible.x, possible.c)
    at_once = max(1, at_once * possible.size // max(1, len(x)))
    q_z = vae.encoder(x, *seen.encoder)
    p_z = vae.prior(*seen.prior) if p_z is None else p_z
    proposal = propose(vae, q_z, p_z, possible.x, possible.c, samples)
    log_likelihoods, log_ratios, log_weights = [], [], []
    for start in range(0, samples, at_once):
        z = proposal.sample(start, min(at_once, samples - start))  # (S, B, Z)
        log_p_z, log_q_z = p_z.log_prob(z), q_z.log_prob(z)
        log_likelihoods.append(vae.decoder(z, *seen.decoder).log_prob(x))
        log_ratios.append(log_p_z - log_q_z)
        log_weights.append(log_p_z - proposal.log_prob(z, log_q_z))
    log_p_x = torch.cat(log_likelihoods)  # (K, B)
    log_w = log_p_x + torch.cat(log_weights) + possible.log_p
    log_p_x, log_ratio = log_p_x[: proposal.own], torch.cat(log_ratios)[: proposal.own]
    log_sum = possible.log_sum(log_w.logsumexp(0))
    log_sum_of_squares = possible.log_sum((2 * log_w).logsumexp(0))
    kl = closed_form(q_z, p_z)
    kl = -log_ratio.mean(0) if kl is None else kl
    return torch.stack(
        [
            possible.mean(-log_p_x.mean(0)),
            possible.mean(kl + possible.log_q - possible.log_p),
            log_sum - math.log(samples),
            (2 * log_sum - log_sum_of_squares).exp(),
        ]
    )


def score(
    vae: "Inference", x: Tensor, c: Tensor | None, samples: int, max_elements: int
) -> dict[str, Tensor]:
    """What ``weigh`` finds of each datum x (N, X), by name, so many numbers at once at most."""
    size, at_once = sizes_at_once(vae, math.prod(x.shape[1:]), samples, max_elements)
    p_z = None if vae.condition.sees("prior") else vae.prior()
    conditions = [None] * len(x) if c is None else c.split(size)
    batches = zip(x.split(size), conditions)
    return by_name(torch.cat([weigh(vae, p_z, *pair, samples, at_once) for pair in batches], dim=1))


def check_inside(decoder: nn.Module, x: Tensor) -> None:
    """See that x lies in the support of the likelihood, but for what is NaN, not observed.

    Raises:
        ValueError: with the first value outside it.
    """
    support = getattr(decoder, "support", None)
    if support is None:
        return
    outside = ~(support.check(x) | x.isnan())
    if outside.any():
        raise ValueError(
            f"x: expected values in the support of the likelihood, {support}, got "
            f"{int(outside.sum())} outside it, such as {x[outside][0].item():.4g}"
        )


def by_name(results: Tensor) -> dict[str, Tensor]:
    """What ``weigh`` has found, (4, N), each (N,) by its name, with ``elbo`` =
    −``reconstruction_loss`` − ``kl``."""
    reconstruction_loss, kl, log_likelihood, effective_sample_size = results
    return {
        "elbo": -reconstruction_loss - kl,
        "kl": kl,
        "reconstruction_loss": reconstruction_loss,
        "log_likelihood": log_likelihood,
        "effective_sample_size": effective_sample_size,
    }
