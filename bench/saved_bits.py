"""Binarised images in a file, the same for every system."""

from pathlib import Path

import numpy
import torch

from vae_exp.configuration.compose import compose
from vae_exp.data import SPLITS, Binarize, Data
from vae_exp.experiment import build_data


class SavedBits(Data):
    """A data set of vae_exp from such a file.

    Args:
        file: an .npz with a uint8 array (N, 1, 28, 28) for each split.
    """

    def __init__(self, file: str, binarize: Binarize, seed: int):
        with numpy.load(file) as arrays:
            images = {split: torch.from_numpy(arrays[split]) for split in SPLITS}
        super().__init__(images, None, 1, binarize, seed)


def save_mnist(root: str, file: Path) -> None:
    """Write MNIST, binarised once, 50,000 / 10,000 / 10,000."""
    data = build_data(compose("data=mnist", "data.binarize=static", f"data.root={root}").data)
    data.setup(None)
    numpy.savez(file, **{split: data.values[split].numpy() for split in SPLITS})
