"""An objective under test."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from vae_exp.checking.linear_gaussian import SAMPLES
from vae_exp.checking.verdict import Wrong
from vae_exp.objective import Objective, Terms


@dataclass
class Minimised:
    """An objective that can be built again.

    Args:
        build: ``build(samples)`` is the objective with so many samples.
    """

    build: Callable[[int], Objective]

    def part(self, samples: int = SAMPLES) -> Objective:
        return self.build(samples).double().eval()


def value(part: Objective, given: Terms) -> Tensor:
    """The scalar that it is.

    Raises:
        Wrong: it is none.
    """
    found = part(given)
    if not isinstance(found, Tensor) or found.shape != ():
        came = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        raise Wrong(f"expected a scalar tensor, the average over samples and batch, got {came}")
    if not found.isfinite():
        raise Wrong(f"expected a finite number, got {found.item()}")
    return found
