"""Between the ELBO and the importance-weighted bound."""

from torch import Tensor

from vae_exp.objective import Objective, Terms
from vae_exp.objective.iwae import log_mean_exp


class CIWAE(Objective):
    """−(β 1/K Σ_k log w_k + (1 − β) log 1/K Σ_k w_k): the ELBO for β = 1, iwae for β = 0.

    Args:
        samples: K.
        elbo_weight: β, from 0 to 1.

    Raises:
        ValueError: β is not.
    Source: Rainforth et al. 2018, "Tighter variational bounds are not necessarily better",
        arXiv 1802.04537.
    """

    weighs_samples = True

    def __init__(self, samples: int, elbo_weight: float):
        super().__init__(samples)
        if not 0 <= elbo_weight <= 1:
            raise ValueError(
                f"objective.elbo_weight: expected a number from 0 to 1, got {elbo_weight}"
            )
        self.elbo_weight = elbo_weight

    def forward(self, terms: Terms) -> Tensor:
        reconstruction_loss = terms.mean(terms.reconstruction_loss, "reconstruction_loss")
        elbo = -(reconstruction_loss + terms.mean(terms.kl_loss, "kl"))
        return -terms.mean_bound(log_mean_exp).lerp(elbo, self.elbo_weight)
