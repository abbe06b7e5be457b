"""A multilayer perceptron."""

import math
from collections.abc import Sequence
from typing import Literal

from torch import nn

from vae_exp.network import Network, activation_class

NORMALIZATIONS = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm}


class MLP(Network):
    """Linear, normalisation, activation and dropout for each hidden width, then linear.

    Args:
        in_shape, out_shape: event shapes; both are flattened.
        hidden: the widths, from the larger of the two shapes to the smaller, so that one list
            gives an encoder and its mirror image, the decoder. Their number is the depth.
        activation: the name of a class of ``torch.nn``.
        dropout: the probability of dropping a hidden unit.
        normalization: ``batch``, ``layer`` or none.

    Raises:
        ValueError: a width, activation or probability out of its range.
    """

    flat = True

    def __init__(
        self,
        in_shape: tuple[int, ...],
        out_shape: tuple[int, ...],
        hidden: Sequence[int],
        activation: str,
        dropout: float,
        normalization: Literal["batch", "layer"] | None,
    ):
        super().__init__(in_shape, out_shape)
        if not all(width > 0 for width in hidden):
            raise ValueError(f"network.hidden: expected positive widths, got {list(hidden)}")
        if not 0 <= dropout < 1:
            raise ValueError(f"network.dropout: expected a number in [0, 1), got {dropout}")
        in_size, out_size = math.prod(in_shape), math.prod(out_shape)
        widths = list(hidden) if in_size >= out_size else list(reversed(hidden))

        layers: list[nn.Module] = []
        for fan_in, fan_out in zip([in_size, *widths], widths):
            layers.append(nn.Linear(fan_in, fan_out))
            if normalization is not None:
                layers.append(NORMALIZATIONS[normalization](fan_out))
            layers.append(activation_class(activation)())
            if dropout:
                layers.append(nn.Dropout(dropout))
        layers.append(nn.Linear([in_size, *widths][-1], out_size))
        self.layers = nn.Sequential(*layers)
