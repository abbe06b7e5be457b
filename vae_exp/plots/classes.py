"""Classes that are told apart in a picture, and what they are called."""

from collections.abc import Sequence

from torch import Tensor

from vae_exp.data import Data

MOST = 10  # as many as there are markers
LETTERS = 12  # of a name, so that a legend has room for those of ten classes


def classes(labels: Tensor | None) -> list[int]:
    """The classes to tell apart: none without labels, or with more of them than markers."""
    found = [] if labels is None else labels.unique().tolist()
    return found if len(found) <= MOST else []


def classes_given(data: Data, index: Tensor | slice) -> list[str]:
    """The class of each of these test data, where it is what they are conditional on."""
    if data.source != "labels":
        return []
    return [_shortened(str(name)) for name in data.classes_of("test", index) or []]


def class_name(label: int, names: Sequence[str]) -> str:
    """What a class is called: its number where ``names`` has none; long names are cut."""
    return _shortened(str(names[label]) if names else str(label))


def _shortened(name: str) -> str:
    return name if len(name) <= LETTERS else name[: LETTERS - 1] + "…"
