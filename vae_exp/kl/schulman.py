"""Schulman's low-variance, biased estimate of KL(q ‖ p)."""

from torch import Tensor
from torch.distributions import Distribution

from vae_exp.kl import KLEstimator


class Schulman(KLEstimator):
    """½ (log r)², the k2 estimator: never negative, of low variance and small bias when q ≈ p.

    Its expectation is an f-divergence that agrees with the KL to second order, so away from q = p
    it is biased: for unit-variance Gaussians μ apart, by μ²/4 of the true value. On a joint
    log-ratio of many nats it behaves like KL²/2; prefer it per dimension.
    Source: Schulman 2020, "Approximating KL Divergence", http://joschu.net/blog/kl-approx.html
    """

    unbiased = False

    def per_latent(self, q_z: Distribution, p_z: Distribution, z: Tensor) -> Tensor:
        return self.log_ratio(q_z, p_z, z).square() / 2
