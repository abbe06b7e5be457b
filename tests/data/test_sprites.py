"""Sprites against shapes drawn in another way, their areas, and what is known of them."""

import math

import pytest
import torch

from vae_exp.configuration.compose import compose
from vae_exp.data import SPLITS
from vae_exp.data.sprite_images import SCALES, SHAPES
from vae_exp.experiment import build_data

SMALL = ["data=sprites", "data.size=600", "data.validation_size=50", "data.test_size=50"]


def load(*words):
    return build_data(compose(*SMALL, *words).data)


@pytest.fixture(scope="module")
def white():
    return load()


@pytest.fixture(scope="module")
def coloured():
    return load("data.colour=true")


def factors(data, split):
    return torch.cat((data.labels[split].unsqueeze(1).float(), data.covariates[split]), 1).long()


def drawn(shape, scale, orientation, x, y):
    """Which pixels are inside, by rotating the plane as complex numbers."""
    column, row = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="xy")
    offset = torch.complex(column - 16 - x, row - 16 - y).to(torch.complex128)
    turn = torch.tensor(-2j * math.pi * orientation / 39, dtype=torch.complex128).exp()
    point = offset * turn / SCALES[scale]
    if shape == 0:
        return torch.maximum(point.real.abs(), point.imag.abs()) <= 11
    if shape == 1:
        foci = math.sqrt(15**2 - 7.5**2)
        return (point - foci).abs() + (point + foci).abs() <= 30
    a, b = point.real / 11.5, 0.12 - point.imag / 11.5
    return a**2 + b**2 - a.abs() ** (2 / 3) * b <= 1  # the cube root of both sides


def test_an_image_is_that_of_its_factors(white):
    known, x = factors(white, "test"), white.batch("test", slice(None))
    assert x.shape == (50, 1, 64, 64) and set(x.unique().tolist()) == {0.0, 1.0}
    for image, values in zip(x, known.tolist()):
        differ = image[0].bool() != drawn(*values)
        assert differ.sum() <= 4, values  # where a pixel's centre is on the very edge


def test_its_area_is_that_of_the_shape(white):
    known, x = factors(white, "train"), white.batch("train", slice(None))
    a = torch.linspace(-1.14, 1.14, 10_001).double()
    heights = (a.abs() ** (4 / 3) - 4 * a**2 + 4).clamp(min=0).sqrt()
    heart = torch.trapezoid(heights, a) * 11.5**2
    for shape, area in enumerate((22**2, math.pi * 15 * 7.5, heart)):
        own = known[:, 0] == shape
        scales = torch.tensor(SCALES)[known[own, 1]]
        ratio = x[own].sum((1, 2, 3)) / (area * scales**2)
        assert abs(ratio.mean() - 1) < 0.02 and ratio.std() < 0.06


def test_no_shape_touches_the_border(white):
    canvas = white.values["train"].canvas
    at = canvas.nonzero()[:, 1:] - 47
    assert at.abs().max() <= 16 and len(canvas) == 720


def test_data_depend_on_their_own_seed_alone(white):
    torch.manual_seed(1)
    again, other = load(), load("data.seed=1")
    assert [white.size(split) for split in SPLITS] == [500, 50, 50]
    for split in SPLITS:
        index = torch.arange(50).flip(0)
        assert torch.equal(white.batch(split, index), again.batch(split, index))
        assert torch.equal(white.batch(split, slice(0, 50)).flip(0), white.batch(split, index))
        assert not torch.equal(white.batch(split, index), other.batch(split, index))
    rows = torch.cat([factors(white, split) for split in SPLITS])
    assert len(rows.unique(dim=0)) == 600  # none twice


def test_every_value_of_every_factor_comes_up(white):
    names = ["shape", *(column.name for column in white.columns)]
    assert names == ["shape", "scale", "orientation", "x", "y"]
    counts = [len(white.class_names), *(len(column.categories) for column in white.columns)]
    assert counts == [3, 6, 40, 32, 32] and white.total == math.prod(counts) == 737_280
    assert [len(v.unique()) for v in factors(white, "train").T] == counts
    assert white.class_names == tuple(SHAPES)


def test_a_colour_is_a_factor_and_three_channels(coloured):
    known, x = factors(coloured, "test"), coloured.batch("test", slice(None))
    assert x.shape == (50, 3, 64, 64) and coloured.total == 7 * 737_280
    assert coloured.columns[-1].categories == tuple(
        ["red", "green", "blue", "yellow", "magenta", "cyan", "white"]
    )
    assert len(factors(coloured, "train")[:, -1].unique()) == 7
    for image, values in zip(x, known.tolist()):
        lit = image.amax((1, 2)).tolist()
        rgb = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
        assert lit == rgb[values[5]]
        assert (image.amax(0).bool() != drawn(*values[:5])).sum() <= 4


def test_its_probability_counts_what_looks_alike(white):
    canvas = white.values["train"].canvas.flatten(1)
    for place in (0, 39, 5, 245, 700):
        assert white.alike[place] == (canvas == canvas[place]).all(1).sum()
    assert white.alike[0] >= 2  # the first and the last orientation
    distinct = (1 / white.alike.double()).sum()  # Σ over images of p(x) = 1
    assert distinct == pytest.approx(len(canvas.unique(dim=0)))
    assert -math.log(737_280) < white.known_log_likelihood("test") < -math.log(737_280 / 6)


def test_they_take_the_memory_of_their_canvases(white):
    images = white.values["train"]
    assert images.nbytes < 6.6e6 and images.shape == (500, 1, 64, 64)
    assert images[0].numel() == 64 * 64 and images.to(torch.device("cpu")).device.type == "cpu"


@pytest.mark.parametrize(
    ("word", "told"),
    {
        "data.size=0": "data.size: expected a positive number, got 0",
        "data.size=737281": "data.size: expected at most 737280, which is",
        "data.test_size=599": "data.test_size: expected a number from 2",
        "data.binarize=static": "data.binarize: expected none or auto",
    }.items(),
)
def test_what_is_out_of_range_is_named(word, told):
    with pytest.raises(ValueError, match=told):
        load(word)


def test_factors_may_be_the_condition():
    data = load()
    data.condition_on("covariates")
    assert torch.equal(data.at("test", slice(0, 5))[1], data.covariates["test"][:5])
    data.condition_on("labels")
    assert torch.equal(data.at("test", slice(0, 5))[1], data.labels["test"][:5])
    assert data.observation.classes == tuple(SHAPES)
