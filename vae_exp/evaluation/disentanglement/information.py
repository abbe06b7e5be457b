"""What each latent knows of each factor in nats, and the scores that come of it."""

import torch
from torch import Tensor

LEAST_BINS = 20
ORDERS = 20
ABOVE_CHANCE = 6  # standard deviations


def enough_bins(factors: Tensor) -> int:
    """20, or as many as the factor with the most values has, so that it can be told in full."""
    return max(LEAST_BINS, int(factors.max()) + 1)


def binned(codes: Tensor, bins: int) -> Tensor:
    """Each column of codes (N, D) in bins of equal width over its range, numbered from 0."""
    low, high = codes.min(0).values, codes.max(0).values
    width = torch.where(high > low, high - low, 1.0)
    return ((codes - low) / width * bins).long().clamp(max=bins - 1)


def entropy(values: Tensor) -> float:
    """H of whole numbers from 0, (N,), in nats: −Σ_k n_k/N log n_k/N + (m − 1)/2N.

    The second term, with m values that there are, is what the first falls short, to first order.

    Source: Miller 1955, "Note on the bias of information estimates".
    """
    return sum(_entropy(values))


def _entropy(values: Tensor) -> tuple[float, float]:
    """The two terms of ``entropy``."""
    counts = torch.bincount(values).double()
    q = counts[counts > 0] / len(values)
    return -(q * q.log()).sum().item(), (len(q) - 1) / (2 * len(values))


def information_with_factors(bins: Tensor, factors: Tensor) -> Tensor:
    """I(z_d; v_f) = H(z_d) + H(v_f) − H(z_d, v_f) in nats, (D, F), see ``entropy``.

    It is 0 where, without the second terms, it is less than 6 standard deviations above what the
    same values have in another order, of which 20 are tried: that much is chance.

    Shapes: bins (N, D) and factors (N, F), whole numbers from 0.
    """
    generator = torch.Generator().manual_seed(0)
    orders = [torch.randperm(len(bins), generator=generator) for _ in range(ORDERS)]
    of_factors = [_entropy(v) for v in factors.T]
    table = torch.zeros(bins.shape[1], factors.shape[1], dtype=torch.float64)
    for d, z in enumerate(bins.T):
        of_latent, values = _entropy(z), int(z.max()) + 1
        for f, v in enumerate(factors.T):
            joint = _entropy(v * values + z)
            plain, correction = (a + b - c for a, b, c in zip(of_latent, of_factors[f], joint))
            mixed = torch.tensor([_entropy(v[order] * values + z)[0] for order in orders])
            chance = of_latent[0] + of_factors[f][0] - mixed
            if plain > chance.mean() + ABOVE_CHANCE * chance.std():
                table[d, f] = max(0.0, plain + correction)
    return table


def gaps(information: Tensor, entropies: Tensor) -> Tensor:
    """(I(z_a; v_f) − I(z_b; v_f)) / H(v_f), a and b the two latents that know most of it: (F,).

    Their average is the mutual information gap. Where there is one latent alone, b knows nothing;
    of a factor that does not vary there is nothing to know, and 0 stands for it.

    Shapes: information (D, F), entropies (F,).
    Source: Chen et al. 2018, "Isolating sources of disentanglement", arXiv 1802.04942.
    """
    known = torch.cat((information, torch.zeros_like(information[:1])))
    first, second = known.topk(2, dim=0).values
    return torch.where(entropies > 0, (first - second) / entropies, 0.0)


def modularity(information: Tensor) -> float:
    """1 − Σ_f (I_df − T_df)² / (θ_d² (F − 1)) averaged over latents d that know anything.

    θ_d = max_f I_df; T_df is θ_d at that factor, else 0. A latent that knows one factor alone has
    1, whether others know it too or not; one that knows all as well has 0. No latent, no score: 0.

    Shapes: information (D, F).
    Source: Ridgeway and Mozer 2018, "Learning deep disentangled embeddings with the F-statistic
        loss", arXiv 1802.05312.
    """
    most = information.max(1).values
    known = information[most > 0]
    if not len(known):
        return 0.0
    others = known.square().sum(1) - known.max(1).values.square()
    share = others / (known.max(1).values.square() * (information.shape[1] - 1))
    return (1 - share).mean().item()
