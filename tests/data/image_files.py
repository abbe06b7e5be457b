"""Image files for tests."""

import numpy
from PIL import Image


def levels(number, height=12, width=10, channels=3):
    """Levels of an image of its own, (H, W, 3), or (H, W) where it has one channel."""
    random = numpy.random.default_rng(number)
    shape = (height, width) if channels == 1 else (height, width, channels)
    return random.integers(0, 256, shape, dtype=numpy.uint8)


def write(file, number, **size):
    """A file of such an image; a lossless one keeps the levels."""
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(levels(number, **size)).save(file)


def write_all(folder, *names, **size):
    """Files of as many images, each of its own."""
    for number, name in enumerate(names):
        write(folder / name, number, **size)
