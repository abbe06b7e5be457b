"""The few training data whose class is known, and their place in an epoch."""

import torch
from torch import Tensor


def choose(labels: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """The indices of ``count`` of the data, as many of each class, or one more of some.

    Args:
        labels: (N,).

    Raises:
        ValueError: there are not so many, or it is fewer than one of each class.
    """
    classes = labels.unique()
    if type(count) is not int or not len(classes) <= count <= len(labels):
        raise ValueError(
            f"data.labelled: expected a number from {len(classes)}, one of each class, to "
            f"{len(labels)}, all training data, got {count}"
        )
    order = torch.randperm(len(labels), generator=generator)
    # one of each class, then a second one of each that has it, and so on, as far as it goes
    turn = torch.empty_like(order)
    for label in classes:
        own = order[labels[order] == label]
        turn[own] = torch.arange(len(own))
    return order[turn[order].argsort(stable=True)][:count]


def spread(order: Tensor, chosen: Tensor) -> Tensor:
    """``order`` (N,) with those that are ``chosen``, true or false, at even distances.

    Of n the i-th stands where (i + ½)/n of the others are before it, whatever the batches are.
    """
    parts = [order[chosen], order[~chosen]]
    place = torch.cat(
        [(torch.arange(len(part), dtype=torch.float64) + 0.5) / len(part) for part in parts]
    )
    return torch.cat(parts)[place.argsort(stable=True)]
