"""Whether the latent that varies least tells which factor was held fixed."""

import torch
from torch import Tensor

VOTES = 5000
GROUP = 64  # data of a vote


def factor_vae_score(codes: Tensor, factors: Tensor, held_out: Tensor, known: Tensor) -> float:
    """How often the factor that a group of data has in common is told by its calmest latent.

    A vote: a factor at random, the value of a datum at random, 64 data with that value (drawn with
    replacement), and the latent whose variance over them is the least part of that over all data.
    5000 votes of ``codes`` say which factor each latent stands for, by majority, and 5000 of
    ``held_out`` how often that is so. Chance is 1/F, or somewhat more.

    Shapes: codes (N, D) and held_out (M, D), factors (N, F) and known (M, F).
    Source: Kim and Mnih 2018, "Disentangling by factorising", arXiv 1802.05983.
    """
    generator = torch.Generator().manual_seed(0)
    table = _votes(codes, factors, generator)
    tried = _votes(held_out, known, generator)
    stands_for = table.argmax(1)
    return (tried[torch.arange(len(tried)), stands_for].sum() / tried.sum()).item()


def _votes(codes: Tensor, factors: Tensor, generator: torch.Generator) -> Tensor:
    """How often each latent was the calmest when each factor was fixed, (D, F)."""
    latents = codes.shape[1]
    variances = codes.double().var(0).clamp(min=torch.finfo(torch.float64).tiny)
    table = torch.zeros(latents, factors.shape[1], dtype=torch.float64)
    chosen = torch.randint(factors.shape[1], (VOTES,), generator=generator)
    for f, v in enumerate(factors.T):
        order = v.argsort(stable=True)  # the data of a value stand together
        sizes = torch.bincount(v)
        starts = sizes.cumsum(0) - sizes
        common = (sizes[v] > 1).nonzero().squeeze(1)  # a datum alone does not vary
        votes = int((chosen == f).sum())
        if not len(common):
            continue
        value = v[common[torch.randint(len(common), (votes,), generator=generator)]]
        share = torch.rand(votes, GROUP, generator=generator, dtype=torch.float64)
        place = starts[value].unsqueeze(1) + (share * sizes[value].unsqueeze(1)).long()
        within = torch.stack([codes[:, d].double()[order[place]].var(1) for d in range(latents)], 1)
        calmest = (within / variances).argmin(1)
        table[:, f] = torch.bincount(calmest, minlength=latents)
    return table
