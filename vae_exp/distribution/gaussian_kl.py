"""The closed form of the KL from a Gaussian with correlations to one without.

torch has it for each kind with itself. Importing this module registers it.
"""

from torch import Tensor
from torch.distributions import (
    Independent,
    LowRankMultivariateNormal,
    MultivariateNormal,
    Normal,
    register_kl,
)


@register_kl(MultivariateNormal, Independent)
@register_kl(LowRankMultivariateNormal, Independent)
def correlated_to_independent(
    q: MultivariateNormal | LowRankMultivariateNormal, p: Independent
) -> Tensor:
    """KL(q ‖ p) = −H(q) − log p(E_q z) + ½ Σ_d Var_q(z_d) / σ_d², p = Π_d N(μ_d, σ_d²), in nats.

    Raises:
        NotImplementedError: p is of another kind, as torch has it for pairs without a closed form.
    """
    if not isinstance(p.base_dist, Normal) or p.event_shape != q.event_shape:
        raise NotImplementedError
    spread = (q.variance / p.base_dist.variance).sum(-1) / 2
    return spread - p.log_prob(q.mean) - q.entropy()
