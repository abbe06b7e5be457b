"""One linear map."""

import math

from torch import nn

from vae_exp.network import Init, Network, initialize


class Linear(Network):
    """y = W x + b between the flattened shapes: with Gaussians, probabilistic PCA.

    Args:
        in_shape, out_shape: event shapes.
        init: of the weights, see ``initialize``.
    """

    flat = True

    def __init__(self, in_shape: tuple[int, ...], out_shape: tuple[int, ...], init: Init):
        super().__init__(in_shape, out_shape)
        self.layers = nn.Linear(math.prod(in_shape), math.prod(out_shape))
        initialize(self.layers, init)
