"""The shapes that points are drawn with: corners (n, 2) around the origin, y upwards."""

import math

import numpy


def _star(corners: int, inner: float, turn: float) -> numpy.ndarray:
    """So many tips at distance 1, the first at an angle of ``turn``; dents at ``inner``."""
    angles = turn + math.pi * numpy.arange(2 * corners) / corners
    return _around(angles, numpy.where(numpy.arange(2 * corners) % 2, inner, 1.0))


def _polygon(corners: int, turn: float = 0.0) -> numpy.ndarray:
    return _around(turn + 2 * math.pi * numpy.arange(corners) / corners, numpy.ones(corners))


def _around(angles: numpy.ndarray, radii: numpy.ndarray) -> numpy.ndarray:
    return radii[:, None] * numpy.stack([numpy.cos(angles), numpy.sin(angles)], axis=1)


UP, LEFT, DOWN, RIGHT = math.pi / 2, math.pi, -math.pi / 2, 0.0
_THIRD = 1 / 3  # half of how wide an arm of a cross is
_CROSS = numpy.array(
    [(1, _THIRD), (_THIRD, _THIRD), (_THIRD, 1), (-_THIRD, 1), (-_THIRD, _THIRD), (-1, _THIRD)]
)
_CROSS = numpy.concatenate([_CROSS, -_CROSS])
_DIAGONAL = numpy.array([(1, -1), (1, 1)]) / math.sqrt(2)

# in this order, which tells neighbours apart best
MARKERS = (
    _polygon(24),
    1.2 * _polygon(4, math.pi / 4),
    1.2 * _polygon(3, UP),
    1.2 * _polygon(3, DOWN),
    1.2 * _polygon(4),
    1.1 * _CROSS,
    1.1 * _CROSS @ _DIAGONAL,
    1.4 * _star(5, 0.4, UP),
    1.2 * _polygon(3, LEFT),
    1.2 * _polygon(3, RIGHT),
)
CIRCLE, SQUARE = MARKERS[:2]
