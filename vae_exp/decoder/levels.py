"""The values that grey levels take as numbers in [0, 1]."""

from torch import Tensor
from torch.distributions import constraints

TOLERANCE = 1e-3  # of a level: far above float32's rounding of k/L, far below dequantisation noise


class Levels(constraints.Constraint):
    """x in {0, 1/L, 2/L, ..., 1}, up to rounding.

    Args:
        levels: L, one less than the number of values; none where the data have no grey levels,
            which is refused.

    Raises:
        ValueError: L is none or not positive.
    """

    is_discrete = True

    def __init__(self, levels: int | None):
        if levels is None or levels < 1:
            raise ValueError(
                "decoder.levels: expected the grey level that is x = 1 (255 for images of 8 bits), "
                f"got {levels}; choose data with grey levels, or a decoder that needs none"
            )
        super().__init__()
        self.levels = levels

    def check(self, value: Tensor) -> Tensor:
        level = value * self.levels
        near = (level - level.round()).abs() < TOLERANCE
        return near & (level > -TOLERANCE) & (level < self.levels + TOLERANCE)

    def __repr__(self) -> str:
        return f"grey levels x = k/{self.levels} (decoder.levels) without data.dequantize"
