"""PNG files, read by Pillow."""

import io

import numpy
import pytest
from PIL import Image

from vae_exp.storage.png import encode_png


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (40, 7)])
def test_pixels_come_back(shape, grey):
    pixels = numpy.random.default_rng(0).integers(0, 256, (*shape, 3), numpy.uint8)
    if grey:
        pixels = pixels[..., :1].repeat(3, axis=-1)
    with Image.open(io.BytesIO(encode_png(pixels, 160))) as image:
        image.load()
        assert image.mode == ("L" if grey else "RGB")
        assert image.info["dpi"] == pytest.approx((160, 160), abs=0.01)
        assert (numpy.asarray(image.convert("RGB")) == pixels).all()
