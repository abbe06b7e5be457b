"""What a part of an evaluation does where all of its sample would take too long."""

from collections.abc import Callable
from time import process_time, thread_time
from typing import Literal

import torch

from vae_exp.runtime.rng import isolate_rng

FIRST = 16  # data that a part is tried on to begin with
LEAST = 32  # below that, the numbers would say nothing
ENOUGH = 20  # a trial of a twentieth of the time there is says how long the whole takes
SECONDS = 2.0  # of each part, if nobody says how many
SHARE = 0.1  # ... or this share of what the training took, where that is more

Seconds = float | Literal["auto"] | None


class Budget:
    """The time that each part of an evaluation has.

    A part that fits into it is not touched. One that would take longer takes half of its sample, a
    quarter, and so on; ``reduced`` names it, with how many it took. The time is that of this
    process's own work, whatever else the machine does. Still it is the machine's: what would take
    twice the time here may fit on another one, and then the two evaluate this part on other data.

    Args:
        seconds: for each part, or none for as long as it takes; ``auto`` for two seconds, or a
            tenth of what the training took where that is more.
        device: which works.
        trained: seconds that the training took.
    """

    def __init__(self, seconds: Seconds, device: torch.device, trained: float = 0.0):
        self.seconds = max(SECONDS, SHARE * trained) if seconds == "auto" else seconds
        self.device = device
        self.reduced: list[str] = []

    def affordable(
        self,
        part: str,
        size: int,
        work: Callable[[int], object],
        power: int = 1,
        *,
        times: float = 1.0,
        least: int = LEAST,
        first: int = FIRST,
    ) -> int:
        """How many of ``size`` data, or samples, a part may take.

        What n of them take is tried for small n.

        Args:
            part: its name.
            work: does the part on so many, with random numbers of its own.
            power: the time goes with this power of their number.
            times: how often the part does that work.
            least: that it takes, however long they take.
            first: to try it on.
        """
        if self.seconds is None:
            return size
        tried = min(first, size)
        whole = self._time(work, tried) * times * (size / tried) ** power
        # what there is to do but once weighs too much in a small trial: a larger one, if in doubt
        while whole > self.seconds and tried < size:
            tried = min(2 * tried, size)
            spent = self._time(work, tried)
            whole = spent * times * (size / tried) ** power
            if spent > self.seconds / ENOUGH:
                break
        part_of_it = size
        while whole > self.seconds and part_of_it // 2 >= least:
            part_of_it, whole = part_of_it // 2, whole / 2**power
        if part_of_it < size:
            self.reduced.append(f"{part} {part_of_it} of {size}")
        return part_of_it

    def _time(self, work: Callable[[int], object], size: int) -> float:
        with isolate_rng(self.device):
            begun, all_begun = thread_time(), process_time()
            work(size)
            if self.device.type == "cuda":
                torch.cuda.synchronize(self.device)
            own, of_all = thread_time() - begun, process_time() - all_begun
        # while others work, as forests are grown by, this thread may wait
        return max(own, of_all / torch.get_num_threads())
