"""Grey image sets that torchvision reads and downloads."""

import logging
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from vae_exp.data import Binarize, Data, hold_out

if TYPE_CHECKING:
    from torchvision.datasets import VisionDataset

log = logging.getLogger(__name__)


class TorchvisionImages(Data):
    """A set of 8-bit images with a training and a test part; validation is held out of training.

    A subclass names the class of ``torchvision.datasets``.

    Args:
        root: the folder that has, or gets, the files; ``~`` is the home folder.
        validation_size: how many of the training images to hold out.
        binarize, seed: see ``Data``.

    Raises:
        ValueError: no files in ``root`` and no way to get them, or a size out of range.
    """

    dataset: str

    def __init__(self, root: str, validation_size: int, binarize: Binarize, seed: int):
        folder = Path(root).expanduser()
        images, labels = self._load(folder, train=True)
        train, validation = hold_out(
            torch.arange(len(images)), validation_size, seed, "data.validation_size"
        )
        test_images, test_labels = self._load(folder, train=False)
        super().__init__(
            {"train": images[train], "validation": images[validation], "test": test_images},
            {"train": labels[train], "validation": labels[validation], "test": test_labels},
            levels=255,
            binarize=binarize,
            seed=seed,
        )

    def _load(self, folder: Path, train: bool) -> tuple[Tensor, Tensor]:
        from torchvision import datasets  # heavy, and needed by these sets alone

        read = getattr(datasets, self.dataset)
        try:
            images = read(folder, train=train, download=False)
        except RuntimeError:  # torchvision's word for files that are not there
            images = self._download(read, folder, train)
        except (OSError, ValueError, AssertionError) as error:
            raise ValueError(
                f"data.root: expected the files of {self.dataset} in {folder}, got one that does "
                f"not read ({error}); delete {folder / self.dataset} to have it downloaded again"
            ) from error
        return images.data.unsqueeze(1), images.targets

    def _download(self, read: type, folder: Path, train: bool) -> "VisionDataset":
        log.info("downloading %s to %s", self.dataset, folder)
        timeout = socket.getdefaulttimeout()
        socket.setdefaulttimeout(15)  # a firewall that drops packets must not hang the run
        try:
            return read(folder, train=train, download=True)
        except (RuntimeError, OSError) as error:
            raise ValueError(
                f"data.root: expected the files of {self.dataset} in {folder / self.dataset}/raw, "
                f"found none and could not download them ({error}); copy them there, or set "
                "data.root to the folder that has them"
            ) from error
        finally:
            socket.setdefaulttimeout(timeout)
