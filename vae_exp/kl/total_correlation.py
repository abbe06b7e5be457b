"""The KL in three parts with weights of their own, one of them the total correlation (β-TC-VAE)."""

import torch
from torch import Tensor
from torch.distributions import Distribution

from vae_exp.kl import KLEstimator, factorises, family


class TotalCorrelation(KLEstimator):
    """α I(x; z) + β KL(q(z) ‖ Π_d q(z_d)) + γ Σ_d KL(q(z_d) ‖ p(z_d)): the KL if α = β = γ = 1.

    Each from samples: log q(z|x) − log q(z), log q(z) − Σ_d log q(z_d), Σ_d log q(z_d) − log p(z).
    The aggregate q(z) = E_x[q(z|x)] comes from the batch: of N data the z's own has weight 1/N, and
    the others of the batch share the rest, so that its expectation is q(z), and with all data in
    one batch it is exact. The third is a KL where p(z) = Π_d p(z_d) alone; with another prior, of
    which α ≠ γ is refused, the whole is α KL(q(z|x) ‖ p(z)) + (β − α) KL(q(z) ‖ Π_d q(z_d)).

    Args:
        mutual_information: α.
        total_correlation: β, above 1 for latents that depend less on each other.
        dimension_wise: γ.

    Raises:
        ValueError: a weight is negative.
    Source: Chen et al. 2018, "Isolating sources of disentanglement", arXiv 1802.04942; Hoffman and
        Johnson 2016, "ELBO surgery".
    """

    compares_data = True
    reparametrises = True
    needs = "independent posterior dimensions"

    def __init__(self, mutual_information: float, total_correlation: float, dimension_wise: float):
        super().__init__(per_dimension=False)
        weights = {
            "mutual_information": mutual_information,
            "total_correlation": total_correlation,
            "dimension_wise": dimension_wise,
        }
        for key, weight in weights.items():
            if not weight >= 0:
                raise ValueError(f"kl.{key}: expected 0 or more, got {weight}")
        self.weights = tuple(weights.values())
        self.register_buffer("data_size", torch.ones((), dtype=torch.int64))

    @property
    def is_kl(self) -> bool:
        return self.weights == (1, 1, 1)

    def setup(self, x: Tensor, size: int) -> None:
        """Learn N, the size of the training set."""
        self.data_size.fill_(size)

    def per_latent(self, q_z: Distribution, p_z: Distribution, z: Tensor) -> Tensor:
        """The weighted sum, (S, B, 1).

        Raises:
            ValueError: the posterior does not factorise over latent dimensions, or the prior does
                not and α ≠ γ.
        """
        alpha, _, gamma = self.weights
        if alpha != gamma and not factorises(p_z):
            raise ValueError(
                "prior: expected one that factorises over latent dimensions where "
                f"kl.mutual_information and kl.dimension_wise are not the same, {alpha} and "
                f"{gamma}, got {family(p_z)}; use prior=standard_normal, or one number for both"
            )
        parts = zip(self.weights, self.parts(q_z, p_z, z))
        return sum(weight * part for weight, part in parts).unsqueeze(-1)

    def parts(self, q_z: Distribution, p_z: Distribution, z: Tensor) -> tuple[Tensor, ...]:
        """Mutual information, total correlation, dimension-wise KL of each sample: (S, B) each."""
        if not factorises(q_z):
            raise ValueError(
                "kl: expected a posterior that factorises over latent dimensions for "
                f"kl=total_correlation, got {family(q_z)}; use encoder=gaussian, or another kl"
            )
        pairs = q_z.base_dist.log_prob(z.unsqueeze(2))  # log q(z_id|x_jd): (S, B, B, Z)
        own = torch.eye(z.shape[1], dtype=torch.bool, device=z.device).unsqueeze(-1)
        rest = (self.data_size - 1).clamp(min=1) / max(1, z.shape[1] - 1)
        log_share = (
            rest.log().expand(own.shape).masked_fill(own, 0.0) - self.data_size.log()
        )  # (B, B, 1)
        log_q_each = (pairs + log_share).logsumexp(2).sum(-1)  # Σ_d log q(z_d): (S, B)
        log_q = (pairs.sum(-1) + log_share.squeeze(-1)).logsumexp(2)  # log q(z): (S, B)
        log_q_of_x = q_z.log_prob(z)
        return log_q_of_x - log_q, log_q - log_q_each, log_q_each - p_z.log_prob(z)
