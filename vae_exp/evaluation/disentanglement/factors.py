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


def known_factors(data: Data, split: str) -> dict[str, Tensor]:
    """Labels and covariates that are categories, by name, as 0, 1, ..., (N,) each.

    Those of which the training data have one value alone are none.
    """
    training = known_classes(data, "train")
    found = known_classes(data, split)
    return {
        suffix.removeprefix("_") or data.label_name: found[suffix]
        for suffix, values in training.items()
        if len(values.unique()) > 1
    }


def as_table(factors: dict[str, Tensor], size: int) -> Tensor:
    """The values of the first data, (``size``, F), as whole numbers from 0."""
    return torch.stack([values[:size].long() for values in factors.values()], 1)
