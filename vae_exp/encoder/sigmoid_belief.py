"""A posterior with any number of layers of bits."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal

from torch import Tensor, nn

from vae_exp.distribution.bit_codes import BitCodes
from vae_exp.distribution.bit_layers import BitLayers
from vae_exp.distribution.layers import Step
from vae_exp.encoder import Encoder
from vae_exp.encoder.hierarchical import check_latents
from vae_exp.expectation import Expectation
from vae_exp.expectation.enumeration import Enumeration
from vae_exp.expectation.score_function import ScoreFunction
from vae_exp.expectation.vimco import VIMCO

Network = Callable[[tuple[int, ...], tuple[int, ...]], nn.Module]


class BitLayer(Encoder):
    """Π_n Bernoulli(z_n | logits_n(before)), whose logits a network gives.

    Args:
        in_shape: the shape of what comes before.
        size: N.
        network: see ``Encoder``.
    """

    def __init__(self, in_shape: tuple[int, ...], size: int, network: Network):
        super().__init__(in_shape, size, size, network)

    def forward(self, before: Tensor, *seen: Tensor) -> BitCodes:
        """Batch (*,), event (N,), for what comes before, (*, ``in_shape``)."""
        return BitCodes(self.outputs(before, *seen))


class SigmoidBelief(nn.Module):
    """q(z|x) = q(z_1|x) q(z_2|z_1) ... q(z_L|z_{L−1}), bits, independent given the layer before.

    The recognition network of a sigmoid belief network, for prior=sigmoid_belief. The likelihood
    sees z_1.

    Args:
        x_shape: X, the event shape of the data.
        latents: the sizes of z_1, which the likelihood sees, to z_L; z_dim is their sum.
        network: ``network(in_shape, out_shape)``, from x to the logits of z_1.
        layer_network: the same from each layer to the logits of the next one.
        gradient: of averages over q, see ``vae_exp.expectation``: ``score_function``, ``vimco``,
            of several samples, or ``enumerate``, of 16 bits at most. All are unbiased.

    Raises:
        ValueError: a size is not positive, there are not two layers, or too many codes to
            enumerate.
    Source: Neal 1992, "Connectionist learning of belief networks"; with this posterior: Mnih and
        Gregor 2014, arXiv 1402.0030, and Mnih and Rezende 2016, arXiv 1602.06725.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        latents: list[int],
        network: Network,
        layer_network: Network,
        gradient: Literal["score_function", "vimco", "enumerate"],
    ):
        super().__init__()
        check_latents("encoder", latents)
        self.latents, self.z_dim, self.decoder_z_dim = tuple(latents), sum(latents), latents[0]
        self.lowest = BitLayer(x_shape, latents[0], network)
        self.above = bit_layers(latents, layer_network)
        self.expectation: Expectation = {
            "score_function": ScoreFunction,
            "vimco": VIMCO,
            "enumerate": lambda: Enumeration(2**self.z_dim),
        }[gradient]()

    def forward(self, x: Tensor, *seen: Tensor) -> BitLayers:
        """q(z|x), batch (*,), event (Z,), for x (*, X)."""
        steps = [Step(layer, size) for layer, size in zip(self.above, self.latents[1:])]
        return BitLayers(self.lowest(x, *seen), steps, upward=True)


def bit_layers(sizes: Sequence[int], network: Network) -> nn.ModuleList:
    """For each but the first the bits given the one before it."""
    return nn.ModuleList(BitLayer((before,), size, network) for before, size in pairwise(sizes))
