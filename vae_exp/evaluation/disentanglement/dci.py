"""Disentanglement, completeness and informativeness, from forests that predict the factors."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

TREES = 10
IN_A_LEAF = 5  # data at least


@dataclass(frozen=True)
class DCI:
    """From 0 to 1 each.

    Args:
        disentanglement: whether a latent matters for one factor alone, averaged over latents as
            they matter: 1 − H(importances over the factors) / log F.
        completeness: whether one latent alone matters for a factor, averaged over factors:
            1 − H(importances over the latents) / log Z.
        informativeness: of each factor how often the forest is right on held-out data, (F,).
    """

    disentanglement: float
    completeness: float
    informativeness: Tensor


def dci(codes: Tensor, factors: Tensor, held_out: Tensor, known: Tensor, latents: int) -> DCI:
    """Fit a forest for each factor to ``codes`` and ``factors``, and ask it for those held out.

    It has ten trees, of bootstrap samples, in which every split is the best of all latents; a leaf
    has five data or more. The importance of a latent is how much its splits lower the Gini
    impurity, those of a factor sum to 1.

    Args:
        codes, held_out: (N, D) and (M, D).
        factors, known: (N, F) and (M, F).
        latents: Z, D and those that are not in use, which matter for nothing.

    Source: Eastwood and Williams 2018, "A framework for the quantitative evaluation of disentangled
        representations"; importances: Breiman et al. 1984.
    """
    from sklearn.ensemble import RandomForestClassifier  # heavy, and needed here alone

    importances, right = [], []
    for v, true in zip(factors.T, known.T):
        # not a part of the latents at each split, of which the best may not be one
        forest = RandomForestClassifier(
            TREES,
            max_features=None,
            min_samples_leaf=IN_A_LEAF,
            random_state=0,
            n_jobs=torch.get_num_threads(),  # which changes no number
        )
        forest.fit(codes.numpy(), v.numpy())
        importances.append(torch.from_numpy(forest.feature_importances_))
        right.append(float(forest.score(held_out.numpy(), true.numpy())))
    matrix = torch.stack(importances, 1)  # (D, F)
    return DCI(disentanglement(matrix), completeness(matrix, latents), torch.tensor(right))


def disentanglement(importances: Tensor) -> float:
    """Σ_d ρ_d (1 − H(R_d / Σ_f R_df) / log F), ρ_d = Σ_f R_df / Σ R, of R (D, F)."""
    total = importances.sum(1)
    if not total.sum() > 0:
        return 0.0
    each = 1 - _entropies(importances) / math.log(importances.shape[1])
    return (each * total / total.sum()).sum().item()


def completeness(importances: Tensor, latents: int) -> float:
    """1/F Σ_f (1 − H(R_f / Σ_d R_df) / log Z), of R (D, F); 0 for what no latent matters for."""
    each = 1 - _entropies(importances.T) / math.log(max(2, latents))
    return (each * (importances.sum(0) > 0)).mean().item()


def _entropies(rows: Tensor) -> Tensor:
    q = rows / rows.sum(1, keepdim=True).clamp(min=torch.finfo(rows.dtype).tiny)
    return -torch.xlogy(q, q).sum(1)
