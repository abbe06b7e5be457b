"""Whether the numbers of a section are finite, of which the classes of torch ask less."""

import math

from omegaconf import DictConfig, ListConfig


def check_finite(section: DictConfig) -> None:
    """Look at the numbers of a section, and at those of its lists: nan is no less than 0 either.

    Raises:
        ValueError: one is not finite, naming the key.
    """
    for key, value in section.items():
        for number in value if isinstance(value, ListConfig) else [value]:
            if isinstance(number, float) and not math.isfinite(number):
                raise ValueError(
                    f"{section._get_full_key(key)}: expected a finite number, got {number}"
                )
