"""Rows of a file for a trained model: their shape, their scale, and their noise."""

import pytest
import torch

from vae_exp.data.array_file import Rows
from vae_exp.data.given import Given
from vae_exp.data.observation import Observation

CPU = torch.device("cpu")
IMAGES = Observation((1, 2, 3), "images", 255)
BITS = Observation((1, 2, 3), "bits", 255)


def given(x, observe, threshold=False):
    return Given(Rows(x, None, "file", "x in mine.npz"), observe, threshold, CPU)


def batch(*arguments):
    return given(*arguments).batch("test", slice(None))


@pytest.mark.parametrize("shape", [(5, 1, 2, 3), (5, 2, 3), (5, 2, 3, 1), (5, 6)])
def test_rows_come_in_the_shape_of_the_model(shape):
    x = torch.arange(30, dtype=torch.uint8)
    assert torch.equal(batch(x.reshape(shape), IMAGES), x.reshape(5, 1, 2, 3) / 255)


def test_channels_that_are_last_are_moved_and_flat_ones_are_not_guessed():
    x = torch.rand(4, 2, 5, 3)
    assert torch.equal(batch(x, Observation((3, 2, 5), "images", 255)), x.movedim(-1, 1))
    with pytest.raises(ValueError, match=r"file: expected rows of shape \(3, 2, 5\)"):
        given(x.flatten(1), Observation((3, 2, 5), "images", 255))


@pytest.mark.parametrize("shape", [(0, 6), (5, 7), (5, 3, 2), (1, 2, 3, 1, 1)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="file: expected "):
        given(torch.zeros(shape), IMAGES)


def test_a_black_row_among_levels_has_levels_too():
    """Seen alone, its 0 and 1 would be taken for the numbers themselves."""
    x = torch.cat([torch.tensor([[0.0, 1, 1, 0, 1, 0]]), torch.full((3, 6), 255.0)])
    assert torch.equal(batch(x, IMAGES)[0].flatten(), x[0] / 255)


def test_what_the_model_has_no_place_for_is_refused():
    with pytest.raises(ValueError, match=r"file: expected .* such as 256 in x in mine.npz"):
        given(torch.full((5, 6), 256), IMAGES)


def test_grey_becomes_bits_by_one_draw_or_at_the_threshold():
    x = torch.full((2000, 6), 51, dtype=torch.uint8)
    data = given(x, BITS)
    drawn = data.batch("test", slice(None))
    assert data.drawn
    assert set(drawn.unique().tolist()) == {0, 1}
    assert drawn.mean().item() == pytest.approx(0.2, abs=4 * (0.16 / drawn.numel()) ** 0.5)
    assert torch.equal(given(x, BITS).batch("test", slice(3, 9)), drawn[3:9])
    assert not batch(x, BITS, True).any()
    assert not given(torch.eye(6), BITS).drawn


def test_levels_are_dequantised_within_their_cells():
    observe = Observation((1, 2, 3), "images", 3, dequantize=True)
    x = torch.arange(24).reshape(4, 6) % 4
    drawn = batch(x, observe)
    assert torch.equal((drawn * 4).floor().flatten(1), x.float())
    assert not torch.equal(drawn.flatten(1), (x + 0.5) / 4)
