"""Images that are known by the names of their files."""

from functools import cached_property

from torch import Tensor

from vae_exp.data import Binarize
from vae_exp.data.decoded_images import DecodedImages
from vae_exp.data.images import Images
from vae_exp.data.mapped_rows import select


class FileImages(Images):
    """Images of 8 bits, each with the name of its file; many of them are not read into memory.

    Args:
        decoded: all images.
        index: for each of ``SPLITS`` which of them it has.
        labels: a class for each of all images, (N,), or none.
        class_names: what classes 0, 1, ... are called.
        binarize, dequantize, seed: see ``Images``.
    """

    def __init__(
        self,
        decoded: DecodedImages,
        index: dict[str, Tensor],
        labels: Tensor | None,
        class_names: list[str],
        binarize: Binarize,
        dequantize: bool,
        seed: int,
    ):
        self._names, self._index, self.class_names = decoded.names, index, class_names
        images = {split: select(decoded.x, rows) for split, rows in index.items()}
        if labels is not None:
            labels = {split: labels[rows] for split, rows in index.items()}
        super().__init__(images, labels, 255, binarize, dequantize, seed)

    @cached_property
    def ids(self) -> dict[str, list[str]]:
        """For each of ``SPLITS`` the names of the files, relative to the folder of them all."""
        return {
            split: [self._names[row] for row in rows.tolist()]
            for split, rows in self._index.items()
        }
