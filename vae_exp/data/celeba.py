"""CelebA, faces in 64×64."""

from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from vae_exp.data import SPLITS, Binarize
from vae_exp.data.decoded_images import decoded_images
from vae_exp.data.file_images import FileImages
from vae_exp.data.image_decoding import Decoding
from vae_exp.data.image_files import ImageFiles, listed
from vae_exp.data.images import check_levels

WIDTH = 178  # pixels of the aligned images, which are 218 high
PARTITION, ATTRIBUTES, IMAGES = (
    "list_eval_partition.txt",
    "list_attr_celeba.txt",
    "img_align_celeba",
)
SOURCE = "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html"

Attribute = Literal[
    *("5_o_Clock_Shadow", "Arched_Eyebrows", "Attractive", "Bags_Under_Eyes", "Bald", "Bangs"),
    *("Big_Lips", "Big_Nose", "Black_Hair", "Blond_Hair", "Blurry", "Brown_Hair", "Bushy_Eyebrows"),
    *("Chubby", "Double_Chin", "Eyeglasses", "Goatee", "Gray_Hair", "Heavy_Makeup"),
    *("High_Cheekbones", "Male", "Mouth_Slightly_Open", "Mustache", "Narrow_Eyes", "No_Beard"),
    *("Oval_Face", "Pale_Skin", "Pointy_Nose", "Receding_Hairline", "Rosy_Cheeks", "Sideburns"),
    *("Smiling", "Straight_Hair", "Wavy_Hair", "Wearing_Earrings", "Wearing_Hat"),
    *("Wearing_Lipstick", "Wearing_Necklace", "Wearing_Necktie", "Young"),
]


class CelebA(FileImages):
    """The aligned photographs of 10177 people, 202599 in all, in the published split: 162770 for
    training, 19867 for validation, 19962 for testing, no person in two of them.

    Of the 178×218 pixels a square in the middle is taken and made smaller. Its side is not the same
    in all papers: 140 is that of Tolstikhin et al., 148 that of many programs; numbers compare only
    where it is the same.

    Args:
        root: the folder that has celeba/img_align_celeba with the images, and beside it the list of
            the split, and of the attributes where one is asked for; ``~`` is the home folder.
        size: pixels of a side.
        crop: pixels of a side of what is taken.
        attribute: the label, 1 where the face has it and 0 where it has not; none without.
        cache: the folder in which the decoded images are kept, see ``decoded_images``.
        levels: 255.
        binarize, dequantize, seed: see ``Images``.

    Raises:
        ValueError: files are missing in ``root``, a size out of range, no place for the decoded
            images, or other levels.
    Source: Liu et al. 2015, arXiv 1411.7766; crop: Tolstikhin et al. 2018, arXiv 1711.01558, by
        their program.
    """

    def __init__(
        self,
        root: str,
        size: int,
        crop: int,
        attribute: Attribute | None,
        cache: str,
        levels: int,
        binarize: Binarize,
        dequantize: bool,
        seed: int,
    ):
        check_levels(levels, own=255)
        if not 1 <= crop <= WIDTH:
            raise ValueError(
                f"data.crop: expected a number of pixels from 1 to {WIDTH}, got {crop}"
            )
        decoding = Decoding(size, "crop", "rgb", window=crop)
        folder = Path(root).expanduser().absolute() / "celeba"
        split_of = _partition(folder)
        has = None if attribute is None else _attribute(folder, attribute)
        files = _files(folder, list(split_of))
        decoded = decoded_images(files, decoding, Path(cache).expanduser())
        parts = torch.tensor([split_of[name] for name in decoded.names])
        index = {split: (parts == number).nonzero()[:, 0] for number, split in enumerate(SPLITS)}
        for split, rows in index.items():
            if len(rows) < 2:
                raise ValueError(
                    f"data.root: expected two images or more for {split}, of {folder / PARTITION}, "
                    f"got {len(rows)}"
                )
        labels, class_names = None, []
        if has is not None:
            labels = _labels(has, decoded.names, folder)
            class_names = [f"not {attribute}", attribute]
        super().__init__(decoded, index, labels, class_names, binarize, dequantize, seed)


def _partition(folder: Path) -> dict[str, int]:
    """The number of the split of each image, by its name."""
    lines = _lines(folder, PARTITION)
    words = [line.split() for line in lines]
    if not words or not all(len(line) == 2 and line[1] in ("0", "1", "2") for line in words):
        raise ValueError(
            f"data.root: expected lines such as '000001.jpg 0' in {folder / PARTITION}, got other "
            "ones; copy it again"
        )
    return {name: int(number) for name, number in sorted(words)}


def _attribute(folder: Path, attribute: str) -> dict[str, bool]:
    """Whether an image has it, by its name."""
    lines = _lines(folder, ATTRIBUTES)
    names = lines[1].split() if len(lines) > 1 else []
    words = [line.split() for line in lines[2:]]
    if attribute not in names or not all(len(line) == len(names) + 1 for line in words):
        raise ValueError(
            f"data.root: expected the attributes of CelebA in {folder / ATTRIBUTES}, {attribute} "
            "among them, got other content; copy it again"
        )
    column = names.index(attribute) + 1
    return {line[0]: line[column] == "1" for line in words}


def _labels(has: dict[str, bool], names: list[str], folder: Path) -> Tensor:
    unknown = [name for name in names if name not in has]
    if unknown:
        raise ValueError(
            f"data.root: expected a line for each image in {folder / ATTRIBUTES}, found none for "
            f"{listed(unknown)}; copy it again"
        )
    return torch.tensor([int(has[name]) for name in names])


def _files(folder: Path, names: list[str]) -> ImageFiles:
    """The image files, all of which are there."""
    images = folder / IMAGES
    if not images.is_dir():
        raise _missing(folder, f"{IMAGES}/")
    files = ImageFiles(images, "data.root")
    for name in names:
        files.add(name)
    if files.broken:
        raise ValueError(
            f"data.root: expected all {len(names):,} images of {PARTITION} in {images}, found "
            f"{len(files.broken):,} missing: {listed(files.broken)}; copy them again"
        )
    return files


def _lines(folder: Path, name: str) -> list[str]:
    try:
        return (folder / name).read_text().splitlines()
    except FileNotFoundError as error:
        raise _missing(folder, name) from error
    except (OSError, ValueError) as error:
        raise ValueError(
            f"data.root: expected {folder / name} to read, got {error}; copy it again"
        ) from error


def _missing(folder: Path, name: str) -> ValueError:
    archive = f"{IMAGES}.zip"
    if name.startswith(IMAGES) and (folder / archive).exists():
        way = f"unpack {archive}, which is there"
    else:
        way = f"get it from {SOURCE}, or set data.root to the folder that has celeba/"
    return ValueError(
        f"data.root: expected {IMAGES}/ and {PARTITION}, for data.attribute also {ATTRIBUTES}, in "
        f"{folder}, found no {name}; {way}"
    )
