"""Whether each latent stands for one of the known factors that the data were made from."""

from typing import Any

import torch
from torch import Tensor

from vae_exp.data import Data
from vae_exp.distribution.latent_codes import LatentCodes
from vae_exp.evaluation.budget import Budget
from vae_exp.evaluation.disentanglement.dci import dci
from vae_exp.evaluation.disentanglement.factor_vae_score import factor_vae_score
from vae_exp.evaluation.disentanglement.factors import known_factors
from vae_exp.evaluation.disentanglement.information import (
    binned,
    enough_bins,
    entropy,
    gaps,
    information_with_factors,
    modularity,
)
from vae_exp.evaluation.disentanglement.sap import predictabilities, sap_gaps
from vae_exp.evaluation.latents import Latents, encode_split
from vae_exp.vae import VAE

DATA = 10_000  # of either split at most
LEAST = 1000  # below that, scores are of the sample


def disentanglement(vae: VAE, data: Data, split: str, budget: Budget) -> dict[str, Any]:
    """Scores of E_q[z] against the factors, of the first 10,000 data of a split, or as many as fit
    into the budget, 1000 at least.

    What is fitted, is fitted to as many training data and tried on these. The latents are those in
    use, see ``Latents.active``; of codes each variable is one, and its most probable value counts.

    Args:
        data: with two factors or more, see ``check_factors``.

    Returns:
        see ``scores``, and ``disentanglement_data``, how many of either split there were.
    """
    import sklearn.ensemble
    import sklearn.tree  # noqa: F401

    def work(size: int) -> dict[str, Any]:
        return of_first(vae, data, split, size)

    most = min(DATA, max(data.size("train"), data.size(split)))
    return work(budget.affordable("disentanglement", most, work, least=LEAST, first=LEAST))


def of_first(vae: VAE, data: Data, split: str, size: int) -> dict[str, Any]:
    """The numbers of ``disentanglement``, of so many data of either split, or all there are."""
    fitted = encode_split(vae, data, "train", min(size, data.size("train")))
    latents = encode_split(vae, data, split, min(size, data.size(split)))
    factors = known_factors(data, split)
    sizes = len(fitted.means), len(latents.means)
    tables = (torch.stack(parts, 1) for parts in zip(*factors.values()))
    numbers = scores(
        *(representation(part, latents.active) for part in (fitted, latents)),
        *(table[:size] for table, size in zip(tables, sizes)),
        names=list(factors),
        active=latents.active,
    )
    return {**numbers, "disentanglement_data": list(sizes)}


def representation(latents: Latents, active: Tensor) -> Tensor:
    """E_q[z] of the latents in use, or the most probable value of each variable, (N, D).

    Where none is in use there is one column, of which nothing can be learnt.
    """
    codes = latents.means
    if isinstance(latents.support, LatentCodes):
        each = latents.support.probabilities(latents.means)
        codes = torch.stack([q.argmax(-1) for q in each], 1).float()
    return codes[:, active] if active.any() else torch.zeros(len(codes), 1)


def scores(
    codes: Tensor,
    held_out: Tensor,
    factors: Tensor,
    known: Tensor,
    names: list[str],
    active: Tensor,
) -> dict[str, Any]:
    """The scores of held-out codes, and what each factor is told by.

    Args:
        codes, held_out: of training data and of those that are judged, (N, D) and (M, D).
        factors, known: of either, whole numbers from 0, (N, F) and (M, F).
        names: of the factors.
        active: which of the Z latents the D are, true or false, (Z,).

    Returns:
        ``mig`` and ``modularity``, see ``information``, from the held-out codes in bins;
        ``dci_disentanglement``, ``dci_completeness`` and ``dci_informativeness``, see ``DCI``;
        ``sap``, see ``sap_gaps``; ``factor_vae_score``, see there; and ``factors``, for each one
        its name, ``values``, ``entropy``, the latent that knows most of it (none where none does),
        ``information`` of each latent in use, in nats, and its part of the averages.
    """
    information = information_with_factors(binned(held_out, enough_bins(known)), known)
    entropies = torch.tensor([entropy(v) for v in known.T], dtype=torch.float64)
    values = torch.tensor([len(v.unique()) for v in factors.T], dtype=torch.float64)
    of_information = gaps(information, entropies)
    told = sap_gaps(predictabilities(codes, factors, held_out, known), values)
    trees = dci(codes, factors, held_out, known, len(active))
    places = active.nonzero().squeeze(1).tolist() or [None]
    rows = [
        {
            "factor": name,
            "values": int(values[f]),
            "entropy": entropies[f].item(),
            "latent": places[information[:, f].argmax()] if information[:, f].any() else None,
            "information": information[:, f].tolist(),
            "mig": of_information[f].item(),
            "sap": told[f].item(),
            "dci_informativeness": trees.informativeness[f].item(),
        }
        for f, name in enumerate(names)
    ]
    return {
        "mig": of_information[entropies > 0].mean().nan_to_num(0.0).item(),
        "sap": told.mean().item(),
        "dci_disentanglement": trees.disentanglement,
        "dci_completeness": trees.completeness,
        "dci_informativeness": trees.informativeness.mean().item(),
        "factor_vae_score": factor_vae_score(codes, factors, held_out, known),
        "modularity": modularity(information),
        "factors": rows,
    }
