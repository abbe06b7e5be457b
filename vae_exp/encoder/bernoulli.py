"""The posterior of independent bits."""

from collections.abc import Callable

from torch import Tensor, nn

from vae_exp.distribution.bit_codes import BitCodes, BitSpace
from vae_exp.encoder.discrete import Discrete, Gradient, Schedule


class Bernoulli(Discrete):
    """q(z|x) = Π_n Bernoulli(z_n | logits_n(x)), z in {0, 1}^N.

    Args:
        z_dim: N.
        x_shape, network: see ``Encoder``; the rest: see ``Discrete``.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        gradient: Gradient,
        temperature: float,
        temperature_schedule: Schedule,
        end_temperature: float,
        temperature_steps: int,
    ):
        self.z_dim = z_dim
        super().__init__(
            x_shape,
            z_dim,
            z_dim,
            network,
            gradient,
            temperature,
            temperature_schedule,
            end_temperature,
            temperature_steps,
        )

    @property
    def space(self) -> BitSpace:
        return BitSpace(self.z_dim)

    def codes(self, outputs: Tensor) -> BitCodes:
        return BitCodes(outputs)
