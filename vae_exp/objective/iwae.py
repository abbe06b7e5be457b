"""The importance-weighted bound on the log-likelihood."""

import math

from torch import Tensor

from vae_exp.objective import Objective, Terms


class IWAE(Objective):
    """−log 1/K Σ_k w_k, with w_k = p(x|z_k) p(z_k) / q(z_k|x), averaged over the batch.

    The bound is the ELBO for K = 1 and rises to log p(x) with K. The gradient of the encoder gets
    lost in noise as K grows; see dreg and piwae.

    Args:
        samples: K.

    Source: Burda, Grosse and Salakhutdinov 2015, arXiv 1509.00519.
    """

    weighs_samples = True

    def forward(self, terms: Terms) -> Tensor:
        return -terms.mean_bound(log_mean_exp)


def log_mean_exp(log_w: Tensor, dim: int = 0) -> Tensor:
    """log 1/K Σ_k exp(log_w_k) over a dimension."""
    return log_w.logsumexp(dim) - math.log(log_w.shape[dim])
