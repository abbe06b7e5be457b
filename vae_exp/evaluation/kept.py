"""What a long evaluation has found so far, so that it can be stopped and go on."""

from typing import Any

from torch import Tensor


class Kept:
    """Results by the name of what they are of, and the states of what is under way; in memory.

    A subclass writes them somewhere, in ``save``, and says how often, in ``due``. ``finished`` are
    the results of each part, tensors by their names; ``under_way`` the states of the part that is
    not finished.
    """

    def __init__(self) -> None:
        self.finished: dict[str, dict[str, Tensor]] = {}
        self.under_way: dict[str, Any] = {}

    def due(self) -> bool:
        """Whether it is time to write a state down."""
        return False

    def save(self) -> None:
        """Write all of it down."""

    def finish(self, part: str, results: dict[str, Tensor]) -> None:
        """A part is finished, with these on the CPU, and its states are not needed any more."""
        self.finished[part] = results
        self.under_way = {}
        self.save()
