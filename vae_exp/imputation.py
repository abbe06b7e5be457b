"""What is missing of a datum, by self-normalised importance sampling with the posterior."""

import math
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor
from torch.distributions import Distribution

from vae_exp.distribution.observed import given
from vae_exp.distribution.variable import NAMED
from vae_exp.importance import sizes_at_once
from vae_exp.proposal import propose

if TYPE_CHECKING:
    from vae_exp.inference import Inference

DRAWS = 51  # of which the most frequent one is taken where x is the place of a category


class Imputed(NamedTuple):
    """Data with their missing components filled in.

    Args:
        mean: E[x_mis|x_obs], about, in the place of what is missing, (B, X); where x is the place
            of a category there is no mean, and the most frequent draw is there.
        draws: x_mis ~ p(x_mis|x_obs), about, in its place, (D, B, X).

    Of a datum without a finite p(x_obs|z) nothing is known, and NaN stays in both.
    """

    mean: Tensor
    draws: Tensor


@torch.no_grad()
def impute(
    vae: "Inference",
    p_z: Distribution | None,
    x: Tensor,
    c: Tensor | None,
    samples: int,
    draws: int,
    at_once: int,
) -> Imputed:
    """Fill in what is NaN in x, from K weights w_k = p(x_obs|z_k) p(z_k) / r(z_k), z_k ~ r(z), see
    ``Proposal``:

        E[x_mis|x_obs] ≈ Σ_k w̃_k E[x_mis|z_k],   w̃_k = w_k / Σ_k w_k

    and a draw is one of p(x_mis|z_k), k drawn with the probabilities w̃. Both are biased for finite
    K, and exact as K grows. Where c is a class that is unknown there are K samples for each class,
    w_k = p(c) p(x_obs|z_k, c) p(z_k|c) / r(z_k|c), and sums are over all of them. Where x is the
    place of a category the most frequent of the draws, 51 or D if that is more, stands for the
    mean.

    Args:
        p_z: p(z), or none where it depends on c.
        x: (B, X), of conditions c (B, ...), or none.
        samples: K.
        draws: D.
        at_once: how many samples of a datum are taken together.

    Source: Mattei and Frellsen 2019, "MIWAE", arXiv 1812.02633.
    """
    places, returned = named(vae, tuple(x.shape[1:])).to(x.device), draws
    draws = max(draws, DRAWS) if places.any() else draws
    possible = vae.condition.possible(x, c)
    modelled, seen = vae.condition(possible.x, possible.c)
    at_once = max(1, at_once * len(x) // max(1, len(modelled)))
    q_z = vae.encoder(modelled, *seen.encoder)
    p_z = vae.prior(*seen.prior) if p_z is None else p_z
    # so that samples are taken a few at a time: sums relative to the largest weight so far, and,
    # by Gumbel's trick, the z of the largest log w + noise, which is a draw by the weights
    largest = torch.full((len(modelled),), -torch.inf, device=x.device)
    total, mean = torch.zeros_like(largest), torch.zeros_like(possible.x)
    best = torch.full((draws, len(modelled)), -torch.inf, device=x.device)
    chosen = torch.zeros((draws, len(modelled), *q_z.event_shape), device=x.device)
    event = [1] * (x.ndim - 1)
    proposal = propose(vae, q_z, p_z, possible.x, possible.c, samples)
    for start in range(0, samples, at_once):
        z = proposal.sample(start, min(at_once, samples - start))  # (S, B', Z)
        p_x = vae.decoder(z, *seen.decoder)
        log_r = proposal.log_prob(z, q_z.log_prob(z))
        log_w = p_x.log_prob(modelled) + p_z.log_prob(z) - log_r + possible.log_p  # (S, B')
        new = torch.maximum(largest, log_w.amax(0))
        old = (largest - new).exp().nan_to_num(0.0)  # of no weight so far
        w = (log_w - new.nan_to_num(0.0, 0.0, 0.0)).exp()  # infinity less itself is no number
        total = old * total + w.sum(0)
        of_these = (w.reshape(*w.shape, *event) * given(p_x, modelled).mean).sum(0)
        mean = old.reshape(-1, *event) * mean + of_these
        largest = new
        for draw in range(draws):
            noisy, place = (log_w - torch.empty_like(log_w).exponential_().log()).max(0)
            better = noisy > best[draw]
            best[draw] = torch.where(better, noisy, best[draw])
            found = z[place, torch.arange(len(modelled), device=x.device)]
            chosen[draw] = torch.where(better.unsqueeze(-1), found, chosen[draw])
    missing = x.isnan()
    log_sum = largest + total.log()
    known = possible.log_sum(log_sum).isfinite().reshape(-1, *event)
    mean = possible.average(mean / total.reshape(-1, *event), log_sum)
    mean = torch.where(missing, mean, x)
    drawn = x.expand(0, *x.shape)
    if draws:
        row = torch.stack([possible.argmax(each) for each in best])  # (D, B)
        z = chosen[torch.arange(draws, device=x.device).unsqueeze(1), row]  # (D, B, Z)
        row = row.flatten()
        c = None if possible.c is None else possible.c[row]
        modelled, seen = vae.condition(possible.x[row], c)
        drawn = given(vae.decoder(z.flatten(0, 1), *seen.decoder), modelled).sample()
        drawn = drawn.unflatten(0, (draws, len(x))).where(known, torch.nan)
    if places.any():
        mean = torch.where(missing & places, drawn.mode(0).values, mean)
    return Imputed(mean, torch.where(missing, drawn[:returned], x))


def named(vae: "Inference", shape: tuple[int, ...]) -> Tensor:
    """Which components (X) are the place of a value among categories."""
    variables = getattr(getattr(vae, "observe", None), "variables", ())
    if not variables:
        return torch.zeros(shape, dtype=torch.bool)
    return torch.tensor([variable.type in NAMED for variable in variables])


def impute_all(
    vae: "Inference", x: Tensor, c: Tensor | None, samples: int, draws: int, max_elements: int
) -> Imputed:
    """The same of x (N, X), so many numbers at once at most."""
    size, at_once = sizes_at_once(vae, math.prod(x.shape[1:]), samples, max_elements)
    p_z = None if vae.condition.sees("prior") else vae.prior()
    conditions = [None] * len(x) if c is None else c.split(size)
    found = [
        impute(vae, p_z, *pair, samples, draws, at_once) for pair in zip(x.split(size), conditions)
    ]
    means, drawn = zip(*found)
    return Imputed(torch.cat(means), torch.cat(drawn, dim=1))
