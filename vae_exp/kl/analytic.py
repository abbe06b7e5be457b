"""The closed form of KL(q ‖ p)."""

from torch import Tensor
from torch.distributions import Distribution, kl_divergence

from vae_exp.kl import KLEstimator, family


class Analytic(KLEstimator):
    """KL(q ‖ p) = E_q[log q(z) − log p(z)], integrated by hand: exact, no variance.

    Available for the pairs that ``torch.distributions.kl_divergence`` knows.
    """

    def per_latent(self, q_z: Distribution, p_z: Distribution, z: Tensor) -> Tensor:
        """The exact KL, (B, D); z is not used.

        Raises:
            ValueError: torch has no closed form for this pair.
        """
        try:
            if self.by_dimension(q_z, p_z):
                return kl_divergence(q_z.base_dist, p_z.base_dist)
            return kl_divergence(q_z, p_z).unsqueeze(-1)
        except NotImplementedError:
            raise ValueError(
                f"kl: expected a pair with a closed form for kl=analytic, got the posterior "
                f"{family(q_z)} and the prior {family(p_z)}; use kl=monte_carlo, kl=schulman or "
                "kl=schulman_k3, or prior=standard_normal"
            ) from None
