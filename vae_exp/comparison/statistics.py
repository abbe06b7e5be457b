"""Mean ± standard error, and how many digits of it to write."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

MOST_DECIMALS = 6
UNWIELDY = 1e9  # from here on, and below its inverse, powers of ten are written


@dataclass(frozen=True)
class Estimate:
    """A metric of one configuration.

    Args:
        mean: over the runs that have it; not finite where one of them is not.
        stderr: of that mean, None where nothing tells.
        n: how many runs have it.
        over: what the standard error is over.
    """

    mean: float
    stderr: float | None
    n: int
    over: Literal["seeds", "test set"] | None

    def __str__(self) -> str:
        return format_number(self.mean, self.stderr)


def estimate(values: Sequence[float], own_stderr: float | None = None) -> Estimate | None:
    """Several runs: their mean ± s/√n, s² = Σ(v − mean)²/(n − 1). One: its value and own stderr.

    Args:
        values: of the runs that have the metric; None comes back if none has.
        own_stderr: over the test set, used for a single run alone.
    """
    n = len(values)
    if n == 0:
        return None
    mean = sum(values) / n
    if n == 1:
        return Estimate(mean, own_stderr, 1, None if own_stderr is None else "test set")
    squares = sum((value - mean) * (value - mean) for value in values)
    return Estimate(mean, math.sqrt(squares / (n - 1) / n), n, "seeds")


def format_number(value: float | None, stderr: float | None = None) -> str:
    """Two significant digits of the standard error decide the digits; five of the value without.

    >>> format_number(-23.11945, 0.19296), format_number(-23.11945), format_number(3.0)
    ('-23.12 ± 0.19', '-23.119', '3')
    """
    if value is None:
        return "–"
    if not math.isfinite(value):
        return str(value)
    if stderr is None:
        return _alone(value)
    if not math.isfinite(stderr) or stderr <= 0:
        return f"{_alone(value)} ± {stderr:g}"
    decimals = max(0, 1 - int(f"{stderr:.1e}".partition("e")[2]))  # of the rounded stderr
    if decimals > MOST_DECIMALS or max(abs(value), stderr) >= UNWIELDY:
        return f"{value:.8g} ± {stderr:.1e}"
    return f"{value:.{decimals}f} ± {stderr:.{decimals}f}"


def _alone(value: float) -> str:
    if value == 0 or not 1 / UNWIELDY**0.5 <= abs(value) < UNWIELDY:
        return f"{value:.4g}"
    if value.is_integer():
        return f"{value:.0f}"
    return f"{value:.{max(0, 4 - math.floor(math.log10(abs(value))))}f}"
