"""A prior with two stochastic layers."""

from collections.abc import Callable

from torch import nn

from vae_exp.distribution.layers import Layers, Step
from vae_exp.encoder.gaussian import Gaussian
from vae_exp.prior.standard_normal import StandardNormal


class TwoLayer(nn.Module):
    """p(z) = p(z1|z2) p(z2), z = (z1, z2), p(z2) = N(0, I), p(z1|z2) Gaussian and learned.

    For the posterior q(z1|x) q(z2|z1), encoder=two_layer, and a likelihood that sees z1 alone,
    which is decoder.z_dim equal to ``lower_dim``.

    Args:
        z_dim: Z, of both layers together.
        lower_dim: the size of z1.
        upper_network: ``network(in_shape, out_shape)``, a module between those shapes, from z2 to
            the parameters of z1. It is asked again for each density, so it should have no dropout.

    Raises:
        ValueError: ``lower_dim`` leaves no dimension for one of the layers.
    Source: Burda, Grosse and Salakhutdinov 2015, arXiv 1509.00519.
    """

    def __init__(
        self,
        z_dim: int,
        lower_dim: int,
        upper_network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
    ):
        super().__init__()
        if not 0 < lower_dim < z_dim:
            raise ValueError(
                f"prior.lower_dim: expected a number between 0 and z_dim ({z_dim}), which is the "
                f"size of both layers together, got {lower_dim}"
            )
        self.lower_dim = lower_dim
        self.upper = StandardNormal(z_dim - lower_dim)  # p(z2)
        self.lower = Gaussian((z_dim - lower_dim,), lower_dim, upper_network)  # p(z1|z2)

    def forward(self) -> Layers:
        """p(z), batch (), event (Z,)."""
        return Layers(self.upper(), [Step(self.lower, self.lower_dim)], upward=False)
