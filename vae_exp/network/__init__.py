"""Function approximators: ``network(in_shape, out_shape)`` is a module between those shapes.

One a file, no probability in them.
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn

Init = Literal["default", "glorot", "he"]

SHAPES = {
    "image": ("an image (channels, height, width)", 3),
    "sequence": ("a sequence (steps, features)", 2),
}


class Network(nn.Module):
    """A function from one event shape to another; any leading dimensions are kept.

    A subclass assigns ``layers``, a module from (B, in_shape), or (B, dim in_shape) where it says
    ``flat``, to as many numbers as out_shape has, in any shape. One whose inputs are z of a certain
    space has that space's constraint as ``domain``.

    Args:
        in_shape, out_shape: event shapes.
    """

    layers: nn.Module
    flat = False
    bf16 = False  # whether to multiply in bfloat16 while training

    def __init__(self, in_shape: tuple[int, ...], out_shape: tuple[int, ...]):
        super().__init__()
        self.in_shape, self.out_shape = tuple(in_shape), tuple(out_shape)

    def forward(self, x: Tensor) -> Tensor:
        """(*, in_shape) to (*, out_shape), in the format of x."""
        batch_shape = x.shape[: x.ndim - len(self.in_shape)]
        shape = (math.prod(self.in_shape),) if self.flat else self.in_shape
        y = self._apply_layers(x.reshape(batch_shape.numel(), *shape))
        return y.reshape(*batch_shape, *self.out_shape)

    def _apply_layers(self, x: Tensor) -> Tensor:
        if not (self.bf16 and self.training):
            return self.layers(x)
        with torch.autocast(x.device.type, torch.bfloat16):
            return self.layers(x).to(x.dtype)


def initialize(module: nn.Module, init: Init, stacked: int = 1) -> None:
    """Draw the weights of a linear layer or a convolution again.

        glorot   W ~ U[−a, a], a² = 6 / (fan in + fan out), and b = 0
        he       W ~ N(0, 2 / fan in), and b as torch draws it

    ``default`` leaves all as torch draws it, W and b ~ U[−1/√fan in, 1/√fan in].

    Args:
        stacked: how many matrices the weight is of, one under the other; each has a fan out of its
            own.

    Source: Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward
        neural networks"; He et al. 2015, arXiv 1502.01852.
    """
    if init == "glorot":
        for weight in module.weight.chunk(stacked):
            nn.init.xavier_uniform_(weight)
        nn.init.zeros_(module.bias)
    elif init == "he" and isinstance(module, nn.ConvTranspose2d):
        # of its inputs, 1 in stride² places of the kernel meets one; torch counts the outputs
        fan_in = module.in_channels * math.prod(module.kernel_size) / math.prod(module.stride)
        nn.init.normal_(module.weight, std=math.sqrt(2 / fan_in))
    elif init == "he":
        nn.init.kaiming_normal_(module.weight)


def data_and_vector(
    in_shape: tuple[int, ...],
    out_shape: tuple[int, ...],
    data: Literal["image", "sequence"],
    option: str,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The two shapes in this order, whichever of them is the image or the sequence.

    Args:
        in_shape, out_shape: event shapes.
        data: what ``option`` wants on one side, with a vector on the other.
        option: the network's name in ``conf/network``.

    Raises:
        ValueError: the shapes are not one of each.
    """
    described, dimensions = SHAPES[data]
    if sorted((len(in_shape), len(out_shape))) != [1, dimensions]:
        grey = next((list(shape) for shape in (in_shape, out_shape) if len(shape) == 2), None)
        one_channel = ""
        if grey and data == "image":
            one_channel = f", or for grey images of your own data.shape=[1,{grey[0]},{grey[1]}]"
        raise ValueError(
            f"network: expected {described} on one side and a vector on the other for "
            f"network={option}, got {tuple(in_shape)} and {tuple(out_shape)}; use network=mlp"
            f"{one_channel}"
        )
    return (out_shape, in_shape) if len(in_shape) == 1 else (in_shape, out_shape)


def activation_class(name: str) -> type[nn.Module]:
    """The activation of that name in ``torch.nn``.

    Raises:
        ValueError: torch.nn has no such activation.
    """
    found = getattr(nn.modules.activation, name, None)
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise ValueError(
            "network.activation: expected an activation of torch.nn, such as ReLU, Tanh, GELU or "
            f"SiLU, got {name!r}"
        )
    return found
