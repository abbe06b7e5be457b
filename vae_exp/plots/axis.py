"""From numbers to places along an axis, and the numbers that are written there."""

import math
from dataclasses import dataclass

import numpy

from vae_exp.plots.labels import with_minus

STEPS = (1, 2, 2.5, 5, 10)  # between two ticks, times a power of 10
PLAIN = 1e-4, 1e6  # sizes of numbers that are written without a power of 10, as there is room
DIGITS = 1e-6  # the share of a number that is lost in single precision, about


def same(low: float, high: float) -> bool:
    """Whether two numbers are one, but for rounding."""
    return abs(high - low) <= DIGITS * max(abs(low), abs(high))


@dataclass(frozen=True)
class Axis:
    """The range that an axis shows.

    Args:
        log: whether equal ratios are equally long, of positive numbers.
        whole: whether it counts, and so has no ticks between whole numbers.
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def share(self, values: numpy.ndarray) -> numpy.ndarray:
        """How much of the way from low to high each value lies."""
        if self.log:
            values, low, high = numpy.log(values), math.log(self.low), math.log(self.high)
        else:
            low, high = self.low, self.high
        return (values - low) / (high - low)

    def ticks(self, most: int) -> dict[float, str]:
        """Round numbers within the range, about so many at most, and how they are written."""
        if self.log:
            first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
            apart = max(1, math.ceil((last - first + 1) / most))
            return {
                10.0**power: with_minus(f"{10.0**power:g}")
                for power in range(first, last + 1, apart)
            }
        apart = (self.high - self.low) / most
        power = 10 ** math.floor(math.log10(apart))
        step = next(size * power for size in STEPS if size * power >= apart * (1 - 1e-9))
        if self.whole:
            step = max(1, math.ceil(step))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return {i * step: self._written(i * step, step) for i in range(first, last + 1)}

    def _written(self, value: float, step: float) -> str:
        if value and not PLAIN[0] <= max(abs(self.low), abs(self.high)) < PLAIN[1]:
            return with_minus(f"{value:.3g}")
        decimals = next(d for d in range(12) if round(step, d) == step or d == 11)
        return with_minus(f"{value:,.{decimals}f}")
