"""The plain Monte Carlo estimate of KL(q ‖ p)."""

from torch import Tensor
from torch.distributions import Distribution

from vae_exp.kl import KLEstimator


class MonteCarlo(KLEstimator):
    """−log r, the k1 estimator: unbiased for any pair with densities, may be negative.

    Per dimension or joint, the sum is the same. Source: Schulman 2020, "Approximating KL
    Divergence", http://joschu.net/blog/kl-approx.html
    """

    is_log_ratio = True

    def per_latent(self, q_z: Distribution, p_z: Distribution, z: Tensor) -> Tensor:
        return -self.log_ratio(q_z, p_z, z)
