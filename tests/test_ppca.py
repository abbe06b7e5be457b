"""A linear-Gaussian VAE is probabilistic PCA, whose best likelihood is known.

Sources: Tipping and Bishop 1999, "Probabilistic principal component analysis"; Lucas et al. 2019,
"Don't blame the ELBO!", arXiv 1911.02469: the ELBO's optimum is the likelihood's.
"""

import math
from types import SimpleNamespace

import pytest
import torch
from torch.distributions import MultivariateNormal

from vae_exp.configuration.compose import compose
from vae_exp.configuration.instantiate import instantiate
from vae_exp.evaluation.importance import importance_weighted
from vae_exp.vae import VAE

D, Z, N = 8, 2, 1000


def maximum_log_likelihood(x):
    """Of probabilistic PCA with Z components, in nats per datum."""
    eigenvalues = torch.linalg.eigvalsh(torch.cov(x.T, correction=0)).flip(0)
    noise = eigenvalues[Z:].mean()
    log_det = eigenvalues[:Z].log().sum() + (D - Z) * noise.log()
    return (-0.5 * (D * math.log(2 * math.pi) + log_det + D)).item()


@pytest.fixture(scope="module")
def trained():
    torch.manual_seed(0)
    x = torch.randn(N, Z) @ torch.randn(Z, D) + 0.5 * torch.randn(N, D) + torch.randn(D)
    cfg = compose(
        "network=linear",
        f"z_dim={Z}",
        "objective.samples=4",
        "decoder.scale_value=1",
        "optimizer.lr=1e-1",
    )
    vae = VAE(
        encoder=instantiate(cfg.encoder, x_shape=(D,)),
        decoder=instantiate(cfg.decoder, x_shape=(D,)),
        **{part: instantiate(cfg[part]) for part in ("prior", "kl", "objective", "optimizer")},
    )
    steps = 1000
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(vae.optimizer, steps)
    for _ in range(steps):
        loss, _ = vae(x)
        vae.optimizer.zero_grad()
        loss.backward()
        vae.optimizer.step()
        schedule.step()
    data = SimpleNamespace(
        shape=(D,),
        device=x.device,
        size=lambda split: len(x),
        at=lambda split, index: (x[index], None),
    )
    each = importance_weighted(vae, data, "test", samples=500, max_elements=1_000_000)
    return vae, x, {name: values.mean().item() for name, values in each.items()}


def test_reaches_the_closed_form_maximum_likelihood(trained):
    _, x, numbers = trained
    assert numbers["log_likelihood"] == pytest.approx(maximum_log_likelihood(x), abs=0.1)


def test_elbo_equals_the_log_likelihood_at_the_optimum(trained):
    _, x, numbers = trained
    assert numbers["elbo"] == pytest.approx(maximum_log_likelihood(x), abs=0.1)
    assert numbers["elbo"] == pytest.approx(numbers["log_likelihood"], abs=0.1)


def test_importance_weighted_log_likelihood_is_the_models_own(trained):
    """p(x) = N(b, W Wᵀ + σ² I) in closed form, for this very decoder."""
    vae, x, numbers = trained
    with torch.no_grad():
        linear, scale = vae.decoder.network.layers, vae.decoder(torch.zeros(Z)).base_dist.scale[0]
        covariance = linear.weight @ linear.weight.T + scale**2 * torch.eye(D)
        exact = MultivariateNormal(linear.bias, covariance).log_prob(x).mean().item()
    assert numbers["log_likelihood"] == pytest.approx(exact, abs=0.005)
    assert numbers["elbo"] <= numbers["log_likelihood"]
