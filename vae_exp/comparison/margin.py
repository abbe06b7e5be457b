"""By how much one configuration is above another: paired by seed, or else by Welch's formula."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from vae_exp.comparison.statistics import estimate
from vae_exp.comparison.student_t import two_sided

FEWEST = 2  # values that have a standard error
ROUNDING = 1e-9  # relative


@dataclass(frozen=True)
class Margin:
    """A difference of means.

    Args:
        mean: of the differences.
        stderr: of that mean.
        dof: degrees of freedom of the standard error.
        seeds: how many are paired, None where none are.
    """

    mean: float
    stderr: float
    dof: float
    seeds: int | None

    @property
    def p(self) -> float:
        """How probable one as large is where there is none; two-sided, by Student's t.

        1 where all numbers are equal but for rounding, which says nothing of what seeds do:
        differences between shares of a few data often are.
        """
        if self.stderr <= ROUNDING * abs(self.mean):
            return 1.0
        return two_sided(self.mean / self.stderr, self.dof)


def margin(one: Mapping[str, float], other: Mapping[str, float]) -> Margin | None:
    """What one has more than the other.

    Paired over the seeds that both have, d̄ ± s_d/√n, for such runs share what the seed decides;
    with fewer than two of these Welch's, ± √(s₁²/n₁ + s₂²/n₂).

    Args:
        one, other: a number for each seed.

    Returns:
        None where there are too few numbers for a standard error, or one is not finite.
    """
    common = [seed for seed in one if seed in other]
    if len(common) >= FEWEST:
        found = _paired([one[seed] - other[seed] for seed in common])
    elif min(len(one), len(other)) >= FEWEST:
        found = _welch(list(one.values()), list(other.values()))
    else:
        return None
    return found if math.isfinite(found.mean) and math.isfinite(found.stderr) else None


def _paired(differences: list[float]) -> Margin:
    found = estimate(differences)
    return Margin(found.mean, found.stderr, found.n - 1, found.n)


def _welch(one: list[float], other: list[float]) -> Margin:
    """ν = (v₁ + v₂)² / (v₁²/(n₁ − 1) + v₂²/(n₂ − 1)), v = s²/n (Welch 1947)."""
    a, b = estimate(one), estimate(other)
    stderr = math.hypot(a.stderr, b.stderr)
    dof = a.n + b.n - 2
    if 0 < stderr < math.inf:
        shares = [(e.stderr / stderr) ** 4 / (e.n - 1) for e in (a, b)]
        dof = 1 / sum(shares)
    return Margin(a.mean - b.mean, stderr, dof, None)
