"""Pixels as they are, in matplotlib's axes."""

import numpy
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase


class Pixels(Artist):
    """Fills its axes, of just that size, with pixels as they are: uint8, (height, width, 4).

    imshow would take 50 ms and 70 MB for a page of a million pixels, to resample it to itself.
    """

    def __init__(self, pixels: numpy.ndarray):
        super().__init__()
        self.pixels = pixels

    def draw(self, renderer: RendererBase) -> None:
        place = self.axes.get_window_extent(renderer)
        context = renderer.new_gc()
        renderer.draw_image(context, round(place.x0), round(place.y0), self.pixels[::-1])
        context.restore()


def paint_pixels(axes: Axes, pixels: numpy.ndarray) -> None:
    """Fill axes with pixels, uint8 (height, width, 4), whose place they count from the top left."""
    height, width, _ = pixels.shape
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.add_artist(Pixels(pixels))
