"""Grids of pictures, pixel by pixel."""

import numpy
import pytest
import torch

from vae_exp.pictures import COLUMNS, grid


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32), (1, 28, 20), (3, 64, 64)])
def test_each_image_stands_in_its_cell(shape):
    channels, height, width = shape
    images = torch.rand(13, *shape)
    page = grid(images)
    factor = page.shape[1] // (COLUMNS * (width + 2))
    assert page.dtype == numpy.uint8
    assert page.shape == (2 * (height + 2) * factor, COLUMNS * (width + 2) * factor, channels)
    for n in (0, 9, 12):
        top = (n // COLUMNS * (height + 2) + 1) * factor
        left = (n % COLUMNS * (width + 2) + 1) * factor
        cell = page[top : top + height * factor : factor, left : left + width * factor : factor]
        expected = (images[n].permute(1, 2, 0) * 255).round().numpy()
        assert (cell == expected).all()


def test_values_outside_the_unit_interval_are_clipped_not_wrapped():
    page = grid(torch.tensor([-3.0, 4.0]).reshape(2, 1, 1, 1))
    assert set(numpy.unique(page)) == {0, 128, 255}
