"""The UCI handwritten digits, shipped with the package."""

import gzip
from pathlib import Path

import numpy
import torch

from vae_exp.data import Binarize
from vae_exp.data.held_out import three_splits
from vae_exp.data.images import Images, check_levels


class Digits(Images):
    """1797 images of 8×8 pixels with 17 grey levels, by 13 writers.

    Args:
        validation_size, test_size: how many images to hold out.
        levels: 16.
        binarize, dequantize, seed: see ``Images``.

    Raises:
        ValueError: a size out of range, or other levels.
    Source: Alpaydin and Kaynak 1998, "Optical Recognition of Handwritten Digits", UCI,
        doi 10.24432/C50P49, CC BY 4.0; here their test set.
    """

    def __init__(
        self,
        validation_size: int,
        test_size: int,
        levels: int,
        binarize: Binarize,
        dequantize: bool,
        seed: int,
    ):
        check_levels(levels, own=16)
        with gzip.open(Path(__file__).with_name("digits.csv.gz"), "rt") as file:
            rows = numpy.loadtxt(file, delimiter=",", dtype=numpy.uint8)
        images = torch.from_numpy(rows[:, :-1]).reshape(-1, 1, 8, 8)
        labels = torch.from_numpy(rows[:, -1])
        splits = three_splits(len(rows), validation_size, test_size, seed)
        super().__init__(
            {split: images[index] for split, index in splits.items()},
            {split: labels[index] for split, index in splits.items()},
            levels,
            binarize,
            dequantize,
            seed,
        )
