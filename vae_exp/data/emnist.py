"""EMNIST."""

from pathlib import Path
from typing import Literal

from torch import Tensor

from vae_exp.data import Binarize
from vae_exp.data.torchvision_images import TorchvisionImages, read

Split = Literal["byclass", "bymerge", "balanced", "letters", "digits", "mnist"]


class EMNIST(TorchvisionImages):
    """Handwritten letters and digits of 28×28 pixels, upright: the files have them transposed.

    Args:
        split: which of the sets: ``balanced``, 131600 images in 47 classes; ``letters``, 145600 in
            26, numbered from 1; ``digits``, 280000 in 10; ``mnist``, 70000 in 10; ``byclass`` and
            ``bymerge``, all 814255 in 62 and 47.
        root, validation_size, levels, binarize, dequantize, seed: see ``TorchvisionImages``.

    Source: Cohen et al. 2017, arXiv 1702.05373.
    """

    dataset = "EMNIST"

    def __init__(
        self,
        root: str,
        split: Split,
        validation_size: int,
        levels: int,
        binarize: Binarize,
        dequantize: bool,
        seed: int,
    ):
        self.split = split
        super().__init__(root, validation_size, levels, binarize, dequantize, seed)

    def _load(self, folder: Path, train: bool) -> tuple[Tensor, Tensor]:
        part = read("EMNIST", folder, "EMNIST/raw", split=self.split, train=train)
        return part.data.mT.unsqueeze(1).contiguous(), part.targets
