"""The random numbers of one training among several in a process."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from vae_exp.runtime.rng import get_rng_state, set_rng_state


class RandomStream:
    """Goes on where the global generators stand when it is made, and leaves them alone.

    ``generator`` is that of the device, which is ``cpu``'s own on the CPU.
    """

    def __init__(self, device: torch.device):
        self.device = device
        self.cpu = self.generator = torch.Generator()
        if device.type != "cpu":
            self.generator = torch.Generator(device)
        self._take(get_rng_state(device))

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Inside, what draws from the global generators draws from this."""
        states = {"cpu": self.cpu.get_state(), self.device.type: self.generator.get_state()}
        set_rng_state(states, self.device)
        yield
        self._take(get_rng_state(self.device))

    def _take(self, states: dict[str, torch.Tensor]) -> None:
        self.cpu.set_state(states["cpu"])
        self.generator.set_state(states[self.device.type])
