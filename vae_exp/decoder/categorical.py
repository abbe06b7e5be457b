"""The categorical likelihood, for grey levels with any probabilities."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.distributions import Categorical as CategoricalDistribution

from vae_exp.decoder import Decoder
from vae_exp.decoder.levels import Levels


class Categorical(Decoder):
    """p(x|z) = Π_i softmax(logits_i(z))_k at x_i = k/L, k = 0, ..., L.

    It knows of no order among the levels. The network gives L + 1 numbers a component of x, which
    for images of 8 bits is 256 times as many: mind the memory.

    Args:
        x_shape, z_dim, network: see ``Decoder``.
        levels: L, the grey level that is x = 1.

    Raises:
        ValueError: L is not positive, or the data have none.
    Source: van den Oord et al. 2016, arXiv 1601.06759.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        levels: int | None,
    ):
        self.support = Levels(levels)
        self.outputs = levels + 1
        super().__init__(x_shape, z_dim, network)

    def components(self, *outputs: Tensor) -> "CategoricalLevels":
        logits = torch.stack(outputs, dim=-1)  # (*, X, L + 1)
        return CategoricalLevels(logits=logits, validate_args=False)


class CategoricalLevels(CategoricalDistribution):
    """torch's Categorical with k/L in the place of k, k = 0, ..., L."""

    @property
    def support(self) -> Levels:
        return Levels(self._num_events - 1)

    @property
    def mean(self) -> Tensor:
        """Σ_k p_k k/L."""
        levels = self._num_events - 1
        return self.probs @ torch.arange(levels + 1, device=self.probs.device).to(self.probs).div(
            levels
        )

    def log_prob(self, x: Tensor) -> Tensor:
        return super().log_prob((x * (self._num_events - 1)).round())

    def sample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        return super().sample(torch.Size(sample_shape)).to(self.logits) / (self._num_events - 1)
