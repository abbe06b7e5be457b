"""A prior with any number of stochastic layers."""

import inspect
from collections.abc import Callable

from torch import Tensor, nn

from vae_exp.distribution.layers import Layers, Step
from vae_exp.encoder.hierarchical import check_prior_latents, of_layers
from vae_exp.encoder.top_down import downward


class Hierarchical(nn.Module):
    """p(z) = p(z_1|z_2) ... p(z_{L−1}|z_L) p(z_L), z = (z_1, ..., z_L), Gaussian but for p(z_L).

    For encoder=hierarchical, and a likelihood that sees z_1, or with ``skip`` all layers. Where the
    encoder is a ladder the networks are the encoder's, which trains them; here they are held in a
    tuple, so that parameters do not stand twice in the model. With prior=vampprior on top,
    p(z_L) = 1/K Σ_k q(z_L|u_k).

    Args:
        latents: the sizes of z_1 to z_L, which add up to ``z_dim``. None, which is refused, is what
            an encoder without layers leaves.
        z_dim: Z, of all layers together.
        skip: whether z_l depends on all layers above, p(z_l|z_{l+1}, ..., z_L).
        layer_network: ``network(in_shape, out_shape)``, from each layer to the one below it. It is
            asked again for each density, so it should have no dropout; of batch normalisation see
            ``Layers``.
        layer_hidden: in place of its ``hidden``, for each but the last layer, or none.
        top: builds p(z_L), from those of the arguments z_dim, encoder, x_shape and inputs that it
            has.
        encoder: the model's.
        x_shape: X, the event shape of what the encoder sees.
        inputs: what the encoder sees of data, by default the data themselves.

    Raises:
        ValueError: sizes disagree with ``z_dim`` or with the encoder's, or p(z_L) asks for a
            q(z_L|x) that the encoder does not have.
    Source: Sønderby et al. 2016, arXiv 1602.02282; the VampPrior on top: Tomczak and Welling 2018,
        arXiv 1705.07120.
    """

    def __init__(
        self,
        latents: list[int] | None,
        z_dim: int,
        skip: bool,
        layer_network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        layer_hidden: list[list[int]] | None,
        top: Callable[..., nn.Module],
        encoder: nn.Module,
        x_shape: tuple[int, ...],
        inputs: Callable[[Tensor], Tensor] = nn.Identity(),  # noqa: B008
    ):
        super().__init__()
        check_prior_latents("hierarchical", latents, z_dim, encoder)
        if skip != getattr(encoder, "skip", skip):
            raise ValueError(
                f"prior.skip: expected that of the encoder, {encoder.skip}, got {skip}; leave it "
                "out here"
            )
        self.latents, self.skip = tuple(latents), skip
        shared = getattr(encoder, "shared", None)
        self._shared = (shared,)
        if shared is None:
            networks = of_layers("prior", layer_network, layer_hidden, len(latents))
            self.layers = downward(latents, skip, networks, [0] * len(latents))
        wanted = inspect.signature(top).parameters
        offered = {"z_dim": latents[-1], "x_shape": x_shape, "inputs": inputs}
        if "encoder" in wanted:
            offered["encoder"] = highest(encoder)
        self.top = top(**{name: value for name, value in offered.items() if name in wanted})

    def setup(self, x: Tensor, size: int) -> None:
        """Let p(z_L) see training data x (N, X), of which there are ``size``, if it wants to."""
        if hasattr(self.top, "setup"):
            self.top.setup(x, size)

    def forward(self) -> Layers:
        """p(z), batch (), event (Z,)."""
        (shared,) = self._shared
        layers = self.layers if shared is None else shared
        steps = [Step(network, size) for network, size in zip(layers, self.latents)]
        return Layers(self.top(), steps[::-1], upward=False, skip=self.skip)


def highest(encoder: nn.Module) -> Callable[[Tensor], object]:
    """What q(z_L|x) is a function of x of.

    Raises:
        ValueError: the encoder does not have it, as it has q(z_L|z_{L−1}).
    """
    found = getattr(getattr(encoder, "layers", None), "highest", None)
    if found is None:
        raise ValueError(
            "prior.top: expected one that asks for no q(z_L|x) with an encoder that does not have "
            "it, got one that does; use encoder=hierarchical with encoder.inference=top_down or "
            "ladder, or prior@prior.top=standard_normal"
        )
    return found
