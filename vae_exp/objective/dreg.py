"""The importance-weighted bound with a gradient for the encoder that does not get lost in noise."""

from torch import Tensor

from vae_exp.objective import Terms
from vae_exp.objective.iwae import IWAE, log_mean_exp


class DReG(IWAE):
    """The value of iwae, −log 1/K Σ_k w_k, and the doubly reparametrised gradient.

    With normalised weights w̃_k and the parameters of q held constant in log w_k,

        ∂ / ∂ parameters of p   −Σ_k w̃_k ∂ log w_k,   as iwae has it
        ∂ / ∂ parameters of q   −Σ_k w̃_k² (∂ log w_k / ∂ z_k) (∂ z_k / ∂ parameters)

    both unbiased; the second one's signal-to-noise ratio grows with K, where iwae's shrinks.
    p(x|z_k) is taken to depend on no other sample, as with batch normalisation it does.

    Args:
        samples: K.

    Source: Tucker et al. 2018, "Doubly reparameterized gradient estimators for Monte Carlo
        objectives", arXiv 1810.04152.
    """

    reparametrises = True

    def forward(self, terms: Terms) -> Tensor:
        bound = log_mean_exp(terms.log_weight())  # (B,)
        if not terms.z.requires_grad:
            return -terms.mean(bound)
        log_w = terms.log_weight_at_fixed_q()  # (K, B)
        weight = log_w.detach().softmax(0)
        terms.z.register_hook(lambda gradient: weight.unsqueeze(-1) * gradient)  # the second w̃
        surrogate = (weight * log_w).sum(0)
        return -terms.mean(bound.detach() + (surrogate - surrogate.detach()))
