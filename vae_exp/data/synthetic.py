"""Data drawn from a process that is known."""

import math

from torch import Tensor

from vae_exp.data import Binarize, Data
from vae_exp.data.held_out import three_splits
from vae_exp.data.kind import LARGEST_COUNT

MOST = 2**28  # numbers in a table, 2 GB of them while they are made


class Synthetic(Data):
    """Draws x ~ p(x), independent of each other, with the data set's own seed.

    Args:
        values: (N, X), the draws.
        labels: (N,), classes, or none.
        validation_size, test_size: how many of them to hold out.
        binarize, seed: see ``Data``.

    Raises:
        ValueError: a size out of range.
    """

    def __init__(
        self,
        values: Tensor,
        labels: Tensor | None,
        validation_size: int,
        test_size: int,
        binarize: Binarize,
        seed: int,
    ):
        splits = three_splits(len(values), validation_size, test_size, seed)
        super().__init__(
            {split: values[index] for split, index in splits.items()},
            labels if labels is None else {s: labels[index] for s, index in splits.items()},
            levels=1,
            binarize=binarize,
            seed=seed,
        )


def check_rates(rates: Tensor, **settings: float) -> None:
    """Raises ValueError where a rate λ is so large that its counts are no longer exact.

    Args:
        settings: what they come of, by key.
    """
    if not rates.max() <= LARGEST_COUNT:
        made = ", ".join(f"{key}={value:g}" for key, value in settings.items())
        raise ValueError(
            f"data.rate: expected rates λ up to {LARGEST_COUNT}, below which each count has a "
            f"float32 of its own, got {rates.max():.3g} with {made}; make one of them smaller"
        )


def tables_fit(size: int, **lengths: int) -> None:
    """Refuse tables that no memory has room for, before one of them is drawn.

    Args:
        size: the number of data.
        lengths: of each datum's parts.

    Raises:
        ValueError: naming the keys, where two of them multiply to more than ``MOST``.
    """
    lengths = {"size": size, **lengths}
    largest = sorted(lengths, key=lengths.get)[-2:]
    numbers = math.prod(lengths[key] for key in largest)
    if numbers > MOST:
        keys = " times ".join(f"data.{key}" for key in largest)
        raise ValueError(f"{keys}: expected at most {MOST} numbers in a table, got {numbers}")


def at_least(least: float, **keys: float) -> None:
    """Refuse a number that is too small.

    Raises:
        ValueError: naming its key.
    """
    for key, value in keys.items():
        if not least <= value < math.inf:
            raise ValueError(f"data.{key}: expected {least} or more, got {value}")


def positive(**keys: float) -> None:
    """Refuse a number that is not positive.

    Raises:
        ValueError: naming its key.
    """
    for key, value in keys.items():
        if not 0 < value < math.inf:
            raise ValueError(f"data.{key}: expected a positive number, got {value}")
