"""Image sets that torchvision reads and downloads."""

import logging
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from vae_exp.data import Binarize
from vae_exp.data.held_out import hold_out
from vae_exp.data.images import Images, check_levels

if TYPE_CHECKING:
    from torchvision.datasets import VisionDataset

log = logging.getLogger(__name__)


class TorchvisionImages(Images):
    """A set of 8-bit images with a training and a test part; validation is held out of training.

    A subclass names the class of ``torchvision.datasets``, and says how its content is to be taken
    where that is not as in MNIST.

    Args:
        root: the folder that has, or gets, the files; ``~`` is the home folder.
        validation_size: how many of the training images to hold out.
        levels: 255.
        binarize, dequantize, seed: see ``Images``.

    Raises:
        ValueError: no files in ``root`` and no way to get them, a size out of range, or other
            levels.
    """

    dataset: str

    def __init__(
        self,
        root: str,
        validation_size: int,
        levels: int,
        binarize: Binarize,
        dequantize: bool,
        seed: int,
    ):
        check_levels(levels, own=255)
        folder = Path(root).expanduser()
        images, labels = self._load(folder, train=True)
        train, validation = hold_out(
            torch.arange(len(images)), validation_size, seed, "data.validation_size"
        )
        test_images, test_labels = self._load(folder, train=False)
        super().__init__(
            {"train": images[train], "validation": images[validation], "test": test_images},
            {"train": labels[train], "validation": labels[validation], "test": test_labels},
            levels,
            binarize,
            dequantize,
            seed,
        )

    def _load(self, folder: Path, train: bool) -> tuple[Tensor, Tensor]:
        """The images (N, C, H, W) and labels (N,) of a part; here of files like MNIST's."""
        part = read(self.dataset, folder, f"{self.dataset}/raw", train=train)
        return part.data.unsqueeze(1), part.targets


def read(dataset: str, folder: Path, place: str, **part: Any) -> "VisionDataset":
    """A part of a set of ``torchvision.datasets``, downloaded to ``folder`` where it is not there.

    Args:
        place: where in ``folder`` its files are.
        part: the arguments of the dataset's class that say which part.

    Raises:
        ValueError: the files do not read, or are not there and cannot be downloaded.
    """
    from torchvision import datasets  # heavy, and needed by these sets alone

    kind = getattr(datasets, dataset)
    try:
        return kind(folder, download=False, **part)
    except RuntimeError:  # torchvision's word for files that are not there
        return _download(kind, folder, place, part)
    except (OSError, ValueError, AssertionError) as error:
        raise ValueError(
            f"data.root: expected the files of {dataset} in {folder}, got one that does "
            f"not read ({error}); delete {folder / place} to have it downloaded again"
        ) from error


def _download(kind: type, folder: Path, place: str, part: dict[str, Any]) -> "VisionDataset":
    log.info("downloading %s to %s", kind.__name__, folder)
    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(15)  # a firewall that drops packets must not hang the run
    try:
        return kind(folder, download=True, **part)
    except (RuntimeError, OSError) as error:
        reason = " ".join(str(error).split())  # in one line
        raise ValueError(
            f"data.root: expected the files of {kind.__name__} in {folder / place}, "
            f"found none and could not download them ({reason}); copy them there, or set "
            "data.root to the folder that has them"
        ) from error
    finally:
        socket.setdefaulttimeout(timeout)
