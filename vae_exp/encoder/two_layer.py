"""A posterior with two stochastic layers."""

from collections.abc import Callable

from torch import Tensor, nn

from vae_exp.distribution.layers import Layers, Step
from vae_exp.encoder.gaussian import Gaussian


class TwoLayer(nn.Module):
    """q(z|x) = q(z1|x) q(z2|z1), z = (z1, z2), both Gaussian with diagonal covariances.

    For the prior p(z2) p(z1|z2), prior=two_layer, and a likelihood that sees z1 alone, which is
    decoder.z_dim equal to ``lower_dim``.

    Args:
        x_shape: X, the event shape of the data.
        z_dim: Z, of both layers together.
        lower_dim: the size of z1.
        network: ``network(in_shape, out_shape)``, a module between those shapes, from x to the
            parameters of z1.
        upper_network: the same from z1 to the parameters of z2. It is asked again for each density,
            so it should have no dropout.

    Raises:
        ValueError: ``lower_dim`` leaves no dimension for one of the layers.
    Source: Burda, Grosse and Salakhutdinov 2015, arXiv 1509.00519.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        lower_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        upper_network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
    ):
        super().__init__()
        if not 0 < lower_dim < z_dim:
            raise ValueError(
                f"encoder.lower_dim: expected a number between 0 and z_dim ({z_dim}), which is the "
                f"size of both layers together, got {lower_dim}"
            )
        self.upper_dim = z_dim - lower_dim
        self.lower = Gaussian(x_shape, lower_dim, network)  # q(z1|x)
        self.upper = Gaussian((lower_dim,), self.upper_dim, upper_network)  # q(z2|z1)

    def forward(self, x: Tensor, *seen: Tensor) -> Layers:
        """q(z|x), batch (*,), event (Z,), for x (*, X)."""
        return Layers(self.lower(x, *seen), [Step(self.upper, self.upper_dim)], upward=True)
