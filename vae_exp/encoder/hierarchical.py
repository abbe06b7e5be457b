"""A posterior with any number of stochastic layers."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from torch import Tensor, nn

from vae_exp.distribution.layers import Layers
from vae_exp.encoder.bottom_up import BottomUp
from vae_exp.encoder.top_down import TopDown, downward

Network = Callable[[tuple[int, ...], tuple[int, ...]], nn.Module]


class Hierarchical(nn.Module):
    """q(z|x), z = (z_1, ..., z_L), each layer Gaussian with a diagonal covariance given others.

    ``bottom_up``   q(z_1|x) q(z_2|z_1) ... q(z_L|z_{L−1})
    ``top_down``    q(z_L|x) ... q(z_1|x, z_2), each a network
    ``ladder``      the same, with q(z_l|x, z_{l+1}) ∝ N(z_l | μ_l(x), σ_l(x)²) p(z_l|z_{l+1})

    For prior=hierarchical, p(z_1|z_2) ... p(z_{L−1}|z_L) p(z_L). Of a ladder, these networks are
    the encoder's, in ``shared``, and the prior reads them there. The likelihood sees z_1, or with
    ``skip`` all layers. Networks between layers are asked again for each density, so that they
    should have no dropout; of batch normalisation see ``Layers``.

    Args:
        x_shape: X, the event shape of the data.
        latents: the sizes of z_1, which the likelihood sees, to z_L; z_dim is their sum.
        inference: as above.
        skip: whether each layer depends on all before it, p(z_l|z_{l+1}, ..., z_L) and so on.
        features: the size of each deterministic layer of x, of top_down and ladder: one number, or
            one for each layer.
        network: ``network(in_shape, out_shape)``, from x to the lowest layer.
        layer_network: the same between layers.
        layer_hidden: in place of its ``hidden``, for each but the last layer, or none.
        prior_network, prior_hidden: those of the prior, which a ladder shares.

    Raises:
        ValueError: a size is not positive, there are not two layers, as many numbers as layers are
            not given, or a ladder has no prior to share layers with.
    Source: bottom_up: Burda, Grosse and Salakhutdinov 2015, arXiv 1509.00519; ladder: Sønderby et
        al. 2016, arXiv 1602.02282; top_down: Tomczak and Welling 2018, arXiv 1705.07120.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        latents: list[int],
        inference: Literal["bottom_up", "top_down", "ladder"],
        skip: bool,
        features: int | list[int],
        network: Network,
        layer_network: Network,
        layer_hidden: list[list[int]] | None,
        prior_network: Network | None,
        prior_hidden: list[list[int]] | None,
    ):
        super().__init__()
        check_latents("encoder", latents)
        count = len(latents)
        self.latents, self.skip, self.z_dim = tuple(latents), skip, sum(latents)
        self.decoder_z_dim = self.z_dim if skip else latents[0]
        networks = of_layers("encoder", layer_network, layer_hidden, count)
        self.shared: nn.ModuleList | None = None
        if inference == "bottom_up":
            self.layers = BottomUp(x_shape, latents, skip, network, networks)
            return
        widths = [features] * count if isinstance(features, int) else features
        if len(widths) != count or min(widths) < 1:
            raise ValueError(
                f"encoder.features: expected a positive number, or one for each of {count} layers, "
                f"got {features}"
            )
        shared = None
        if inference == "ladder":
            if prior_network is None:
                raise ValueError(
                    "encoder.inference: expected bottom_up or top_down with a prior without "
                    "p(z_l|z_{l+1}), which a ladder shares, got ladder; use prior=hierarchical"
                )
            of_prior = of_layers("prior", prior_network, prior_hidden, count)
            shared = downward(latents, skip, of_prior, [0] * count)
        self.layers = TopDown(x_shape, latents, skip, widths, network, networks, shared)
        self.shared = shared

    def forward(self, x: Tensor, *seen: Tensor) -> Layers:
        """q(z|x), batch (*,), event (Z,), for x (*, X)."""
        return self.layers(x, *seen)


def check_latents(part: str, latents: Sequence[int] | None) -> None:
    """Raises ValueError unless there are two layers or more, of positive sizes."""
    if latents is None or len(latents) < 2 or min(latents) < 1:
        raise ValueError(
            f"{part}.latents: expected the sizes of two layers or more, such as [32, 16, 8], got "
            f"{latents and list(latents)}"
        )


def check_prior_latents(
    option: str, latents: Sequence[int] | None, z_dim: int, encoder: nn.Module
) -> None:
    """Raises ValueError unless a prior has the layers of its encoder, this option, and all of z."""
    check_latents("prior", latents)
    of_encoder = getattr(encoder, "latents", tuple(latents))
    if tuple(latents) != of_encoder:
        raise ValueError(
            f"prior.latents: expected those of the encoder, {list(of_encoder)}, got "
            f"{list(latents)}; leave them out here"
        )
    if sum(latents) != z_dim:
        raise ValueError(
            f"prior.latents: expected sizes that add up to z_dim ({z_dim}), got "
            f"{list(latents)}; use encoder={option}, or z_dim={sum(latents)}"
        )


def of_layers(
    part: str, network: Network, hidden: Sequence[Sequence[int]] | None, count: int
) -> list[Network]:
    """``network`` for each of ``count`` layers but the last, with ``hidden`` of its own if any.

    Raises:
        ValueError: there are not as many.
    """
    if hidden is None:
        return [network] * (count - 1)
    if len(hidden) != count - 1:
        raise ValueError(
            f"{part}.layer_hidden: expected widths for each of {count - 1} networks between "
            f"{count} layers, such as {[[100]] * (count - 1)}, got {[*map(list, hidden)]}"
        )
    return [partial(network, hidden=widths) for widths in hidden]
