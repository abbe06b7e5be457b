"""One image file, of any format and mode."""

import os

import numpy
import pytest
from PIL import Image

from tests.data.image_files import levels
from vae_exp.data.image_decoding import Decoding, formats, suffixes

SAME = Decoding(12, "stretch", "rgb")  # of images of 12×12 pixels
RGB = levels(0, 12, 12)


def decoded(tmp_path, image, suffix="png", decoding=SAME, **options):
    image.save(tmp_path / f"a.{suffix}", **options)
    return decoding(tmp_path / f"a.{suffix}").transpose(1, 2, 0)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "ppm", "tga", "pcx", "sgi"])
def test_lossless_formats_keep_every_level(suffix, tmp_path):
    assert (decoded(tmp_path, Image.fromarray(RGB), suffix) == RGB).all()


@pytest.mark.parametrize("suffix", ["jpg", "webp"])
def test_others_are_near(suffix, tmp_path):
    flat = Image.new("RGB", (12, 12), (200, 100, 50))
    assert abs(decoded(tmp_path, flat, suffix).astype(int) - [200, 100, 50]).max() <= 4


def test_16_bits_are_rounded_to_8(tmp_path):
    deep = numpy.arange(0, 65536, 456, dtype=numpy.uint16)[:144].reshape(12, 12)
    for suffix in ("png", "tiff"):
        grey = decoded(tmp_path, Image.fromarray(deep), suffix)
        assert (grey == numpy.rint(deep / 65535 * 255)[..., None]).all()


def test_8_bits_that_are_written_as_32_stay(tmp_path):
    grey = decoded(tmp_path, Image.fromarray(RGB[..., 0].astype("i4")), "tiff")
    assert (grey == RGB[..., :1]).all()
    deep = Image.fromarray(numpy.full((12, 12), 217 * 257, "i4"))
    assert (decoded(tmp_path, deep, "tiff") == 217).all()


def test_palettes_are_looked_up(tmp_path):
    few = Image.fromarray(RGB).quantize(16)
    expected = numpy.asarray(few.convert("RGB"))
    for suffix in ("png", "gif"):
        assert (decoded(tmp_path, few, suffix) == expected).all()


def test_what_is_transparent_lies_on_white(tmp_path):
    alpha = numpy.zeros((12, 12, 1), numpy.uint8)
    alpha[:6] = 255
    image = Image.fromarray(numpy.concatenate([RGB, alpha], 2))
    expected = numpy.where(alpha == 255, RGB, 255)
    assert (decoded(tmp_path, image) == expected).all()
    palette = Image.new("P", (12, 12), 1)
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.putpixel((3, 2), 0)
    pixels = decoded(tmp_path, palette, transparency=0)
    assert pixels[2, 3].tolist() == [255] * 3
    assert pixels[0, 0].tolist() == [40, 50, 60]
    deep = numpy.full((12, 12), 200 * 257, numpy.uint16)
    deep[2, 3] = 1000
    pixels = decoded(tmp_path, Image.fromarray(deep), transparency=1000)
    assert pixels[2, 3].tolist() == [255] * 3 and pixels[0, 0].tolist() == [200] * 3


def test_cmyk_becomes_rgb(tmp_path):
    image = Image.new("CMYK", (12, 12), (0, 255, 255, 0))  # red ink
    red, green, blue = decoded(tmp_path, image, "jpg")[5, 5].astype(int)
    assert red > 250 and green < 5 and blue < 5


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_respected(orientation, tmp_path):
    """Pillow's own inverse: turned back, it is the image as it should be seen."""
    from PIL.ImageOps import exif_transpose

    exif = Image.Exif()
    exif[0x112] = orientation
    image = Image.fromarray(RGB)
    image.save(tmp_path / "b.png", exif=exif)
    with Image.open(tmp_path / "b.png") as stored:
        expected = numpy.asarray(exif_transpose(stored))
    assert (decoded(tmp_path, image, exif=exif) == expected).all()
    assert (expected == RGB).all() == (orientation == 1)


def test_the_middle_is_taken_or_all_of_it(tmp_path):
    wide = numpy.zeros((8, 24, 3), numpy.uint8)
    wide[:, 8:16] = 255
    for fit, share in {"crop": 1, "stretch": 1 / 3}.items():
        small = decoded(tmp_path, Image.fromarray(wide), decoding=Decoding(8, fit, "grey"))
        assert small.shape == (8, 8, 1)
        assert small.mean() / 255 == pytest.approx(share, abs=0.01)


def test_a_window_is_that_of_the_middle(tmp_path):
    image = levels(1, 21, 17)
    window = decoded(tmp_path, Image.fromarray(image), decoding=Decoding(9, "crop", "rgb", 9))
    assert (window == image[6:15, 4:13]).all()


def test_greys_are_those_of_pillow(tmp_path):
    image = Image.fromarray(RGB)
    grey = decoded(tmp_path, image, decoding=Decoding(12, "crop", "grey"))
    assert (grey[..., 0] == numpy.asarray(image.convert("L"))).all()


def test_a_large_jpeg_is_decoded_the_fast_way_to_nearly_the_same(tmp_path):
    small = Image.fromarray(levels(2, 8, 8)).resize((400, 400), Image.Resampling.BICUBIC)
    small.save(tmp_path / "a.jpg", quality=95)
    with Image.open(tmp_path / "a.jpg") as whole:
        expected = numpy.asarray(whole.resize((16, 16), Image.Resampling.LANCZOS))
    found = Decoding(16, "crop", "rgb")(tmp_path / "a.jpg").transpose(1, 2, 0)
    assert abs(found.astype(int) - expected).max() <= 3


def refuse(tmp_path, image, suffix):
    with pytest.raises((ValueError, OSError)) as refusal:
        decoded(tmp_path, image, suffix)
    return str(refusal.value)


def test_numbers_of_which_none_is_white_are_refused(tmp_path):
    assert "floating" in refuse(tmp_path, Image.fromarray(numpy.ones((9, 9), "f4")), "tiff")
    deep = Image.fromarray(numpy.full((9, 9), 70_000, "i4"))
    assert "beyond 16 bits" in refuse(tmp_path, deep, "tiff")


def test_nothing_is_run_to_decode_a_file(tmp_path):
    """Pillow would have Ghostscript run what an EPS file says."""
    assert not {"EPS", "MPEG", "WMF"} & set(formats())
    assert not {".eps", ".ps", ".mpg"} & suffixes()
    assert {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"} <= suffixes()
    Image.fromarray(RGB).save(tmp_path / "a.eps")
    os.rename(tmp_path / "a.eps", tmp_path / "a.png")
    with pytest.raises(OSError, match="cannot identify"):
        SAME(tmp_path / "a.png")


@pytest.mark.parametrize("size", [0, -1, 1025])
def test_a_size_out_of_range_is_refused(size):
    with pytest.raises(ValueError, match=rf"data\.size: expected .* from 1 to 1024, got {size}"):
        Decoding(size, "crop", "rgb")
