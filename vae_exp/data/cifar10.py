"""CIFAR-10."""

from pathlib import Path

import torch
from torch import Tensor

from vae_exp.data.torchvision_images import TorchvisionImages, read


class CIFAR10(TorchvisionImages):
    """60000 photographs of 3×32×32 values in 10 classes, 10000 of them for testing.

    Source: Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images".
    """

    dataset = "CIFAR10"

    def _load(self, folder: Path, train: bool) -> tuple[Tensor, Tensor]:
        part = read("CIFAR10", folder, "cifar-10-batches-py", train=train)
        images = torch.from_numpy(part.data).movedim(-1, 1).contiguous()
        return images, torch.tensor(part.targets)
