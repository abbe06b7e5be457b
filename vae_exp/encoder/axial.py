"""Posteriors on the sphere, each with a direction and a concentration."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from vae_exp.distribution.axial import Axial as AxialDistribution
from vae_exp.distribution.positive import bounded_exp
from vae_exp.encoder import Encoder

START = 10.0  # of κ/d: at 1 a draw tells the decoder next to nothing, and it may stay there
AWAY = 1e-6  # from 0, which has no direction and is what a network of zeros gives


class Axial(Encoder):
    """q(z|x) = family(z | μ(x), κ(x)) on the sphere S^d, μ and log κ from one network.

    z has d + 1 numbers, which is what the likelihood sees. κ/d is around 10 at the start, where
    cos θ is 0.95 on average, and stays within (9e-3, 1.1e4), from all over the sphere to a
    hundredth of its radius.

    Args:
        x_shape: X, the event shape of the data.
        z_dim: d, of the sphere.
        network: ``network(in_shape, out_shape)`` is a module between those shapes.

    Raises:
        ValueError: ``z_dim`` is not positive.
    """

    family: type[AxialDistribution]

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
    ):
        super().__init__(x_shape, z_dim, z_dim + 2, network)
        self.z_dim = z_dim
        self.decoder_z_dim = z_dim + 1

    def forward(self, x: Tensor, *seen: Tensor) -> AxialDistribution:
        """q(z|x), batch (*,), event (d + 1,), for x (*, X)."""
        raw = self.outputs(x, *seen)
        direction, log_concentration = raw[..., :-1] + AWAY, raw[..., -1]
        loc = functional.normalize(direction, dim=-1, eps=torch.finfo(raw.dtype).tiny)
        return self.family(loc, self.z_dim * START * bounded_exp(log_concentration))
