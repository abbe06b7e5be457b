"""Mean ± standard error, and how many digits of it to write, alone and in a column."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_high
from typing import Literal

MOST_DECIMALS = 6
UNWIELDY = 1e6  # from here on, and below its inverse root, powers of ten are written
FEWEST_ALONE = 2  # decimals of a column without standard errors, if a number of it asks for them


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


def format_column(estimates: Sequence[Estimate | None]) -> list[str]:
    """As text, with as many decimals everywhere: two digits of the median standard error, or five
    of the largest number where there is none. A standard error that would be 0 by that has a digit
    of its own. Powers of ten are written as they are alone.

    >>> format_column([Estimate(-23.11945, 0.19296, 3, "seeds"), Estimate(-31.2, 1.26, 3, "seeds")])
    ['-23.12 ± 0.19', '-31.20 ± 1.26']
    """
    told = [(d, e) for e in estimates if e and (d := _decimals(e.mean, e.stderr)) is not None]
    of_stderr = [d for d, e in told if e.stderr]
    of_value = [d for d, e in told if not e.mean.is_integer()] or [0]
    most = max(min(of_value), min(FEWEST_ALONE, max(of_value)))
    if of_stderr:
        most = median_high(of_stderr)
    return ["–" if e is None else _format(e, most) for e in estimates]


def _format(estimate: Estimate, decimals: int) -> str:
    value, stderr = estimate.mean, estimate.stderr
    own = _decimals(value, stderr)
    if own is None:
        return format_number(value, stderr)
    if stderr and round(stderr, decimals) == 0:  # which would say that it is exact
        decimals = own - 1
    return f"{value:.{decimals}f}" + ("" if stderr is None else f" ± {stderr:.{decimals}f}")


def format_number(value: float | None, stderr: float | None = None) -> str:
    """Two significant digits of the standard error decide the digits; five of the value without.

    >>> format_number(-23.11945, 0.19296), format_number(-23.11945), format_number(3.0)
    ('-23.12 ± 0.19', '-23.119', '3')
    """
    if value is None:
        return "–"
    if not math.isfinite(value):
        return str(value)
    decimals = _decimals(value, stderr)
    if decimals is not None:
        return f"{value:.{decimals}f}" + ("" if stderr is None else f" ± {stderr:.{decimals}f}")
    if stderr is None:
        return f"{value:.5g}"
    if not math.isfinite(stderr):
        return f"{format_number(value)} ± {stderr:g}"
    if abs(value) < UNWIELDY:
        return f"{value:.8g} ± {stderr:.1e}"
    digits = _exponent(value) - _exponent(stderr) + 1 if stderr else MOST_DECIMALS
    return f"{value:.{min(max(digits, 1), MOST_DECIMALS)}e} ± {stderr:.1e}"


def _decimals(value: float, stderr: float | None) -> int | None:
    """How many, or none where powers of ten are to be written."""
    if not math.isfinite(value):
        return None
    if stderr:
        if not math.isfinite(stderr) or max(abs(value), stderr) >= UNWIELDY:
            return None
        decimals = max(0, 1 - _exponent(float(f"{stderr:.1e}")))  # of the rounded stderr
        return decimals if decimals <= MOST_DECIMALS else None
    if value.is_integer() and abs(value) < UNWIELDY**2:  # a count
        return 0
    if not 1 / UNWIELDY**0.5 <= abs(value) < UNWIELDY:
        return None
    return max(0, 4 - _exponent(value))


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value)))
