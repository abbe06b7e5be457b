"""Street View House Numbers."""

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from vae_exp.data.torchvision_images import TorchvisionImages, read


class SVHN(TorchvisionImages):
    """99289 photographs of digits of 3×32×32 values, 26032 of them for testing.

    The 531131 easier images of the set's ``extra`` part are not used.

    Raises:
        ValueError: scipy, which reads the files, is not there; and see ``TorchvisionImages``.
    Source: Netzer et al. 2011, "Reading Digits in Natural Images with Unsupervised Feature
        Learning".
    """

    dataset = "SVHN"

    def _load(self, folder: Path, train: bool) -> tuple[Tensor, Tensor]:
        if find_spec("scipy") is None:
            raise ValueError("data: expected scipy, which reads SVHN, got none; pip install scipy")
        name = "train" if train else "test"
        part = read("SVHN", folder, f"{name}_32x32.mat", split=name)
        return torch.from_numpy(part.data).contiguous(), torch.from_numpy(part.labels)
