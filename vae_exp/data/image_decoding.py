"""From an image file to bytes of one shape."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy

if TYPE_CHECKING:
    from PIL.Image import Image

Fit = Literal["crop", "stretch"]
Channels = Literal["auto", "grey", "rgb"]

# what Pillow opens but has no pixels of itself: it would run Ghostscript, or knows the name alone
NO_PIXELS = ("EPS", "MPEG", "BUFR", "GRIB", "HDF5", "WMF")
# how many times as large as asked for an image stays when it is made smaller the fast way first;
# from 3 on nothing is seen of that, says Pillow's documentation
REDUCING_GAP = 3.0
LARGEST = 1024  # pixels of a side
LONGEST = 100  # characters of a reason


@dataclass(frozen=True)
class Decoding:
    """How files become arrays: ``decoding(file)`` is of uint8, (C, size, size).

    The first frame, turned as its EXIF orientation says. 16-bit greys are rounded to 8 bits, 32-bit
    ones are taken as of 8 or 16, palettes looked up, what is transparent lies on white, CMYK
    becomes RGB.

    Args:
        size: pixels of a side.
        fit: ``crop`` takes the largest square in the middle, ``stretch`` all of the image, whatever
            its proportions.
        channels: ``grey``, ``rgb``, or ``auto``, which here is ``rgb``.
        window: of the image only a square of so many pixels in the middle is looked at, or null.

    Raises:
        ValueError: the size is out of range.
        Exception: the file is no image, or a broken one, in Pillow's many words.
    """

    size: int
    fit: Fit
    channels: Channels
    window: int | None = None

    def __post_init__(self):
        if not 1 <= self.size <= LARGEST:
            raise ValueError(
                f"data.size: expected a number of pixels from 1 to {LARGEST}, got {self.size}"
            )

    def __call__(self, file: Path) -> numpy.ndarray:
        from PIL import Image, ImageOps

        with Image.open(file, formats=formats()) as image:
            if self.window is None:  # a JPEG file can be decoded to a half, a quarter or an eighth
                image.draft(None, (round(REDUCING_GAP * self.size),) * 2)
            image.load()
            upright = _eight_bits(ImageOps.exif_transpose(image), image.format)
        # not by resize's box, which lets what is around it in
        small = upright.crop(self._box(upright)).resize(
            (self.size, self.size), Image.Resampling.LANCZOS, reducing_gap=REDUCING_GAP
        )
        if small.mode == "RGBA":
            paper = Image.new("RGBA", small.size, "white")
            small = Image.alpha_composite(paper, small)
        levels = numpy.asarray(small.convert("L" if self.channels == "grey" else "RGB"))
        return numpy.ascontiguousarray(numpy.atleast_3d(levels).transpose(2, 0, 1))

    def __str__(self) -> str:
        part = {
            "crop": "the largest square in the middle",
            "stretch": "all of each, whatever its proportions",
        }
        key = f" (data.fit={self.fit})" if self.window is None else ""  # else nobody chose it
        return f"{part[self.fit]}{key} as {self.size}×{self.size} pixels"

    def _box(self, image: "Image") -> tuple[int, int, int, int]:
        """Which part of the image is taken: left, top, right, bottom."""
        width, height = image.size
        if self.window is not None:
            width, height = min(width, self.window), min(height, self.window)
        if self.fit == "crop":
            width = height = min(width, height)
        left, top = (image.size[0] - width) // 2, (image.size[1] - height) // 2
        return left, top, left + width, top + height


@cache
def formats() -> tuple[str, ...]:
    """Pillow's names of what can be decoded."""
    from PIL import Image

    Image.init()
    return tuple(name for name in Image.ID if name in Image.OPEN and name not in NO_PIXELS)


@cache
def suffixes() -> frozenset[str]:
    """How the names of such files end, in small letters."""
    from PIL import Image

    known = formats()
    return frozenset(s for s, name in Image.registered_extensions().items() if name in known)


def reason(error: Exception) -> str:
    """Why a file could not be decoded, in Pillow's words, or better ones."""
    if type(error).__name__ == "UnidentifiedImageError":  # its words are the path once more
        return "not an image"
    words = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= LONGEST else f"{words[:LONGEST]} ..."


def _eight_bits(image: "Image", format: str | None) -> "Image":
    """The same as L, RGB, or RGBA where there is transparency."""
    from PIL import Image

    if image.mode.startswith("I"):  # 16 bits, which some formats give as 32
        levels = numpy.asarray(image).astype(numpy.int64)
        if levels.min() < 0 or levels.max() > 65535:
            raise ValueError(f"levels from {levels.min()} to {levels.max()}, beyond 16 bits")
        # programs also write 8 bits as 32, into TIFF, in which 16 have a mode of their own
        small = image.mode == "I" and format == "TIFF" and levels.max() <= 255
        grey = Image.fromarray((levels if small else (levels + 128) // 257).astype(numpy.uint8))
        if "transparency" not in image.info:
            return grey
        opaque = levels != image.info["transparency"]
        grey.putalpha(Image.fromarray((255 * opaque).astype(numpy.uint8)))
        return grey.convert("RGBA")
    if image.mode == "F":
        raise ValueError("floating-point numbers, of which none is known to be white")
    if image.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")
