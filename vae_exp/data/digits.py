"""The UCI handwritten digits, shipped with the package."""

import gzip
from pathlib import Path

import numpy
import torch

from vae_exp.data import Binarize, Data, hold_out


class Digits(Data):
    """1797 images of 8×8 pixels with 17 grey levels, by 13 writers.

    Args:
        validation_size, test_size: how many images to hold out.
        binarize, seed: see ``Data``.

    Raises:
        ValueError: a size out of range.
    Source: Alpaydin and Kaynak 1998, "Optical Recognition of Handwritten Digits", UCI,
        doi 10.24432/C50P49, CC BY 4.0; here their test set.
    """

    def __init__(self, validation_size: int, test_size: int, binarize: Binarize, seed: int):
        with gzip.open(Path(__file__).with_name("digits.csv.gz"), "rt") as file:
            rows = numpy.loadtxt(file, delimiter=",", dtype=numpy.uint8)
        images = torch.from_numpy(rows[:, :-1]).reshape(-1, 1, 8, 8)
        labels = torch.from_numpy(rows[:, -1])
        rest, test = hold_out(torch.arange(len(rows)), test_size, seed, "data.test_size")
        train, validation = hold_out(rest, validation_size, seed, "data.validation_size")
        splits = {"train": train, "validation": validation, "test": test}
        super().__init__(
            {split: images[index] for split, index in splits.items()},
            {split: labels[index] for split, index in splits.items()},
            levels=16,
            binarize=binarize,
            seed=seed,
        )
