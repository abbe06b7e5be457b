"""Components of data that are not observed."""

from collections.abc import Mapping

import torch
from torch import Tensor


def hide_all(
    known: Mapping[str, Tensor] | None,
    sizes: Mapping[str, int],
    shape: tuple[int, ...],
    rate: float,
    generator: torch.Generator,
) -> dict[str, Tensor]:
    """Components (N, X) of each split to hide, besides those that are not there, if any is known.

    Args:
        sizes: N of each split.
        shape: X.
        rate: see ``hide``.
    """
    hidden = {}
    for split, size in sizes.items():
        missing = torch.zeros(()) if known is None else known[split]
        hidden[split] = hide(missing.bool().expand(size, *shape), rate, generator)
    return hidden


def hide(missing: Tensor, rate: float, generator: torch.Generator) -> Tensor:
    """Further components, (N, X), at random and independently; one that is there stays.

    Args:
        missing: those that are not there, (N, X), never all of a datum.
        rate: the share of the others that is hidden.
    """
    noise = torch.rand((len(missing), missing[0].numel()), generator=generator)
    noise[missing.flatten(1)] = -1.0  # there is nothing to hide
    hidden = (noise < rate) & (noise < noise.amax(1, keepdim=True)) & (noise >= 0)
    return hidden.reshape(missing.shape)


def check_rows(missing: Mapping[str, Tensor], numbers: Mapping[str, Tensor] | None) -> None:
    """See that something of each datum is there; of each split, (N, X).

    Args:
        numbers: which rows of the file they are, (N,), where that is known.

    Raises:
        ValueError: nothing is, with the first of such rows.
    """
    empty = {split: m.flatten(1).all(1).nonzero().flatten() for split, m in missing.items()}
    told = []
    for split, places in empty.items():
        if len(places):
            rows = None if numbers is None else numbers[split][places].min()
            first = "" if rows is None else f", the first in row {rows}, counted from 0"
            told.append(f"{len(places)} in the {split} set{first}")
    if told:
        raise ValueError(
            f"data.path: expected a value in every row, got rows of NaN alone: {'; '.join(told)}; "
            "leave them out"
        )
