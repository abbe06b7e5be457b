"""What is given out as c beside x: classes or covariates."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from vae_exp.condition import UNKNOWN, Source
from vae_exp.data.splits import SPLITS

if TYPE_CHECKING:
    from vae_exp.data import Data


def conditions(data: "Data", source: Source | None) -> dict[str, Tensor]:
    """c (N, ...) for each of ``SPLITS``, of what the data have; nothing where it is nothing.

    The class of a training datum is ``UNKNOWN`` where ``data.labelled`` does not have it.

    Raises:
        ValueError: the data have none, or a class that no training datum has.
    """
    if source is None:
        return {}
    if source == "covariates":
        if data.covariates is None:
            raise ValueError(
                "condition: expected data with covariates for condition=columns, such as an "
                "array c_age beside x in the .npz file of data=array"
            )
        return dict(data.covariates)
    if data.labels is None:
        raise ValueError(
            "condition: expected data with labels for condition=labels or semi_supervised, got "
            f"data without; {data.labels_from}, or use condition=none"
        )
    _check_seen(data.labels)
    # bytes have no place for UNKNOWN, which among them would be class 0
    found = {split: classes.long() for split, classes in data.labels.items()}
    if data.labelled is not None:
        known = torch.full_like(found["train"], UNKNOWN)
        known[data.labelled] = found["train"][data.labelled]
        found["train"] = known
    return found


def _check_seen(labels: dict[str, Tensor]) -> None:
    """Raises ValueError where a class is one of no training datum."""
    seen = set(labels["train"].unique().tolist())
    for split in SPLITS:
        unseen = set(labels[split].unique().tolist()) - seen
        if unseen:
            raise ValueError(
                "condition: expected the classes of the training data, got "
                f"{', '.join(map(str, sorted(unseen)[:10]))} in the {split} set, which no "
                "training datum has"
            )
