"""A prior with any number of layers of bits."""

from collections.abc import Callable

from torch import nn

from vae_exp.distribution.bit_layers import BitLayers
from vae_exp.distribution.layers import Step
from vae_exp.encoder.hierarchical import check_prior_latents
from vae_exp.encoder.sigmoid_belief import bit_layers


class SigmoidBelief(nn.Module):
    """p(z) = p(z_1|z_2) ... p(z_{L−1}|z_L) p(z_L), bits, independent given the layer above.

    With linear layers, and decoder=bernoulli of a linear network, a sigmoid belief network; for
    encoder=sigmoid_belief.

    Args:
        latents: the sizes of z_1 to z_L, which add up to ``z_dim``. None, which is refused, is what
            an encoder without layers leaves.
        z_dim: Z, of all layers together.
        layer_network: ``network(in_shape, out_shape)``, from each layer to the logits of the one
            below it.
        top: builds p(z_L), of its ``z_dim``.
        encoder: the model's.

    Raises:
        ValueError: sizes disagree with ``z_dim`` or with the encoder's.
    Source: Neal 1992, "Connectionist learning of belief networks", Artificial Intelligence 56.
    """

    def __init__(
        self,
        latents: list[int] | None,
        z_dim: int,
        layer_network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        top: Callable[..., nn.Module],
        encoder: nn.Module,
    ):
        super().__init__()
        check_prior_latents("sigmoid_belief", latents, z_dim, encoder)
        self.downward = tuple(reversed(latents))
        self.layers = bit_layers(self.downward, layer_network)
        self.top = top(z_dim=latents[-1])

    def forward(self) -> BitLayers:
        """p(z), batch (), event (Z,)."""
        steps = [Step(layer, size) for layer, size in zip(self.layers, self.downward[1:])]
        return BitLayers(self.top(), steps, upward=False)
