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


def check_rows(missing: Mapping[str, Tensor]) -> None:
    """Raises ValueError where nothing of a datum is there; of each split, (N, X)."""
    empty = {split: int(m.flatten(1).all(1).sum()) for split, m in missing.items()}
    if any(empty.values()):
        counts = ", ".join(f"{count} in the {s} set" for s, count in empty.items() if count)
        raise ValueError(
            f"data.path: expected a value in every row, got rows of NaN alone: {counts}; leave "
            "them out"
        )
