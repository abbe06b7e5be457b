"""Omniglot, in 28×28."""

from pathlib import Path

import numpy
import torch
from torch import Tensor

from vae_exp.data import Binarize
from vae_exp.data.held_out import hold_out, three_splits
from vae_exp.data.images import Images, check_levels
from vae_exp.data.torchvision_images import read

SIDE = 28

Part = tuple[Tensor, Tensor]  # images (N, 1, 28, 28), labels (N,)


class Omniglot(Images):
    """Handwritten characters of 50 alphabets, of 28×28 pixels, ink is 1; labels are alphabets.

    Where ``root`` has chardata.mat, of the repository yburda/iwae, these are the images of Burda et
    al. and their split, 24345 of which validation is held out and 8070 for testing, turned upright
    and rounded to 8 bits.

    Else these are torchvision's 32460 images of 105×105 pixels, averaged over areas of 3.75×3.75,
    of which tests are held out at random. That is **not** the preprocessing of Burda et al., nor
    their split: numbers resemble those of the literature, but do not compare with them to the nat.

    Args:
        root: the folder that has chardata.mat, or has or gets omniglot-py; ``~`` is home.
        validation_size: how many images to hold out of those that are not for testing.
        test_size: how many of torchvision's images to hold out; chardata.mat has its own.
        levels: 255.
        binarize, dequantize, seed: see ``Images``.

    Raises:
        ValueError: no files in ``root`` and no way to get them, a size out of range, or other
            levels.
    Source: Lake et al. 2015, "Human-level concept learning through probabilistic program
        induction"; Burda et al. 2015, arXiv 1509.00519.
    """

    def __init__(
        self,
        root: str,
        validation_size: int,
        test_size: int,
        levels: int,
        binarize: Binarize,
        dequantize: bool,
        seed: int,
    ):
        check_levels(levels, own=255)
        folder = Path(root).expanduser()
        file = folder / "chardata.mat"
        if file.exists():
            rest, test = _burdas(file)
            train, validation = hold_out(
                torch.arange(len(rest[0])), validation_size, seed, "data.validation_size"
            )
            parts = {"train": (rest, train), "validation": (rest, validation)}
            parts["test"] = (test, torch.arange(len(test[0])))
        else:
            whole = _torchvisions(folder)
            splits = three_splits(len(whole[0]), validation_size, test_size, seed)
            parts = {split: (whole, index) for split, index in splits.items()}
        super().__init__(
            {split: images[index] for split, ((images, _), index) in parts.items()},
            {split: labels[index] for split, ((_, labels), index) in parts.items()},
            levels,
            binarize,
            dequantize,
            seed,
        )


def _burdas(file: Path) -> tuple[Part, Part]:
    """Training and test images from chardata.mat, in which an image is a column, by columns."""
    try:
        from scipy.io import loadmat  # for this file alone
    except ImportError as error:
        raise ValueError(
            f"data: expected scipy, which reads {file}, got none; pip install scipy"
        ) from error
    try:
        content = loadmat(file)
        return (
            _upright(content["data"], content["target"]),
            _upright(content["testdata"], content["testtarget"]),
        )
    except Exception as error:  # scipy has many words for a file that is not one of MATLAB's
        raise ValueError(
            f"data.root: expected the chardata.mat of yburda/iwae, got {file}, which does not read "
            f"({error}); replace it, or remove it to use torchvision's images"
        ) from error


def _upright(columns: numpy.ndarray, one_hot: numpy.ndarray) -> Part:
    grey = torch.from_numpy(columns.T.copy()).reshape(-1, 1, SIDE, SIDE).mT
    images = (255 * grey).round().to(torch.uint8).contiguous()
    return images, torch.from_numpy(one_hot.argmax(0))


def _torchvisions(folder: Path) -> Part:
    """All images of the background and the evaluation set; some ten seconds."""
    from PIL import Image, ImageOps

    def ink(image: Image.Image) -> Tensor:
        small = ImageOps.invert(image).resize((SIDE, SIDE), Image.Resampling.BOX)
        return torch.from_numpy(numpy.array(small))

    images, names = [], []
    for background in (True, False):
        part = read("Omniglot", folder, "omniglot-py", background=background, transform=ink)
        try:
            for image, character in part:
                images.append(image)
                names.append(Path(part._characters[character]).parts[0])
        except OSError as error:
            raise ValueError(
                f"data.root: expected the files of Omniglot in {folder / 'omniglot-py'}, got one "
                f"that does not read ({error}); delete that folder to have it downloaded again"
            ) from error
    alphabets = sorted(set(names))
    return torch.stack(images).unsqueeze(1), torch.tensor([alphabets.index(n) for n in names])
