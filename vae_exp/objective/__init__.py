"""What is minimised: one objective a file, all with the contract of ``Objective``."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Terms:
    """The two terms of the ELBO for one batch, in nats, before any weighting.

    Shapes: ``reconstruction_loss``, −log p(x|z), (S, B); ``kl_loss``, the estimate of
    KL(q(z|x) ‖ p(z)), (S, B), or (B,) where it does not depend on the sample;
    ``kl_per_latent()``, the same by latent dimension, (S, B, D) or (B, D), D = Z, or 1 for a
    joint estimate.
    """

    reconstruction_loss: Tensor
    kl_loss: Tensor
    kl_per_latent: Callable[[], Tensor]


class Objective(nn.Module):
    """``objective(terms)`` is the scalar to minimise; ``objective.samples`` is S.

    Raises:
        ValueError: ``samples`` is not positive.
    """

    def __init__(self, samples: int):
        super().__init__()
        if samples < 1:
            raise ValueError(f"objective.samples: expected a positive number, got {samples}")
        self.samples = samples

    def forward(self, terms: Terms) -> Tensor:
        raise NotImplementedError

    def info(self) -> dict[str, Tensor]:
        """Scalars of the objective that are worth a curve of their own."""
        return {}
