"""Inference from the lowest stochastic layer up."""

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from vae_exp.distribution.layers import Layers, Step
from vae_exp.encoder.gaussian import Gaussian

Network = Callable[[tuple[int, ...], tuple[int, ...]], nn.Module]


class BottomUp(nn.Module):
    """q(z|x) = q(z_1|x) q(z_2|z_1) ... q(z_L|z_{L−1}), all Gaussian with diagonal covariances.

    Args:
        x_shape: X, the event shape of the data.
        latents: the sizes of z_1, ..., z_L.
        skip: whether z_l depends on all of z_1, ..., z_{l−1}.
        network: from x to the parameters of z_1.
        layer_networks: from each layer to the parameters of the one above it.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        latents: Sequence[int],
        skip: bool,
        network: Network,
        layer_networks: Sequence[Network],
    ):
        super().__init__()
        self.skip = skip
        self.lowest = Gaussian(x_shape, latents[0], network)
        seen = [sum(latents[:i]) if skip else latents[i - 1] for i in range(1, len(latents))]
        self.above = nn.ModuleList(
            Gaussian((size,), latent, own)
            for size, latent, own in zip(seen, latents[1:], layer_networks)
        )
        self.latents = tuple(latents)

    def forward(self, x: Tensor, *seen: Tensor) -> Layers:
        """q(z|x), batch (*,), event (Z,), for x (*, X)."""
        steps = [Step(network, size) for network, size in zip(self.above, self.latents[1:])]
        return Layers(self.lowest(x, *seen), steps, upward=True, skip=self.skip)
