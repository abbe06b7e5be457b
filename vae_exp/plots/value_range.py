"""From where to where values go."""

from torch import Tensor


def value_range(x: Tensor) -> tuple[float, float]:
    """The smallest and the largest finite value, never the same."""
    finite = x[x.isfinite()]
    if not len(finite):
        return 0.0, 1.0
    low, high = finite.min().item(), finite.max().item()
    return (low, high) if high > low else (low - 0.5, high + 0.5)
