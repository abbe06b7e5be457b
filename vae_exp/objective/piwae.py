"""One importance-weighted bound for the generative model, another one for the encoder."""

from torch import Tensor

from vae_exp.objective import Terms
from vae_exp.objective.iwae import log_mean_exp
from vae_exp.objective.miwae import MIWAE


class PIWAE(MIWAE):
    """iwae with all S samples for the parameters of p, miwae with M groups for those of q.

    The tight bound is best for the model, a looser one has the clearer gradient for the encoder.
    The value is that of iwae. Both gradients come from one pass, at the price of decoding twice:
    with ℓ = log p(x|z̄) + log p(z̄) at samples held fixed, miwae without the gradient of ℓ is the
    encoder's part.

    Args:
        samples: S.
        groups: M, which divides S.

    Source: Rainforth et al. 2018, "Tighter variational bounds are not necessarily better",
        arXiv 1802.04537.
    """

    def forward(self, terms: Terms) -> Tensor:
        log_w = terms.log_weight()  # (S, B)
        if not log_w.requires_grad:
            return -log_mean_exp(log_w).mean()
        fixed = terms.log_joint_at_fixed_z()  # of the same value but for log q: (S, B)
        of_encoder = self.bound(log_w - fixed + fixed.detach())
        of_model = log_mean_exp(log_w.detach() + fixed - fixed.detach()).mean()
        return -(of_model + of_encoder - of_encoder.detach())
