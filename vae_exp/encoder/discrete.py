"""What posteriors of codes have in common."""

import math
from collections.abc import Callable
from typing import Literal

from torch import Tensor, nn
from torch.distributions import Distribution

from vae_exp.distribution.latent_codes import LatentCodes
from vae_exp.encoder import Encoder
from vae_exp.expectation import Expectation
from vae_exp.expectation.enumeration import Enumeration
from vae_exp.expectation.relaxed import Concrete, GumbelSoftmax, StraightThrough
from vae_exp.expectation.score_function import ScoreFunction
from vae_exp.expectation.temperature import Schedule, Temperature
from vae_exp.expectation.vimco import VIMCO

Gradient = Literal[
    "straight_through", "gumbel_softmax", "concrete", "score_function", "vimco", "enumerate"
]


class Discrete(Encoder):
    """q(z|x) = Π_n q(z_n | logits_n(x)), z_n one of a few values, logits from the network.

    A subclass says which distribution that is, in ``codes``, and in which space, in ``space``.

    Args:
        x_shape, z_dim, outputs, network: see ``Encoder``; N = ``z_dim``.
        gradient: of averages over q, see ``vae_exp.expectation``: ``straight_through`` and
            ``gumbel_softmax`` (biased), ``concrete`` (of a relaxed model), ``score_function``,
            ``vimco`` and ``enumerate`` (unbiased, of the ELBO and of bounds of several samples;
            enumerate of the ELBO alone, without variance).
        temperature, temperature_schedule, end_temperature, temperature_steps: of the first three,
            see ``Temperature``.

    Raises:
        ValueError: a number out of its range, or too many codes to enumerate.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        outputs: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        gradient: Gradient,
        temperature: float,
        temperature_schedule: Schedule,
        end_temperature: float,
        temperature_steps: int,
    ):
        super().__init__(x_shape, z_dim, outputs, network)
        relaxed = {
            "straight_through": StraightThrough,
            "gumbel_softmax": GumbelSoftmax,
            "concrete": Concrete,
        }
        schedule = (temperature, temperature_schedule, end_temperature, temperature_steps)
        self.expectation: Expectation
        if gradient in relaxed:
            self.expectation = relaxed[gradient](Temperature(*schedule))
        elif gradient == "enumerate":
            self.expectation = Enumeration(math.prod(self.space.values))
        else:
            self.expectation = {"score_function": ScoreFunction, "vimco": VIMCO}[gradient]()

    @property
    def space(self) -> LatentCodes:
        raise NotImplementedError

    def codes(self, outputs: Tensor) -> Distribution:
        """q(z|x), of the outputs of the network."""
        raise NotImplementedError

    def forward(self, x: Tensor, *seen: Tensor) -> Distribution:
        """q(z|x), batch (*,), event (Z,), for x (*, X); of relaxed codes while training with
        ``gradient=concrete``."""
        q_z = self.codes(self.outputs(x, *seen))
        if self.training and isinstance(self.expectation, Concrete):
            return q_z.relaxed(self.expectation.temperature.value)
        return q_z
