"""What is minimised: one objective a file, all with the contract of ``Objective``."""

from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Terms:
    """The two terms of the ELBO for one batch, in nats, before any weighting.

    Shapes: ``reconstruction_loss`` (S, B) is −log p(x|z); ``kl_per_latent`` is (S, B, D), or
    (B, D) where it does not depend on the sample; D = Z, or 1 for a joint estimate.
    """

    reconstruction_loss: Tensor
    kl_per_latent: Tensor

    @property
    def kl_loss(self) -> Tensor:
        """KL(q(z|x) ‖ p(z)): (S, B) or (B,)."""
        return self.kl_per_latent.sum(-1)


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
