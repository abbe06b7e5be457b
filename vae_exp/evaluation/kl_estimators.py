"""What each estimator of the KL makes of the trained posterior."""

import logging
from typing import Any

import torch
from torch import Tensor

from vae_exp.data import Data
from vae_exp.evaluation.budget import Budget
from vae_exp.kl import KLEstimator, closed_form, pair_factorises
from vae_exp.kl.analytic import Analytic
from vae_exp.kl.monte_carlo import MonteCarlo
from vae_exp.kl.schulman import Schulman
from vae_exp.kl.schulman_k3 import SchulmanK3
from vae_exp.runtime.rng import isolate_rng
from vae_exp.vae import VAE

ESTIMATORS: dict[str, type[KLEstimator]] = {
    "analytic": Analytic,
    "monte_carlo": MonteCarlo,
    "schulman": Schulman,
    "schulman_k3": SchulmanK3,
}
DATA = 1000
SAMPLES = 100
# standard errors, and share of the KL, that a closed form may be from the unbiased estimate
STDERRS, SHARE = 6, 0.01
FEWEST = 30  # data whose standard error tells something

log = logging.getLogger(__name__)


@torch.no_grad()
def kl_estimators(
    vae: VAE, data: Data, split: str, max_elements: int, budget: Budget
) -> list[dict[str, Any]]:
    """Value, spread and bias of the estimators, on up to 1000 data with 100 samples each, or as
    many as fit into the budget.

    Returns:
        a row for each estimator that this posterior and prior allow, ``per_dimension`` true
        (where both factorise) and false, in nats per datum:

        ``value``: its average over samples and data;
        ``std``: the standard deviation of one sample's estimate, the root of its average variance
        over the data;
        ``bias``, ``bias_stderr``: the average of its difference from the KL, which is the closed
        form, or the plain Monte Carlo estimate of the same samples where torch has none (whose
        own bias is then none), and the standard error of that average over the data;
        ``value_per_latent``: the value by dimension, where that is how it was taken.

    Source: Schulman 2020, "Approximating KL Divergence", http://joschu.net/blog/kl-approx.html
    """
    vae.eval()

    def rows(size: int) -> list[dict[str, Any]]:
        return _rows(vae, data, split, size)

    x, seen = vae.condition(*data.at(split, slice(0, 1)))
    (z_dim,) = vae.encoder(x, *seen.encoder).event_shape
    size = min(DATA, data.size(split), max(1, max_elements // SAMPLES // z_dim))
    size = budget.affordable("kl_estimators", size, rows)
    found = rows(size)
    if size >= FEWEST:
        check_closed_form(found)
    return found


def check_closed_form(rows: list[dict[str, Any]]) -> None:
    """Say so where the closed form of the KL cannot be right, as one of a user's own pair may be:
    all numbers with it, the ELBO among them, are wrong then."""
    kl = {row["estimator"]: row for row in rows if not row["per_dimension"]}
    if "analytic" not in kl:
        return
    exact, sampled = kl["analytic"]["value"], kl["monte_carlo"]
    allowed = max(STDERRS * sampled["bias_stderr"], SHARE * abs(sampled["value"]))
    if abs(sampled["bias"]) > allowed or exact < -allowed:
        log.warning(
            f"kl: the closed form of KL(q ‖ p) is {exact:.4g} nats, and its unbiased estimate "
            f"{sampled['value']:.4g} ± {sampled['bias_stderr']:.2g}: they should agree, or the "
            "ELBO is none; is the pair's register_kl right?"
        )


def _rows(vae: VAE, data: Data, split: str, size: int) -> list[dict[str, Any]]:
    with isolate_rng(data.device):
        x, seen = vae.condition(*data.at(split, slice(0, size)))
        q_z, p_z = vae.encoder(x, *seen.encoder), vae.prior(*seen.prior)
        z = q_z.sample((SAMPLES,))  # (S, B, Z)
    exact = closed_form(q_z, p_z)
    modes = (True, False) if pair_factorises(q_z, p_z) else (False,)
    rows = []
    for name, estimator in ESTIMATORS.items():
        if estimator is Analytic and exact is None:
            continue
        for per_dimension in modes:
            terms = estimator(per_dimension).per_latent(q_z, p_z, z)  # (S, B, D) or (B, D)
            row = {"estimator": name, "per_dimension": per_dimension, **_moments(terms.sum(-1))}
            if exact is not None:
                row |= _bias(terms.sum(-1), exact)
            elif estimator is not MonteCarlo:
                row |= _bias(terms.sum(-1), MonteCarlo(False)(q_z, p_z, z))
            if per_dimension:
                row["value_per_latent"] = terms.flatten(end_dim=-2).mean(0).tolist()
            rows.append(row)
    return rows


def _moments(estimate: Tensor) -> dict[str, float]:
    """Of estimates (S, B), or (B,) without spread."""
    variance = estimate.double().var(0).mean() if estimate.ndim > 1 else torch.zeros(())
    return {"value": estimate.double().mean().item(), "std": variance.sqrt().item()}


def _bias(estimate: Tensor, kl: Tensor) -> dict[str, float]:
    difference = (estimate.double() - kl.double()).reshape(-1, estimate.shape[-1]).mean(0)  # (B,)
    stderr = difference.std() / len(difference) ** 0.5
    return {"bias": difference.mean().item(), "bias_stderr": stderr.item()}
