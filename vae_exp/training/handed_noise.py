"""A model's random draws, made outside of it: each seed's from its own generator."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

# what draws numbers that do not depend on the model, and the method that fills a tensor with them
FILLS = {
    torch.Tensor.normal_: "normal_",
    torch.Tensor.uniform_: "uniform_",
    torch.Tensor.exponential_: "exponential_",
    torch.randn: "normal_",
    torch.randn_like: "normal_",
    torch.rand: "uniform_",
    torch.rand_like: "uniform_",
}
IN_PLACE = {func for func in FILLS if func.__name__.endswith("_")}


@dataclass(frozen=True)
class Draw:
    """A tensor of this shape filled by this method of torch's, with these numbers."""

    fill: str
    shape: torch.Size
    dtype: torch.dtype
    numbers: tuple[float, ...]
    named: tuple[tuple[str, float], ...]

    def __call__(self, generators: Iterable[torch.Generator]) -> Tensor:
        """One for each generator, (S, shape), as the model would draw it from that alone."""
        return torch.stack([self._one(generator) for generator in generators])

    def _one(self, generator: torch.Generator) -> Tensor:
        empty = torch.empty(self.shape, dtype=self.dtype, device=generator.device)
        return getattr(empty, self.fill)(*self.numbers, **dict(self.named), generator=generator)


class RecordedDraws(TorchFunctionMode):
    """Inside, ``draws`` is what is drawn, in this order; all else that is random is not in it."""

    def __init__(self):
        super().__init__()
        self.draws: list[Draw] = []

    def __torch_function__(self, func, types, args=(), kwargs=None) -> Any:
        kwargs = kwargs or {}
        drawn = func(*args, **kwargs)
        if func in FILLS:
            numbers = (args[1:], tuple(kwargs.items())) if func in IN_PLACE else ((), ())
            self.draws.append(Draw(FILLS[func], drawn.shape, drawn.dtype, *numbers))
        return drawn


class HandedNoise(TorchFunctionMode):
    """Inside, a draw gives the next of these tensors, that of one seed where vmap runs over S."""

    def __init__(self, noises: Iterable[Tensor]):
        super().__init__()
        self.noises = iter(noises)

    def __torch_function__(self, func, types, args=(), kwargs=None) -> Any:
        return next(self.noises) if func in FILLS else func(*args, **(kwargs or {}))
