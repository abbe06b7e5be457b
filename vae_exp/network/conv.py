"""A convolutional network from images to vectors, and its mirror image back."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from torch import nn

from vae_exp.network import Network, activation_class

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
    ):
        super().__init__(in_shape, out_shape)
        if sorted((len(in_shape), len(out_shape))) != [1, 3]:
            raise ValueError(
                "network: expected an image (channels, height, width) on one side and a vector on "
                f"the other for network=conv, got {in_shape} and {out_shape}; use network=mlp"
            )
        if not channels or not all(width > 0 for width in channels):
            raise ValueError(
                f"network.channels: expected positive channel counts, got {list(channels)}"
            )
        image, vector = (in_shape, out_shape) if len(in_shape) == 3 else (out_shape, in_shape)
        widths = [image[0], *channels]
        sizes = [image[1:]]
        for _ in channels:
            sizes.append(tuple((size + 1) // 2 for size in sizes[-1]))
        features = widths[-1] * sizes[-1][0] * sizes[-1][1]

        def after(width: int) -> list[nn.Module]:
            norm = [] if normalization is None else [NORMALIZATIONS[normalization](width)]
            return [*norm, activation_class(activation)()]

        layers: list[nn.Module] = []
        if image is in_shape:
            for narrow, wide in pairwise(widths):
                layers += [nn.Conv2d(narrow, wide, 3, stride=2, padding=1), *after(wide)]
            layers += [nn.Flatten(), nn.Linear(features, vector[0])]
        else:
            layers += [nn.Linear(vector[0], features), nn.Unflatten(1, (widths[-1], *sizes[-1]))]
            for level in reversed(range(len(channels))):
                # 2h − 1 from h without it, 2h with it
                padding = tuple(1 - size % 2 for size in sizes[level])
                layers += after(widths[level + 1])
                layers.append(
                    nn.ConvTranspose2d(
                        widths[level + 1], widths[level], 3, 2, padding=1, output_padding=padding
                    )
                )
        self.layers = nn.Sequential(*layers)
