"""What priors of codes have in common."""

import torch
from torch import Tensor, nn
from torch.distributions import Distribution


class Discrete(nn.Module):
    """p(z) = Π_n p(z_n), z_n one of a few values; of relaxed codes while training, where the
    posterior's are.

    A subclass says which distribution that is, in ``codes``, and the ``logits`` of it.

    Args:
        gradient: the posterior's; ``concrete`` where its codes are relaxed.
        temperature: of the relaxation.

    Raises:
        ValueError: the temperature is not positive.
    """

    logits: Tensor

    def __init__(self, gradient: str | None, temperature: float):
        super().__init__()
        if not 0 < temperature < float("inf"):
            raise ValueError(f"prior.temperature: expected a positive number, got {temperature}")
        self.relaxes = gradient == "concrete"
        self.register_buffer("temperature", torch.tensor(float(temperature)), persistent=False)

    def codes(self, logits: Tensor) -> Distribution:
        raise NotImplementedError

    def forward(self) -> Distribution:
        """p(z), batch (), event (Z,)."""
        p_z = self.codes(self.logits)
        return p_z.relaxed(self.temperature) if self.training and self.relaxes else p_z
