"""A residual network from images to vectors, and its mirror image back."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from torch import Tensor, nn

from vae_exp.network import Network, data_and_vector
from vae_exp.network.conv import doubling, halving, normalized_activation


class ResNet(Network):
    """The convolutions of ``Conv``, with residual blocks at each size between them.

    Args:
        in_shape, out_shape: event shapes, one of them an image (C, H, W) and the other a vector.
        channels: of the levels, from the image's side to the vector's; each halves the image,
            rounding up, before its blocks.
        blocks: how many at each level.
        activation: the name of a class of ``torch.nn``.
        normalization: ``batch``, ``layer`` (over channels and pixels) or none.

    Raises:
        ValueError: neither or both of the shapes are images, or a number out of its range.
    Source: He et al. 2016, "Identity mappings in deep residual networks", arXiv 1603.05027.
    """

    def __init__(
        self,
        in_shape: tuple[int, ...],
        out_shape: tuple[int, ...],
        channels: Sequence[int],
        blocks: int,
        activation: str,
        normalization: Literal["batch", "layer"] | None,
    ):
        super().__init__(in_shape, out_shape)
        image, vector = data_and_vector(in_shape, out_shape, "image", "resnet")
        if blocks < 1:
            raise ValueError(f"network.blocks: expected a positive number, got {blocks}")

        before = partial(normalized_activation, activation=activation, normalization=normalization)

        def level(width: int) -> list[nn.Module]:
            return [*(Block(width, before) for _ in range(blocks)), *before(width)]

        way = halving if len(in_shape) == 3 else doubling
        self.layers = way(image, vector[0], channels, level)


class Block(nn.Module):
    """y = x + conv(before(conv(before(x)))), both 3×3, of the size and channels of x.

    Args:
        width: the channel count.
        before: gives the layers that come before a convolution.
    """

    def __init__(self, width: int, before: Callable[[int], list[nn.Module]]):
        super().__init__()
        self.residual = nn.Sequential(
            *before(width),
            nn.Conv2d(width, width, 3, padding=1),
            *before(width),
            nn.Conv2d(width, width, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.residual(x)
