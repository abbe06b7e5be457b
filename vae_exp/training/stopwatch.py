"""Where the time goes, told apart by name, without making the device wait."""

from time import perf_counter

import torch


class Stopwatch:
    """The seconds between two laps belong to the later one's name.

    A CUDA device works behind the program's back, so there a lap is an event in its queue, read
    when ``synchronize`` is called.

    Args:
        device: the one that does the work.
        seconds: what has been counted before, by name; more is added to it.
    """

    def __init__(self, device: torch.device, seconds: dict[str, float]):
        self.seconds = seconds
        self._on_device = device.type == "cuda"
        self._laps: list[tuple[str, float | torch.cuda.Event]] = []
        self.start()

    def start(self) -> None:
        """Leave out the time since the last lap."""
        self._laps.append(("", self._now()))

    def lap(self, name: str) -> None:
        self._laps.append((name, self._now()))

    def synchronize(self) -> None:
        """Add what was measured to ``seconds``, once the device has come that far."""
        if self._on_device:
            self._laps[-1][1].synchronize()
        for (_, before), (name, now) in zip(self._laps, self._laps[1:]):
            if name:
                passed = before.elapsed_time(now) / 1e3 if self._on_device else now - before
                self.seconds[name] = self.seconds.get(name, 0.0) + passed
        self._laps = self._laps[-1:]

    def _now(self) -> "float | torch.cuda.Event":
        if not self._on_device:
            return perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event
