"""White shapes on black, 64×64 bits each, drawn when they are asked for."""

import math
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

SIDE = 64  # pixels of an image's side
POSITIONS = 32  # of the centre, a pixel apart, so that all of a shape is in the image
FIRST = 16  # the pixel of the first of them
CENTRE = FIRST + POSITIONS - 1  # of a shape, on its canvas
CANVAS = SIDE + POSITIONS - 1  # pixels of the side of what every image is a window on
SCALES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
ORIENTATIONS = 40  # angles from 0 to 2π
RED_GREEN_BLUE = {
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "yellow": (1, 1, 0),
    "magenta": (1, 0, 1),
    "cyan": (0, 1, 1),
    "white": (1, 1, 1),
}


def _heart(u: Tensor, v: Tensor) -> Tensor:
    u, v = u / 11.5, 0.12 - v / 11.5  # upright, around the middle of its height
    return (u**2 + v**2 - 1) ** 3 <= u**2 * v**3


# whether (u, v), in pixels from the centre and v downwards, is in the shape at scale 1; none
# reaches further than 16 pixels
SHAPES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "square": lambda u, v: (u.abs() <= 11) & (v.abs() <= 11),
    "ellipse": lambda u, v: (u / 15) ** 2 + (v / 7.5) ** 2 <= 1,
    "heart": _heart,
}


@cache
def canvases() -> Tensor:
    """Each shape at each scale and angle around the centre of a canvas, (3·6·40, ``CANVAS``,
    ``CANVAS``), bytes of 0 and 1: 1 where the centre of the pixel is inside.
    """
    along = torch.arange(CANVAS, dtype=torch.float64) - CENTRE
    down, right = torch.meshgrid(along, along, indexing="ij")
    drawn = []
    for inside in SHAPES.values():
        for scale in SCALES:
            for k in range(ORIENTATIONS):
                angle = 2 * math.pi * (k % (ORIENTATIONS - 1)) / (ORIENTATIONS - 1)
                cos, sin = math.cos(angle), math.sin(angle)
                u, v = (right * cos + down * sin) / scale, (down * cos - right * sin) / scale
                drawn.append(inside(u, v))
    return torch.stack(drawn).to(torch.uint8)


class SpriteImages:
    """Images (N, C, 64, 64), with what ``Data`` needs of a tensor of bytes.

    As centres are whole pixels, an image is a window on the canvas of its shape, scale and angle.
    So all of them take the memory of the canvases, 6.5 MB, and of a few numbers each.

    Args:
        canvas: see ``canvases``.
        places: of each image the number of its canvas, the row and the column of its window's
            corner, and its colour, (N, 4).
        palette: the colours (colours, C), bytes of 0 and 1.
    """

    dtype = torch.uint8

    def __init__(self, canvas: Tensor, places: Tensor, palette: Tensor):
        self.canvas, self.places, self.palette = canvas, places, palette
        self.shape = torch.Size((len(places), palette.shape[1], SIDE, SIDE))
        self.nbytes = canvas.nbytes + places.nbytes

    @property
    def device(self) -> torch.device:
        return self.places.device

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, rows: int | slice) -> Tensor:
        if isinstance(rows, int):
            return self._draw(self.places[rows].unsqueeze(0))[0]
        return self._draw(self.places[rows])

    def index_select(self, dim: int, rows: Tensor) -> Tensor:
        return self._draw(self.places.index_select(dim, rows))

    def to(self, device: torch.device) -> "SpriteImages":
        parts = (self.canvas, self.places, self.palette)
        return SpriteImages(*(part.to(device) for part in parts))

    def _draw(self, places: Tensor) -> Tensor:
        which, down, right, colour = places.long().T
        windows = self.canvas.unfold(1, SIDE, 1).unfold(2, SIDE, 1)  # a view
        bits = windows[which, down, right]  # (B, 64, 64)
        return bits.unsqueeze(1) * self.palette[colour].unsqueeze(-1).unsqueeze(-1)
