"""Variational bounds from Rényi's divergences."""

from torch import Tensor

from vae_exp.objective import Objective, Terms
from vae_exp.objective.iwae import log_mean_exp


class Renyi(Objective):
    """−1/(1 − α) log 1/K Σ_k w_k^(1 − α), averaged over the batch.

    α = 1 is the ELBO (the limit), α = 0 iwae; α > 1 seeks modes of the posterior, α < 0 covers it,
    and need not be a bound.

    Args:
        samples: K.
        alpha: α.

    Raises:
        ValueError: α is not finite.
    Source: Li and Turner 2016, "Rényi divergence variational inference", arXiv 1602.02311.
    """

    weighs_samples = True

    def __init__(self, samples: int, alpha: float):
        super().__init__(samples)
        if not abs(alpha) < float("inf"):
            raise ValueError(f"objective.alpha: expected a finite number, got {alpha}")
        self.alpha = alpha

    def forward(self, terms: Terms) -> Tensor:
        log_w = terms.log_weight()
        if self.alpha == 1:
            return -log_w.mean()
        return -log_mean_exp((1 - self.alpha) * log_w).mean() / (1 - self.alpha)
