"""What is known of each datum, each a factor with a few values."""

import torch
from torch import Tensor

from vae_exp.data import Data
from vae_exp.evaluation.probe import known_classes


def check_factors(data: Data) -> None:
    """See that there is something to disentangle.

    Raises:
        ValueError: the data have fewer than two factors.
    """
    names = list(known_factors(data, "train"))
    if len(names) < 2:
        has = f"{names[0]} alone" if names else "none"
        raise ValueError(
            "evaluation.disentanglement: expected data with two known factors or more, labels or "
            f"covariates that are categories and have two values at least, got {has}; use "
            "data=sprites, an array with c_<name> beside x, or evaluation.disentanglement=false"
        )


def known_factors(data: Data, split: str) -> dict[str, tuple[Tensor, Tensor]]:
    """Labels and covariates that are categories, by name: of the training data and of a split.

    Those of which the training data have one value alone are none. Values are numbered 0, 1, ...,
    the same in both: (N,) and (M,).
    """
    training, found = known_classes(data, "train"), known_classes(data, split)
    factors = {}
    for suffix, own in training.items():
        if len(own.unique()) > 1:
            parts = own.long(), found[suffix].long()
            values = torch.cat(parts).unique()
            name = suffix.removeprefix("_") or data.label_name
            factors[name] = tuple(torch.searchsorted(values, part.contiguous()) for part in parts)
    return factors
