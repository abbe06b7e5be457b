"""Inference from the highest stochastic layer down, beside deterministic layers of x."""

from collections.abc import Callable, Sequence

from torch import Tensor, nn
from torch.distributions import Independent, Normal
from torch.nn import functional as F

from vae_exp.distribution.layers import Layers, Step
from vae_exp.distribution.positive import bounded_exp
from vae_exp.encoder import Encoder
from vae_exp.encoder.gaussian import Gaussian

Network = Callable[[tuple[int, ...], tuple[int, ...]], nn.Module]


def downward(
    latents: Sequence[int], skip: bool, networks: Sequence[Network], beside: Sequence[int]
) -> nn.ModuleList:
    """For each of z_1, ..., z_{L−1} the Gaussian given the layer above it, or all above it.

    Args:
        latents: the sizes of z_1, ..., z_L.
        networks: ``network(in_shape, out_shape)``, of each.
        beside: how many numbers each sees besides.
    """
    above = [sum(latents[i:]) if skip else latents[i] for i in range(1, len(latents))]
    return nn.ModuleList(
        Gaussian((size + more,), latent, network)
        for size, more, latent, network in zip(above, beside, latents, networks)
    )


class TopDown(nn.Module):
    """q(z|x) = q(z_L|x) q(z_{L−1}|x, z_L) ... q(z_1|x, z_2), all Gaussian and diagonal.

    x comes in by deterministic layers, d_1 = f_1(x) and d_l = f_l(d_{l−1}), q(z_L|x) is a linear
    map of d_L, and the others are networks of d_l and z_{l+1}, or, with ``shared``, a ladder: the
    product of a Gaussian that is a linear map of d_l with the prior's own p(z_l|z_{l+1}).

    Args:
        x_shape: X, the event shape of the data.
        latents: the sizes of z_1, ..., z_L.
        skip: whether z_l depends on all of z_{l+1}, ..., z_L.
        features: the sizes of d_1, ..., d_L.
        network: from x to d_1.
        layer_networks: from d_l to d_{l+1}, and with d_l to the parameters of z_l, for each l < L.
        shared: p(z_l|z_{l+1}) for each l < L, or none where there is no ladder.
    Source: the ladder: Sønderby et al. 2016, arXiv 1602.02282; networks of x and z_2:
        Tomczak and Welling 2018, arXiv 1705.07120.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        latents: Sequence[int],
        skip: bool,
        features: Sequence[int],
        network: Network,
        layer_networks: Sequence[Network],
        shared: nn.ModuleList | None,
    ):
        super().__init__()
        self.latents, self.skip = tuple(latents), skip
        self.lowest = Encoder(x_shape, latents[0], features[0], network)
        self.deterministic = nn.ModuleList(
            own((size,), (next_size,))
            for own, size, next_size in zip(layer_networks, features, features[1:])
        )
        self.ladder = shared is not None
        ends = list(zip(features, latents)) if self.ladder else [(features[-1], latents[-1])]
        self.linear = nn.ModuleList(nn.Linear(size, 2 * latent) for size, latent in ends)
        self.layers = shared if self.ladder else downward(latents, skip, layer_networks, features)

    def forward(self, x: Tensor, *seen: Tensor) -> Layers:
        """q(z|x), batch (*,), event (Z,), for x (*, X)."""
        features = self.features(x, *seen)
        steps = []
        for i, (network, size) in enumerate(zip(self.layers, self.latents)):
            if self.ladder:
                steps.append(Step(network, size, evidence=self.gaussian(i, features[i])))
            else:
                steps.append(Step(network, size, beside=features[i]))
        return Layers(self._highest(features[-1]), steps[::-1], upward=False, skip=self.skip)

    def highest(self, x: Tensor, *seen: Tensor) -> Independent:
        """q(z_L|x), batch (*,), for x (*, X)."""
        return self._highest(self.features(x, *seen)[-1])

    def features(self, x: Tensor, *seen: Tensor) -> list[Tensor]:
        """d_1, ..., d_L."""
        features = [F.leaky_relu(self.lowest.outputs(x, *seen))]
        for network in self.deterministic:
            features.append(F.leaky_relu(network(features[-1])))
        return features

    def gaussian(self, i: int, feature: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation that x alone gives, by the i-th linear map."""
        loc, log_scale = self.linear[i](feature).chunk(2, dim=-1)
        return loc, bounded_exp(log_scale)

    def _highest(self, feature: Tensor) -> Independent:
        q = Normal(*self.gaussian(-1, feature), validate_args=False)
        return Independent(q, 1, validate_args=False)
