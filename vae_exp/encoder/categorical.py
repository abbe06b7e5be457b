"""The posterior of independent categories."""

from collections.abc import Callable

from torch import Tensor, nn

from vae_exp.distribution.one_hot import OneHotCodes, OneHotSpace
from vae_exp.encoder.discrete import Discrete, Gradient, Schedule


class Categorical(Discrete):
    """q(z|x) = Π_n Categorical(z_n | logits_n(x)), z of N one-hot vectors of K, so that Z = N K.

    Args:
        z_dim: N.
        values: K.
        x_shape, network: see ``Encoder``; the rest: see ``Discrete``.

    Raises:
        ValueError: there is one value alone.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        values: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        gradient: Gradient,
        temperature: float,
        temperature_schedule: Schedule,
        end_temperature: float,
        temperature_steps: int,
    ):
        if values < 2:
            raise ValueError(f"encoder.values: expected 2 or more, got {values}")
        self.z_dim, self.values = z_dim, values
        self.decoder_z_dim = z_dim * values
        super().__init__(
            x_shape,
            z_dim,
            z_dim * values,
            network,
            gradient,
            temperature,
            temperature_schedule,
            end_temperature,
            temperature_steps,
        )

    @property
    def space(self) -> OneHotSpace:
        return OneHotSpace(self.z_dim, self.values)

    def codes(self, outputs: Tensor) -> OneHotCodes:
        return OneHotCodes(outputs.unflatten(-1, (self.z_dim, self.values)))
