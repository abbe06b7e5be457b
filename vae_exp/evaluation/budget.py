"""What a part of an evaluation does where all of its data would take too long."""

from collections.abc import Callable
from time import thread_time

import torch

from vae_exp.runtime.rng import isolate_rng

FIRST = 16  # data that a part is tried on to begin with
LEAST = 32  # below that, the numbers would say nothing
ENOUGH = 20  # a trial of a twentieth of the time there is says how long the whole takes


class Budget:
    """The time that each part of an evaluation has.

    A part that fits into it is not touched. One that would take longer takes half of its data, a
    quarter, and so on; ``reduced`` names it, with how many it took. The time is that of this
    thread's own work, whatever else the machine does. Still it is the machine's: what would take
    twice the time here may fit on another one, and then the two evaluate this part on other data.

    Args:
        seconds: for each part, or none for as long as it takes.
        device: which works.
    """

    def __init__(self, seconds: float | None, device: torch.device):
        self.seconds = seconds
        self.device = device
        self.reduced: list[str] = []

    def affordable(
        self, part: str, size: int, work: Callable[[int], object], power: int = 1
    ) -> int:
        """How many of ``size`` data a part may take: what n of them take is tried for small n.

        Args:
            part: its name.
            work: does the part on so many data, with random numbers of its own.
            power: the time goes with this power of their number.
        """
        if self.seconds is None:
            return size
        tried = min(FIRST, size)
        whole = self._time(work, tried) * (size / tried) ** power
        # what there is to do but once weighs too much in a small trial: a larger one, if in doubt
        while whole > self.seconds and tried < size:
            tried = min(2 * tried, size)
            spent = self._time(work, tried)
            whole = spent * (size / tried) ** power
            if spent > self.seconds / ENOUGH:
                break
        part_of_it = size
        while whole > self.seconds and part_of_it // 2 >= LEAST:
            part_of_it, whole = part_of_it // 2, whole / 2**power
        if part_of_it < size:
            self.reduced.append(f"{part} {part_of_it} of {size}")
        return part_of_it

    def _time(self, work: Callable[[int], object], size: int) -> float:
        with isolate_rng(self.device):
            begun = thread_time()
            work(size)
            if self.device.type == "cuda":
                torch.cuda.synchronize(self.device)
            return thread_time() - begun
