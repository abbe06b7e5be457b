"""How much the latents know about the data, from the aggregated posterior q(z) = E_x[q(z|x)]."""

import math

import torch
from torch import Tensor

from vae_exp.data import Data
from vae_exp.evaluation.budget import Budget
from vae_exp.runtime.rng import isolate_rng
from vae_exp.vae import VAE

DATA = 2000  # M at most


@torch.no_grad()
def information(
    vae: VAE, data: Data, split: str, max_elements: int, budget: Budget
) -> dict[str, float]:
    """The two parts of the average KL, E_x KL(q(z|x) ‖ p(z)) = I(x; z) + KL(q(z) ‖ p(z)).

    From one z_i ~ q(z|x_i) for each of the first M = min(N, 2000) data, or fewer where M²
    densities do not fit into the budget,

        mutual_information        1/M Σ_i log q(z_i|x_i) − log (1/M Σ_j q(z_i|x_j))
        mutual_information_upper  the same with (1/(M−1) Σ_{j≠i} q(z_i|x_j)), or the average KL if
                                  that is less
        marginal_kl               1/M Σ_i log (1/M Σ_j q(z_i|x_j)) − log p(z_i)

    In expectation the first is a lower bound on I(x; z), which never exceeds log M (7.6 nats), the
    second an upper bound, and the third an upper bound on KL(q(z) ‖ p(z)). The first and the third
    add up to the KL of these data. Where the prior is p(z|c) there is no such sum: the average KL
    is no bound on I(x; z) then, and there is no third number.

    Returns:
        these, in nats, and ``information_data``, M.

    Source: Hoffman and Johnson 2016, "ELBO surgery"; the bounds: Poole et al. 2019,
        arXiv 1905.06922.
    """
    vae.eval()

    def densities(size: int) -> tuple[Tensor, Tensor]:
        """log q(z_i|x_j), (M, M), and log p(z_i), (M,)."""
        with isolate_rng(data.device):
            x, seen = vae.condition(*data.at(split, slice(0, size)))
            q_z, p_z = vae.encoder(x, *seen.encoder), vae.prior(*seen.prior)
            z = q_z.sample()  # (M, Z)
            at_once = max(1, max_elements // (size * z.shape[-1]))
            rows = [q_z.log_prob(part.unsqueeze(1)) for part in z.split(at_once)]
            return torch.cat(rows).double(), p_z.log_prob(z).double()

    size = min(DATA, data.size(split))
    size = budget.affordable("mutual_information", size, densities, power=2)
    pairs, log_p = densities(size)
    own = pairs.diagonal().clone()
    log_q = pairs.logsumexp(1) - math.log(size)
    others = pairs.fill_diagonal_(-math.inf).logsumexp(1) - math.log(size - 1)
    found = {
        "mutual_information": (own - log_q).mean().item(),
        "mutual_information_upper": (own - others).mean().item(),
        "information_data": size,
    }
    if vae.condition.sees("prior"):
        return found
    average_kl = (own - log_p).mean().item()
    upper = min(found["mutual_information_upper"], average_kl)
    marginal = (log_q - log_p).mean().item()
    return found | {"mutual_information_upper": upper, "marginal_kl": marginal}
