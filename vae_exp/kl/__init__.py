"""Estimators of KL(q(z|x) ‖ p(z)): one a file, all with the contract of ``KLEstimator``.

With z ~ q(z|x) and r = p(z) / q(z|x), so that KL(q ‖ p) = −E_q[log r]. A caution on the
estimators in powers of r: for q = N(m, s²) and p = N(0, 1), E_q[r²] is finite only for s² > ½,
which active latents violate.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, kl_divergence


class KLEstimator(nn.Module):
    """KL(q(z|x) ‖ p(z)) in nats, from the distributions or from samples z ~ q(z|x).

    A subclass says what it does with the log-ratio, in ``per_latent``; ``is_log_ratio`` where that
    is −log r itself, value and gradient, as objectives need that weigh samples; ``is_kl`` where the
    KL is what it estimates, and not something else that is minimised in its place; ``unbiased``
    where its expectation is the KL whatever q and p are, and not about q = p alone;
    ``compares_data`` where that of a datum depends on the others; ``exact`` where it needs no
    sample; ``reparametrises`` where its gradient goes through samples that are smooth functions of
    the parameters of q; ``warmup_steps``, after how many training steps its weights stay as they
    are; ``needs`` of q and p, in words.

    Args:
        per_dimension: true applies the estimator to each latent dimension and adds up, which
            needs q and p to factorise over dimensions; false applies it to the joint; ``auto``
            is true where q and p factorise.
    """

    is_log_ratio = False
    is_kl = True
    unbiased = True
    compares_data = False
    exact = False
    reparametrises = False
    warmup_steps = 0
    needs = "densities"

    def __init__(self, per_dimension: bool | Literal["auto"]):
        super().__init__()
        self.per_dimension = per_dimension

    def forward(self, q_z: Distribution, p_z: Distribution, z: Tensor) -> Tensor:
        """The estimate for q_z of batch (B,), p_z of batch (), z (S, B, Z): (S, B) or (B,)."""
        return self.per_latent(q_z, p_z, z).sum(-1)

    def per_latent(self, q_z: Distribution, p_z: Distribution, z: Tensor) -> Tensor:
        """The estimate for each latent dimension: (S, B, D) or (B, D), D = Z, or 1
        when joint, or L by layers."""
        raise NotImplementedError

    def reported(self, q_z: Distribution, p_z: Distribution, z: Tensor, estimate: Tensor) -> Tensor:
        """``reported_kl``, where ``estimate`` is this estimator's own value for the same."""
        with torch.no_grad():
            exact = closed_form(q_z, p_z)
            if exact is None and self.is_log_ratio:  # that is what would be found again
                return estimate.detach()
            return reported_kl(q_z, p_z, z) if exact is None else exact

    def log_ratio(self, q_z: Distribution, p_z: Distribution, z: Tensor) -> Tensor:
        """log r = log p(z) − log q(z|x): (S, B, D).

        Raises:
            ValueError: ``per_dimension`` is true and q or p does not factorise.
        """
        if self.by_dimension(q_z, p_z):
            return p_z.base_dist.log_prob(z) - q_z.base_dist.log_prob(z)
        return (p_z.log_prob(z) - q_z.log_prob(z)).unsqueeze(-1)

    def by_dimension(self, q_z: Distribution, p_z: Distribution) -> bool:
        """Whether this pair is taken dimension by dimension."""
        factorises = pair_factorises(q_z, p_z)
        if self.per_dimension is True and not factorises:
            raise ValueError(
                "kl.per_dimension: expected a posterior and a prior that factorise over latent "
                f"dimensions, got {family(q_z)} and {family(p_z)}; use kl.per_dimension=auto, or "
                "another encoder or prior"
            )
        return factorises and self.per_dimension is not False


def closed_form(q_z: Distribution, p_z: Distribution) -> Tensor | None:
    """KL(q ‖ p) as torch knows it, of their batch shape, or None where it has no closed form."""
    try:
        return kl_divergence(q_z, p_z)
    except NotImplementedError:
        return None


def reported_kl(q_z: Distribution, p_z: Distribution, z: Tensor) -> Tensor:
    """The KL that reports use, without gradient: closed form (B,), else −log r (S, B)."""
    with torch.no_grad():
        exact = closed_form(q_z, p_z)
        return q_z.log_prob(z) - p_z.log_prob(z) if exact is None else exact


def reported_kl_per_latent(q_z: Distribution, p_z: Distribution, z: Tensor) -> Tensor | None:
    """``reported_kl`` by latent dimension, (B, Z) or (S, B, Z); none unless q and p factorise."""
    if not pair_factorises(q_z, p_z):
        return None
    return reported_kl(q_z.base_dist, p_z.base_dist, z)


def pair_factorises(q_z: Distribution, p_z: Distribution) -> bool:
    """Whether both are products over the latent dimensions."""
    return factorises(q_z) and factorises(p_z)


def family(distribution: Distribution) -> str:
    """The family's name, for messages: Normal for Independent(Normal(...), 1)."""
    named = distribution.base_dist if type(distribution) is Independent else distribution
    return type(named).__name__


def factorises(distribution: Distribution) -> bool:
    """Whether it is a product over the latent dimensions, or of codes over the variables."""
    return (
        isinstance(distribution, Independent)
        and distribution.reinterpreted_batch_ndims == 1
        and not distribution.base_dist.event_shape
    )
