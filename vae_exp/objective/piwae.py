"""One importance-weighted bound for the generative model, another one for the encoder."""

from torch import Tensor

from vae_exp.objective import Terms
from vae_exp.objective.iwae import log_mean_exp
from vae_exp.objective.miwae import MIWAE

# A weight that adds nothing to the model's gradient, and leaves the one that comes to z above what
# float32 takes for 0, where a group is hundreds of nats below the best.
SMALL = 1e-20


class PIWAE(MIWAE):
    """iwae with all S samples for the parameters of p, miwae with M groups for those of q.

    The tight bound is best for the model, a looser one has the clearer gradient for the encoder.
    The value is that of iwae. With w̃_s normalised over all samples, and ṽ_s over those of a group
    and divided by M,

        ∂ / ∂ parameters of p   −Σ_s w̃_s ∂ log p(x|z_s) p(z_s)
        ∂ / ∂ parameters of q   −Σ_s ṽ_s ((∂ log w_s / ∂ z_s) ∂ z_s − ∂ log q(z_s|x))

    Both come from one p(x|z): a gradient is the model's up to z_s, and times ṽ_s / w̃_s from there.
    As in dreg, p(x|z_s) is taken to depend on no other sample, as with batch normalisation it does.

    Args:
        samples: S.
        groups: M, which divides S.

    Source: Rainforth et al. 2018, "Tighter variational bounds are not necessarily better",
        arXiv 1802.04537.
    """

    reparametrises = True

    def forward(self, terms: Terms) -> Tensor:
        log_w, z = terms.log_weight(), terms.z  # (S, B), (S, B, Z)
        bound = log_mean_exp(log_w)  # (B,)
        if not z.requires_grad:
            return -terms.mean(bound)
        of_encoder = self.weight(log_w.detach())
        of_model = log_w.detach().softmax(0).clamp(min=SMALL)
        z.register_hook(lambda gradient: (of_encoder / of_model).unsqueeze(-1) * gradient)
        path = of_model * terms.log_weight_at_fixed_q()
        surrogate = (path - of_encoder * terms.q_z.log_prob(z.detach())).sum(0)
        return -terms.mean(bound.detach() + (surrogate - surrogate.detach()))
