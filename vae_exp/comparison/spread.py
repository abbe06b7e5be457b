"""What seeds do to the difference of two configurations, from a whole table of them."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Spread(NamedTuple):
    """The standard error of a difference of two rows, and its degrees of freedom."""

    stderr: float
    dof: int


def spread(rows: Sequence[Mapping[str, float]]) -> Spread | None:
    """s √(2/n), s² = Σ_ij (v_ij − v_i. − v_.j + v_..)² / ((k − 1)(n − 1)), of k rows and n seeds.

    It takes seeds to do as much to each row, but for what they do to all rows alike. Of two rows it
    is the standard error of the paired differences.

    Args:
        rows: of each, its metric by seed, finite, of the same seeds for all.

    Returns:
        None where there is one row or one seed, or no finite spread.
    Source: the analysis of variance of randomised blocks, Fisher 1935, "The design of experiments".
    """
    seeds = list(rows[0]) if rows else []
    if len(rows) < 2 or len(seeds) < 2:
        return None
    table = [[row[seed] for seed in seeds] for row in rows]
    of_rows = [_mean(row) for row in table]
    of_seeds = [_mean(column) for column in zip(*table)]
    middle = _mean(of_rows)
    rest = [
        value - of_row - of_seed + middle
        for row, of_row in zip(table, of_rows)
        for value, of_seed in zip(row, of_seeds)
    ]
    squares = sum(value * value for value in rest)  # infinite where it is too large, and no error
    dof = (len(rows) - 1) * (len(seeds) - 1)
    return Spread(math.sqrt(2 * squares / dof / len(seeds)), dof) if squares < math.inf else None


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
