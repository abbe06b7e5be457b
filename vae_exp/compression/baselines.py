"""What programs that know nothing of a model make of the same data."""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable, Iterator

import numpy
from PIL import Image

from vae_exp.evaluation.progress import Progress, silent

BYTES = 2**22  # that are looked at together
MOSAIC = 2**28  # bytes of one picture at most


def baselines(symbols: numpy.ndarray, progress: Progress = silent) -> dict[str, int]:
    """How many bytes the data (N, X) take, by the name of who packs them.

    gzip, bz2 and lzma pack the plain bytes in one piece; of bits they pack both a byte and a bit
    each, and the smaller counts. PNG packs images of bits or of 8 bits: ``png`` each into a file of
    its own, ``png_mosaic`` all of them below each other in one.
    """
    found = {}
    for name, pack in PACKERS.items():
        progress(name, 0)
        found[name] = min(pack(pieces) for pieces in _plain(symbols))
    if symbols.ndim == 4 and symbols.dtype == numpy.uint8 and symbols.shape[1] in (1, 3):
        progress("png", 0)
        bits = symbols.max() <= 1
        found["png"] = sum(_png(image, bits) for image in symbols)
        if symbols.nbytes <= MOSAIC:
            found["png_mosaic"] = _png(numpy.concatenate([*symbols], 1), bits)
    return found


def plain_bytes(symbols: numpy.ndarray) -> int:
    """How many bytes they take as they are, bits as bits."""
    return -(-symbols.size // 8) if symbols.max() <= 1 else symbols.nbytes


def _plain(symbols: numpy.ndarray) -> Iterator[Callable[[], Iterator[bytes]]]:
    """The ways to write the data down, each in pieces."""
    count = max(1, BYTES // max(1, symbols[0].nbytes))
    count += -count % 8  # whole bytes, when they are bits
    starts = range(0, len(symbols), count)
    yield lambda: (symbols[start : start + count].tobytes() for start in starts)
    if symbols.max() <= 1:
        yield lambda: (numpy.packbits(symbols[start : start + count]).tobytes() for start in starts)


def _packed_size(compressor, pieces: Callable[[], Iterator[bytes]]) -> int:
    return sum(len(compressor.compress(piece)) for piece in pieces()) + len(compressor.flush())


PACKERS = {
    "gzip": lambda pieces: _packed_size(zlib.compressobj(9, wbits=31), pieces),
    "bz2": lambda pieces: _packed_size(bz2.BZ2Compressor(9), pieces),
    "lzma": lambda pieces: _packed_size(lzma.LZMACompressor(), pieces),
}


def _png(image: numpy.ndarray, bits: bool) -> int:
    """The bytes of a file of an image (C, H, W)."""
    pixels = image.transpose(1, 2, 0) * (255 if bits else 1)
    picture = Image.fromarray(pixels.squeeze(-1) if len(image) == 1 else pixels)
    file = io.BytesIO()
    (picture.convert("1") if bits and len(image) == 1 else picture).save(file, "PNG", optimize=True)
    return file.tell()
