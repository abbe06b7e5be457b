"""Student's t distribution: how probable a t as large as that is, where nothing differs."""

import math

MOST_TERMS = 10_000  # a few dozen are needed, some √dof where there are many seeds
SMALLEST = 1e-300  # in the place of a zero that would be divided by
PRECISION = 1e-15


def two_sided(t: float, dof: float) -> float:
    """P(|T| ≥ |t|) = I_x(ν/2, 1/2) with x = ν / (ν + t²).

    Args:
        t: a mean by its standard error, may be infinite.
        dof: ν > 0 degrees of freedom, need not be whole.
    """
    scaled = abs(t) / math.sqrt(dof)
    above = scaled * scaled  # t² / ν; infinite where t is very large
    if above == 0 or above == math.inf:
        return 1.0 if above == 0 else 0.0
    return _incomplete_beta(dof / 2, 0.5, 1 / (1 + above), 1 / (1 + 1 / above))


def _incomplete_beta(a: float, b: float, x: float, y: float) -> float:
    """I_x(a, b), regularised, with y = 1 − x: on that side where the fraction converges fast."""
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, y, x)
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    front = math.exp(a * math.log(x) + b * math.log(y) - log_beta) / a
    return front / _fraction(a, b, x)


def _fraction(a: float, b: float, x: float) -> float:
    """1 + d₁/(1 + d₂/(1 + ...)) (DLMF 8.17.22), from its front, by the method of Lentz."""
    value = upper = 1.0
    lower = 0.0
    for n in range(1, MOST_TERMS):
        m = n // 2
        over = m * (b - m) if n % 2 == 0 else -(a + m) * (a + b + m)
        d = over * x / ((a + n - 1) * (a + n))
        upper = 1 + d / upper or SMALLEST
        lower = 1 / (1 + d * lower or SMALLEST)
        value *= upper * lower
        if abs(upper * lower - 1) < PRECISION:
            break
    return value
