"""Likelihoods with a location and a scale for each pixel."""

from collections.abc import Callable
from typing import Literal

from torch import Tensor, nn
from torch.distributions import Distribution, constraints

from vae_exp.decoder import Decoder
from vae_exp.decoder.scale import SCALES


class LocationScale(Decoder):
    """p(x|z) = Π_i family(x_i | loc_i(z), scale_i), loc from the network, scale as chosen.

    A subclass names the family and, where that is a closed form, the moment of the residuals whose
    mean gives the scale of largest likelihood.

    Args:
        x_shape, z_dim, network: see ``Decoder``.
        scale: ``fixed`` to ``scale_value``, ``shared`` (one learned number), ``per_pixel``
            (an output of the network), or, where there is a moment, ``optimal`` (the analytic
            optimum of each batch while training, its running estimate in evaluation), which
            objectives that weigh samples refuse.
        scale_value: the fixed scale, or where a learned one starts; in the data's units.
        min_scale: no learned scale gets below: pixels that never change would take it to 0 and
            the density to infinity.

    Raises:
        ValueError: a scale out of its range, or one that the family does not have.
    """

    family: Callable[..., Distribution]
    moment: Callable[[Tensor], Tensor]
    scale_of_moment: Callable[[Tensor], Tensor]
    support = constraints.real

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        scale: Literal["fixed", "shared", "per_pixel", "optimal"],
        scale_value: float,
        min_scale: float,
    ):
        if not 0 < scale_value < float("inf"):
            raise ValueError(f"decoder.scale_value: expected a positive number, got {scale_value}")
        if scale != "fixed" and not 0 < min_scale < scale_value:
            raise ValueError(
                f"decoder.min_scale: expected a number between 0 and decoder.scale_value "
                f"({scale_value}), got {min_scale}"
            )
        if scale == "optimal" and not hasattr(self, "moment"):
            raise ValueError(
                f"decoder.scale: expected fixed, shared or per_pixel, got optimal, for which "
                f"{type(self).__name__} has no closed form; use one of those, or decoder=gaussian"
            )
        self.outputs, self.fits_batch = SCALES[scale].outputs, scale == "optimal"
        super().__init__(x_shape, z_dim, network)
        self.scale = SCALES[scale](scale_value, min_scale)

    def components(self, *outputs: Tensor) -> Distribution:
        return self.scale(self, *outputs)
