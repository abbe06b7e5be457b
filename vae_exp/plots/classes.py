"""Classes that are told apart in a picture, and what they are called."""

from collections.abc import Sequence

from torch import Tensor

MOST = 10  # as many as there are markers
LETTERS = 12  # of a name, so that a legend has room for those of ten classes


def classes(labels: Tensor | None) -> list[int]:
    """The classes to tell apart: none without labels, or with more of them than markers."""
    found = [] if labels is None else labels.unique().tolist()
    return found if len(found) <= MOST else []


def class_name(label: int, names: Sequence[str]) -> str:
    """What a class is called: its number where ``names`` has none; long names are cut."""
    name = str(names[label]) if names else str(label)
    return name if len(name) <= LETTERS else name[: LETTERS - 1] + "…"
