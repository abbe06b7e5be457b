"""Published numbers and what comes beside them; one kind of recipe a file.

The ``reproduces`` section of a recipe names its kind. It has ``source``, where the numbers stand;
``target``, in words; and, called with the recipe's name, a folder, overrides and seeds, it gives
an ``Outcome`` for each number.
"""

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """A published number, and ours.

    Args:
        what: the number's name.
        published: or known in closed form; none where it is not known.
        reached: none where there is none yet.
        stderr: its standard error.
        good: whether that is the published number, or a better one.
        verdict: the same in words, or why there is none.
        active_units: ours, and theirs.
        minutes: what it took.
    """

    what: str
    published: float | None
    reached: float | None
    stderr: float
    good: bool
    verdict: str
    active_units: str = ""
    minutes: float | None = None


def own_stderr(summary: dict[str, Any], metric: str) -> float:
    """The standard error of a metric; nan where there is none, or null in its place."""
    stderr = summary.get(f"{metric}_stderr")
    return math.nan if stderr is None else stderr
