"""A convolutional network from images to vectors, and its mirror image back."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Literal

from torch import nn

from vae_exp.network import Init, Network, activation_class, data_and_vector, initialize

NORMALIZATIONS = {"batch": nn.BatchNorm2d, "layer": lambda channels: nn.GroupNorm(1, channels)}


class Conv(Network):
    """Strided 3×3 convolutions that halve the image, then linear; or the reverse.

    The side that is an image (C, H, W) decides the direction. A size is halved rounding up, and
    the way back restores it exactly, so any height, width and channel count will do.

    Args:
        in_shape, out_shape: event shapes, one of them an image and the other a vector.
        channels: of the layers, from the image's side to the vector's.
        activation: the name of a class of ``torch.nn``.
        normalization: ``batch``, ``layer`` (over channels and pixels) or none.
        init: of the weights, see ``initialize``.

    Raises:
        ValueError: neither or both of the shapes are images, or a number out of its range.
    """

    def __init__(
        self,
        in_shape: tuple[int, ...],
        out_shape: tuple[int, ...],
        channels: Sequence[int],
        activation: str,
        normalization: Literal["batch", "layer"] | None,
        init: Init,
    ):
        super().__init__(in_shape, out_shape)
        image, vector = data_and_vector(in_shape, out_shape, "image", "conv")

        after = partial(normalized_activation, activation=activation, normalization=normalization)
        way = halving if len(in_shape) == 3 else doubling
        self.layers = way(image, vector[0], channels, after)
        for layer in self.layers:
            if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                initialize(layer, init)


def normalized_activation(
    width: int, activation: str, normalization: Literal["batch", "layer"] | None
) -> list[nn.Module]:
    """What stands between convolutions: a normalisation, or none, then the activation."""
    norm = [] if normalization is None else [NORMALIZATIONS[normalization](width)]
    return [*norm, activation_class(activation)()]


def halving(
    image: tuple[int, ...],
    vector: int,
    channels: Sequence[int],
    after: Callable[[int], list[nn.Module]],
) -> nn.Sequential:
    """From an image (C, H, W) to ``vector`` numbers, with ``after(width)`` at each level.

    Raises:
        ValueError: ``channels`` is empty, has one that is not positive, or too many to halve it.
    """
    widths, sizes = _levels(image, channels)
    layers: list[nn.Module] = []
    for narrow, wide in pairwise(widths):
        layers += [nn.Conv2d(narrow, wide, 3, stride=2, padding=1), *after(wide)]
    height, width = sizes[-1]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(widths[-1] * height * width, vector))


def doubling(
    image: tuple[int, ...],
    vector: int,
    channels: Sequence[int],
    after: Callable[[int], list[nn.Module]],
) -> nn.Sequential:
    """From ``vector`` numbers to an image (C, H, W): ``halving`` in reverse.

    Raises:
        ValueError: ``channels`` is empty, has one that is not positive, or too many to halve it.
    """
    widths, sizes = _levels(image, channels)
    height, width = sizes[-1]
    layers: list[nn.Module] = [
        nn.Linear(vector, widths[-1] * height * width),
        nn.Unflatten(1, (widths[-1], height, width)),
    ]
    for level in reversed(range(len(channels))):
        # 2h − 1 from h without it, 2h with it
        padding = tuple(1 - size % 2 for size in sizes[level])
        layers += after(widths[level + 1])
        layers.append(
            nn.ConvTranspose2d(
                widths[level + 1], widths[level], 3, 2, padding=1, output_padding=padding
            )
        )
    return nn.Sequential(*layers)


def _levels(
    image: tuple[int, ...], channels: Sequence[int]
) -> tuple[list[int], list[tuple[int, ...]]]:
    """The channel counts and the sizes (H, W), from the image inwards."""
    if not channels or not all(width > 0 for width in channels):
        raise ValueError(
            f"network.channels: expected positive channel counts, got {list(channels)}"
        )
    sizes = [tuple(image[1:])]
    for level in range(len(channels)):
        if max(sizes[-1]) == 1:
            raise ValueError(
                f"network.channels: expected at most {level}, for so often can an image of "
                f"{image[1]}×{image[2]} be halved, got {len(channels)}"
            )
        sizes.append(tuple((size + 1) // 2 for size in sizes[-1]))
    return [image[0], *channels], sizes
