"""A multilayer perceptron."""

import math
from collections.abc import Sequence
from typing import Literal

from torch import nn

from vae_exp.network import Init, Network, activation_class, initialize

NORMALIZATIONS = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm}


class MLP(Network):
    """Linear, normalisation, activation and dropout for each hidden width, then linear.

        h = activation(W x + b)         or, gated,    h = (W x + b) · sigmoid(V x + c)

    Args:
        in_shape, out_shape: event shapes; both are flattened.
        hidden: the widths, from the larger of the two shapes to the smaller, so that one list
            gives an encoder and its mirror image, the decoder. Their number is the depth.
        activation: the name of a class of ``torch.nn``.
        dropout: the probability of dropping a hidden unit.
        normalization: ``batch``, ``layer`` or none; of a gated layer, over W x + b and V x + c
            together.
        gated: whether each hidden unit has a gate; ``activation`` is then not used.
        init: of the weights, see ``initialize``.

    Raises:
        ValueError: a width, activation or probability out of its range.
    Source: of the gated layers, Dauphin et al. 2016, arXiv 1612.08083; in VAEs, Tomczak and
        Welling 2017, arXiv 1705.07120.
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
        gated: bool,
        init: Init,
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
            width = 2 * fan_out if gated else fan_out  # [W; V] x + [b; c]
            layers.append(nn.Linear(fan_in, width))
            initialize(layers[-1], init, stacked=2 if gated else 1)
            if normalization is not None:
                layers.append(NORMALIZATIONS[normalization](width))
            layers.append(nn.GLU() if gated else activation_class(activation)())
            if dropout:
                layers.append(nn.Dropout(dropout))
        layers.append(nn.Linear([in_size, *widths][-1], out_size))
        initialize(layers[-1], init)
        self.layers = nn.Sequential(*layers)
