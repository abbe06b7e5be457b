"""How far rows are behind the first of their block, and which of them can be told from it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from vae_exp.comparison.margin import margin
from vae_exp.comparison.spread import spread

LEVEL = 0.05  # of all mistakes together: 95 %, but of a few seeds of rows that vary unequally


@dataclass(frozen=True)
class Behind:
    """What a row lacks, in the metric that ranks.

    Args:
        mean: positive where the first one is better.
        stderr: of that mean.
        p: of Student's t, corrected for the pairs.
        paired_seeds: how many, None where none are.
        pairs: of rows that can be compared.
    """

    mean: float
    stderr: float
    p: float
    paired_seeds: int | None
    pairs: int

    @property
    def told(self) -> bool:
        """Whether it can be told from the first."""
        return self.p < LEVEL


def behind(rows: Sequence[Mapping[str, float]], sign: int) -> list[Behind | None]:
    """How far each is behind the first; None for that itself, and where nothing can be said.

    The first is the best of all by these very numbers, so that the correction is for all pairs of
    rows: one for those beside the first alone would err in a tenth of the cases, not in 5 %, with 8
    rows that are all alike.

    What seeds do is also taken from all rows together that have those of the first one, unless the
    two rows show more of it, for two or three seeds of a pair alone tell next to nothing; the more
    telling of the two tests counts, for twice its p.

    Args:
        rows: of each, its metric by seed, best row first.
        sign: 1 where larger is better, −1 where smaller is.
    """
    found = {
        pair: one
        for pair in combinations(range(len(rows)), 2)
        if (one := margin(rows[pair[0]], rows[pair[1]])) is not None
    }
    p = {pair: one.p for pair, one in found.items()}
    alike = [number for number, row in enumerate(rows) if _like(row, rows[0])]
    if len(alike) > 2 and (of_all := spread([rows[number] for number in alike])) is not None:
        for pair in combinations(alike, 2):  # of which each is in found, for their spread is finite
            wider = max(found[pair].stderr, of_all.stderr)
            by_all = replace(found[pair], stderr=wider, dof=of_all.dof).p
            p[pair] = min(1.0, 2 * min(p[pair], by_all))
    corrected = dict(zip(found, holm(list(p.values()))))
    return [
        Behind(sign * one.mean, one.stderr, corrected[0, number], one.seeds, len(found))
        if (one := found.get((0, number))) is not None
        else None
        for number in range(len(rows))
    ]


def _like(row: Mapping[str, float], first: Mapping[str, float]) -> bool:
    return row.keys() == first.keys() and all(map(math.isfinite, row.values()))


def holm(p: Sequence[float]) -> list[float]:
    """Corrected for their number m: the k-th smallest times m − k + 1, never below the one before.

    With these below 5 %, the probability of a single mistake among all is below 5 % (Holm 1979).
    """
    corrected, largest = [1.0] * len(p), 0.0
    for rank, place in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        largest = max(largest, min(1.0, (len(p) - rank) * p[place]))
        corrected[place] = largest
    return corrected
