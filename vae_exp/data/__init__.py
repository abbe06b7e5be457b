"""Data sets: splits of tensors on the training device, batched by index. One set a file."""

import math
from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor
from torch.distributions import constraints

SPLITS = ("train", "validation", "test")
Binarize = Literal["none", "static", "dynamic", "threshold", "auto"]


class Data:
    """Images with integer grey levels, given out as floats in [0, 1] or as bits.

    Stored as bytes, on the device where they fit, and converted a batch at a time. Splits and fixed
    bits are drawn with the data set's own seed, so that runs with different seeds see the same
    data.

    Args:
        images: for each of ``SPLITS`` a tensor of uint8, (N, C, H, W).
        labels: for each of ``SPLITS`` a tensor of classes, (N,), or none where there are none.
            Nothing is trained on them.
        levels: the value that is 1.
        binarize: ``none``; ``threshold`` at ½; ``static``, one draw of x ~ Bernoulli(grey) for
            each image; ``dynamic``, a new draw in every training batch and one fixed draw for
            validation and test; ``auto``, dynamic where the likelihood needs bits, else none.
        seed: of splits and of fixed draws.
    Source: dynamic binarisation: Salakhutdinov and Murray 2008; Burda et al. 2015,
        arXiv 1509.00519.
    """

    def __init__(
        self,
        images: dict[str, Tensor],
        labels: dict[str, Tensor] | None,
        levels: int,
        binarize: Binarize,
        seed: int,
    ):
        self.images = images
        self.labels = labels
        self.levels = dict.fromkeys(SPLITS, levels)
        self.binarize = binarize
        self.seed = seed
        self.redrawn: tuple[str, ...] = ()
        self.device = torch.device("cpu")  # where batches are given out

    @property
    def shape(self) -> tuple[int, ...]:
        """X, the event shape."""
        return tuple(self.images["train"].shape[1:])

    @property
    def storage(self) -> torch.device:
        """Where the images are kept: on ``device``, or in memory."""
        return self.images["train"].device

    def size(self, split: str) -> int:
        """How many images the split has."""
        return len(self.images[split])

    def to(self, device: torch.device) -> "Data":
        """Give out batches on ``device`` from now on, and keep the images there if they fit."""
        self.device = device
        if sum(images.nbytes for images in self.images.values()) <= room(device):
            self.images = {split: x.to(device) for split, x in self.images.items()}
        return self

    def settle(self, support: constraints.Constraint) -> None:
        """Decide ``auto`` by the likelihood's support, then draw what is drawn only once."""
        if self.binarize == "auto":
            self.binarize = "dynamic" if support is constraints.boolean else "none"
        if self.binarize == "none":
            return
        self.redrawn = ("train",) if self.binarize == "dynamic" else ()
        generator = torch.Generator().manual_seed(self.seed)
        for split in SPLITS:
            if split not in self.redrawn:
                parts = (part / self.levels[split] for part in self.images[split].split(1000))
                bits = [self._bits(grey, generator) for grey in parts]
                self.images[split], self.levels[split] = torch.cat(bits), 1

    def shuffled(self, split: str) -> Tensor:
        """The indices of the split in random order, (N,)."""
        return torch.randperm(self.size(split)).to(self.storage)

    def batch(self, split: str, index: Tensor | slice) -> Tensor:
        """The data at ``index``: float, (B, X)."""
        images = self.images[split]
        # index_select copies whole rows, five times as fast as images[index] on a CPU
        x = images[index] if isinstance(index, slice) else images.index_select(0, index)
        if self.device.type == "cuda" and self.storage.type == "cpu":
            x = x.pin_memory()  # copied while the device still works on the last batch
        x = x.to(self.device, non_blocking=True).float().div_(self.levels[split])
        return x.bernoulli() if split in self.redrawn else x

    def batches(self, split: str, batch_size: int) -> Iterator[Tensor]:
        """The split in order, ``batch_size`` at a time: float, (B, X)."""
        for start in range(0, self.size(split), batch_size):
            yield self.batch(split, slice(start, start + batch_size))

    def _bits(self, grey: Tensor, generator: torch.Generator) -> Tensor:
        bits = grey > 0.5 if self.binarize == "threshold" else grey.bernoulli(generator=generator)
        return bits.to(torch.uint8)


def room(device: torch.device) -> float:
    """How many bytes of data a device can keep beside a training: half of what is free."""
    return torch.cuda.mem_get_info(device)[0] / 2 if device.type == "cuda" else math.inf


def hold_out(index: Tensor, size: int, seed: int, key: str) -> tuple[Tensor, Tensor]:
    """Split off ``size`` entries at random, the same ones for the same seed: (rest, held out).

    Raises:
        ValueError: naming ``key``, where there are not that many.
    """
    if not 2 <= size <= len(index) - 2:  # a standard error needs two
        raise ValueError(f"{key}: expected a number from 2 to {len(index) - 2}, got {size}")
    order = torch.randperm(len(index), generator=torch.Generator().manual_seed(seed))
    return index[order[size:]], index[order[:size]]
