"""Variational bounds from Rényi's divergences."""

from torch import Tensor

from vae_exp.objective import Objective, Terms


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
        if self.alpha == 1:
            return -terms.mean(terms.log_weight())
        return -terms.mean_bound(self.bound)

    def bound(self, log_w: Tensor) -> Tensor:
        """1/(1 − α) log 1/K Σ_k w_k^(1 − α), (*,), for log weights (K, *)."""
        power = 1 - self.alpha
        # 1/K Σ_k (w_k / w*)^(1 − α) − 1, w* that of the largest power: small near α = 1, where the
        # logarithm of the mean itself would lose its digits in the division
        largest = (log_w.amax(0) if power > 0 else log_w.amin(0)).detach()
        excess = (power * (log_w - largest)).expm1().mean(0)
        return largest + excess.log1p() / power
