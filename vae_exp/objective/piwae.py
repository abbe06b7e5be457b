"""One importance-weighted bound for the generative model, another one for the encoder."""

import torch
from torch import Tensor

from vae_exp.objective import Terms
from vae_exp.objective.iwae import log_mean_exp
from vae_exp.objective.miwae import MIWAE


class PIWAE(MIWAE):
    """iwae with all S samples for the parameters of p, miwae with M groups for those of q.

    The tight bound is best for the model, a looser one has the clearer gradient for the encoder.
    The value is that of iwae. With w̃_s normalised over all samples, ṽ_s over those of a group and
    divided by M, and ℓ_s = log p(x|z_s) + log p(z_s),

        ∂ / ∂ parameters of p   −Σ_s w̃_s ∂ ℓ_s
        ∂ / ∂ parameters of q   −Σ_s ṽ_s ∂ (ℓ_s − log q(z_s|x)), through z_s as well

    Both come from one p(x|z), at the price of a second way back from it to z.

    Args:
        samples: S.
        groups: M, which divides S.

    Source: Rainforth et al. 2018, "Tighter variational bounds are not necessarily better",
        arXiv 1802.04537.
    """

    def forward(self, terms: Terms) -> Tensor:
        log_w, z = terms.log_weight(), terms.z  # (S, B), (S, B, Z)
        bound = log_mean_exp(log_w).mean()
        if not z.requires_grad:
            return -bound
        log_joint = terms.log_joint()
        of_model, of_encoder = log_w.detach().softmax(0), self.weight(log_w.detach())
        surrogate = of_model * log_joint - of_encoder * terms.q_z.log_prob(z)
        # that takes ℓ to z with the model's weights: what the encoder's would have given beyond
        beyond = ((of_encoder - of_model) * log_joint).sum(0).mean()
        (of_z,) = torch.autograd.grad(beyond, z, retain_graph=True)
        surrogate = surrogate.sum(0).mean() + (of_z * z).sum()
        return -(bound.detach() + surrogate - surrogate.detach())
