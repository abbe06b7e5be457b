"""Cells, pixel by pixel."""

import numpy
import pytest
import torch

from vae_exp.plots.cells import MAX_LINES, make_cells
from vae_exp.plots.image_cells import MISSING, ImageCells
from vae_exp.plots.layout import lay_out
from vae_exp.plots.mosaic import EDGE, GAP, LETTER, LINE, mosaic
from vae_exp.plots.rendering import render


def cells_of(page, layout, factor):
    """The part of a picture that each cell takes, a pixel for each of the image's."""
    width, height = layout.cell
    return {
        (r, c): page[top : top + height : factor, left : left + width : factor]
        for r, c, left, top in layout
    }


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32), (1, 28, 20), (3, 64, 64), (1, 64, 64)])
@pytest.mark.parametrize("bold", [[], [(1, 2), (0, 0)]])
def test_images_are_shown_pixel_by_pixel(shape, bold):
    x = torch.rand(2, 10, *shape)
    figure = mosaic(x, "title", rows=["a", "b"], row_breaks=[1], column_breaks=[3], bold=bold)
    page = render(figure)[EDGE + LINE + GAP :, EDGE + LETTER + GAP :]

    cells = make_cells(x)
    layout = lay_out((2, 10), cells.fit(1120, 1400), GAP, [1], [3])
    factor = layout.cell[0] // shape[2]
    assert layout.cell == (shape[2] * factor, shape[1] * factor)
    expected = (x.movedim(2, -1) * 255).round().expand(-1, -1, -1, -1, 3).numpy()
    for offset in {0, factor - 1}:  # the first and the last pixel of each enlarged one
        for (r, c), cell in cells_of(page[offset:, offset:], layout, factor).items():
            assert (cell == expected[r, c]).all()


def test_words_stand_beside_their_cells():
    x = torch.ones(2, 3, 1, 8, 8)  # white, so that all that is dark is a letter or a frame
    words = {"rows": ["first", ""], "columns": ["", "", "x′"]}
    page = mosaic(x, "title", notes=["note"], **words)
    assert page.words == [
        "first",
        "",
        "",
        "",
        "x′",
        "title",
        "note",
        "pixels: black is 0, white is 1",
    ]
    left, top = EDGE + 5 * LETTER + GAP, EDGE + 2 * LINE + GAP
    dark = render(page)[..., 0] < 128
    layout = lay_out((2, 3), make_cells(x).fit(1120, 1400), GAP)
    rows, columns = dark[:, :left].any(1).nonzero()[0], dark[LINE + EDGE : top].any(0).nonzero()[0]
    middle = top + layout.tops[0] + layout.cell[1] / 2
    assert rows[[0, -1]].mean() == pytest.approx(middle, abs=4)
    assert columns[[0, -1]].mean() == pytest.approx(
        left + layout.lefts[2] + layout.cell[0] / 2, abs=4
    )


def test_values_outside_the_unit_interval_are_clamped_not_wrapped():
    values = torch.tensor([-3.0, 4.0, float("nan"), float("inf")])
    pixels = make_cells(values.reshape(1, 4, 1, 1, 1)).pixels
    assert pixels[0, :, 0, 0].tolist() == [[0] * 3, [255] * 3, [*MISSING], [255] * 3]


def test_a_break_is_a_wider_gap():
    layout = lay_out((2, 3), (10, 20), gap=4, row_breaks=[1], column_breaks=[2])
    assert layout.lefts == (4, 18, 40)
    assert layout.tops == (4, 36)
    assert layout.size == (54, 60)


def test_other_channels_are_stacked():
    x = torch.rand(1, 1, 2, 3, 5)
    cells = make_cells(x)
    assert "2 channels" in cells.caption
    assert (cells.pixels[0, 0, :, :, 0] == (x.reshape(6, 5) * 255).round().numpy()).all()


def test_many_features_are_rows_of_grey():
    cells = make_cells(torch.randn(2, 3, 20, MAX_LINES + 1))
    assert isinstance(cells, ImageCells)
    assert "from top to bottom 9 features" in cells.caption
    assert cells.pixels.min() == 0
    assert cells.pixels.max() == 255


def lines_of(x):
    """The axes of a mosaic, and its collections of lines: frames, zero, then a feature each."""
    figure = mosaic(x, "title")
    return figure, [collection.get_segments() for collection in figure.axes[0].collections]


def test_sequences_share_a_scale_and_stay_in_their_cells():
    x = torch.randn(2, 3, 50, 2)
    x[1, 2] *= 0.1
    figure, (frames, _, *features) = lines_of(x)
    assert len(features) == 2
    assert len(features[0]) == 6
    spans = [numpy.ptp(line[:, 1]) for line in features[0]]
    ranges = (x[..., 0].amax(2) - x[..., 0].amin(2)).flatten().numpy()
    assert numpy.array(spans) / spans[0] == pytest.approx(ranges / ranges[0], rel=1e-4)
    for frame, *lines in zip(frames, *features):
        for line in lines:
            assert line.shape == (50, 2)
            assert (line >= frame.min(0) - 1e-6).all()
            assert (line <= frame.max(0) + 1e-6).all()
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["feature 0", "feature 1"]
    styles = [tuple(c.get_linestyles()) for c in figure.axes[0].collections[-2:]]
    assert str(styles[0]) != str(styles[1])  # told apart without colour


def test_larger_values_are_higher_up():
    _, (_, line) = lines_of(torch.tensor([1.0, 3.0, 2.0]).reshape(1, 1, 3))
    heights = -line[0][::2, 1]  # a step's left end
    assert heights.argsort().tolist() == [0, 2, 1]
    assert line[0][:, 0].tolist() == sorted(line[0][:, 0].tolist())
    assert (numpy.diff(line[0][:, 1])[::2] == 0).all()  # steps are level


@pytest.mark.parametrize("value", [0.0, float("nan")])
def test_values_without_a_range_are_drawn(value):
    render(mosaic(torch.full((1, 2, 13), value), "title"))


def test_the_caption_tells_the_scale():
    figure, _ = lines_of(torch.tensor([-1.5, 2.25]).reshape(1, 1, 2))
    texts = [text.get_text() for text in figure.texts]
    assert texts[0] == "title"
    assert "2 components" in texts[1]
    assert "values from −1.5 to 2.25, grey line at 0" in texts[1]


@pytest.mark.parametrize("x", [torch.ones(8, 2, 1, 8, 8), torch.rand(8, 2, 13)])
@pytest.mark.parametrize("where", ["title", "note"])
def test_a_picture_is_as_wide_as_what_is_written(x, where):
    long = 12 * "a line of words "
    words = {"title": long} if where == "title" else {"title": "title", "notes": [long]}
    picture = render(mosaic(x, **words, rows=["a label of a row"] * 8))
    assert (picture[:, -EDGE // 2 :] == 255).all()
    assert (picture[:, -4 * EDGE :] < 128).any()
