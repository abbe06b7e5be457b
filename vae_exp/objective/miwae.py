"""The average of several importance-weighted bounds."""

from torch import Tensor

from vae_exp.objective import Objective, Terms
from vae_exp.objective.iwae import log_mean_exp


class MIWAE(Objective):
    """−1/M Σ_m log 1/K Σ_k w_mk: the S = M K samples of each datum in M groups of K.

    M = 1 is iwae, M = S the ELBO; in between the gradient of the encoder is less noisy than that of
    iwae with the same S.

    Args:
        samples: S.
        groups: M, which divides S.

    Raises:
        ValueError: it does not.
    Source: Rainforth et al. 2018, "Tighter variational bounds are not necessarily better",
        arXiv 1802.04537.
    """

    weighs_samples = True

    def __init__(self, samples: int, groups: int):
        super().__init__(samples)
        if groups < 1 or samples % groups:
            raise ValueError(
                f"objective.groups: expected a number that divides objective.samples ({samples}), "
                f"got {groups}"
            )
        self.groups = groups

    def forward(self, terms: Terms) -> Tensor:
        return -terms.mean_bound(self.bounds)

    def bounds(self, log_w: Tensor) -> Tensor:
        """The bound of each group, (M, *), for log weights (S, *)."""
        return log_mean_exp(self.grouped(log_w), dim=1)

    def weight(self, log_w: Tensor) -> Tensor:
        """∂ bound / ∂ log w of each sample, for log weights (S, B): (S, B)."""
        return self.grouped(log_w).softmax(1).flatten(end_dim=1) / self.groups

    def grouped(self, log_w: Tensor) -> Tensor:
        """(S, B) as (M, K, B)."""
        return log_w.unflatten(0, (self.groups, -1))
