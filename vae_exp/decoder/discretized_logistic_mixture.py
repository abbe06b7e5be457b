"""A mixture of discretised logistics for each pixel, for grey levels."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.distributions import Categorical, MixtureSameFamily

from vae_exp.decoder import Decoder
from vae_exp.decoder.discretized_logistic import LogisticBins
from vae_exp.decoder.levels import Levels
from vae_exp.distribution.positive import shifted_softplus


class DiscretizedLogisticMixture(Decoder):
    """p(x|z) = Π_i Σ_k w_ik(z) DiscretizedLogistic(x_i | loc_ik(z), scale_ik(z)).

    Every pixel and every channel has a mixture of its own, and they are independent given z: the
    green and blue of the source, whose locations move with the red, are not here. ``loc_ik``
    starts at (k + ½)/K, so that the components share [0, 1] out among them.

    Args:
        x_shape, z_dim, network: see ``Decoder``; the network gives 3K numbers a component of x.
        components: K.
        scale_value: where the scales start; x is in [0, 1].
        min_scale: no scale gets below.
        levels: L, the grey level that is x = 1.

    Raises:
        ValueError: a number out of its range.
    Source: Salimans et al. 2017, arXiv 1701.05517.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        components: int,
        scale_value: float,
        min_scale: float,
        levels: int | None,
    ):
        if components < 1:
            raise ValueError(
                f"decoder.components: expected a positive number, got {components}; 1 is "
                "decoder=discretized_logistic with decoder.scale=per_pixel"
            )
        if not 0 < min_scale < scale_value < float("inf"):
            raise ValueError(
                "decoder.min_scale, decoder.scale_value: expected positive numbers, the first "
                f"below the second, got {min_scale} and {scale_value}"
            )
        self.outputs = 3 * components
        super().__init__(x_shape, z_dim, network)
        self.support = Levels(levels)
        self.scale_value, self.min_scale = scale_value, min_scale
        self.register_buffer("start", (torch.arange(components) + 0.5) / components)  # (K,)

    def components(self, *outputs: Tensor) -> MixtureSameFamily:
        logits, loc, raw = torch.stack(outputs, dim=-1).chunk(3, dim=-1)  # (*, X, K) each
        scale = shifted_softplus(self.min_scale, self.scale_value, raw)
        return MixtureSameFamily(
            Categorical(logits=logits, validate_args=False),
            LogisticBins(loc + self.start, scale, self.support, validate_args=False),
            validate_args=False,
        )
