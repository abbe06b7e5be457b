"""Finite scalar quantisation."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from vae_exp.distribution.grid import PointMass, read_levels
from vae_exp.encoder import Encoder

INSIDE = 1e-3  # how far tanh ends before the last half level, so that rounding stays on the grid


class FSQ(Encoder):
    """q(z|x) is a point mass on a grid of L_1 × ... × L_Z codes, for prior=uniform_levels.

        z_d = round(f_d(y_d)) / ⌊L_d/2⌋,  f_d(y) = (L_d − 1)/2 · tanh(y + s_d) − o_d

    y = y(x) of one network; o_d = ½ and s_d = tan(o_d / (L_d − 1) · 2) where L_d is even, else 0.
    The gradient of z is that of f (straight-through): the bias of it is what keeps it going. KL(q ‖
    p) is Σ_d log L_d nats whatever x is, the length of a code of fixed length, so that the ELBO is
    an honest number, and no term of the loss. K samples are the same one: the importance-weighted
    bound is the ELBO.

    (A codebook that is learned, VQ, van den Oord et al. 2017, is not here: it needs terms of the
    loss, of the codebook and of commitment, that are no part of the ELBO.)

    Args:
        x_shape: X, the event shape of the data.
        z_dim: Z.
        network: ``network(in_shape, out_shape)`` is a module between those shapes.
        levels: L_d of each dimension.

    Raises:
        ValueError: not one number of levels for each dimension, or one below 2.
    Source: Mentzer et al. 2023, "Finite scalar quantization: VQ-VAE made simple", arXiv 2309.15505.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        levels: Sequence[int],
    ):
        grid = read_levels(levels, z_dim, "encoder.levels")
        super().__init__(x_shape, z_dim, z_dim, network)
        self.grid = grid
        reach = [(level - 1) * (1 - INSIDE) / 2 for level in levels]
        offset = [0.5 if level % 2 == 0 else 0.0 for level in levels]
        shift = [math.tan(o / r) for o, r in zip(offset, reach)]
        for name, numbers in {"reach": reach, "offset": offset, "shift": shift}.items():
            self.register_buffer(name, torch.tensor(numbers), persistent=False)

    def forward(self, x: Tensor, *seen: Tensor) -> PointMass:
        """q(z|x), batch (*,), event (Z,), for x (*, X)."""
        raw = self.outputs(x, *seen)
        smooth = self.reach * (raw + self.shift).tanh() - self.offset
        smooth = smooth / self.grid.halves(raw)
        code = self.grid.nearest(smooth)
        return PointMass(code.detach() + (smooth - smooth.detach()), self.grid)
