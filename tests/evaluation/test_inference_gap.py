"""The best posterior of a family against the closed form for a linear Gaussian model."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.distributions import Independent, MultivariateNormal, Normal

from vae_exp.condition import Seen
from vae_exp.condition.none import Unconditional
from vae_exp.configuration.compose import compose
from vae_exp.encoder.full_gaussian import FullGaussian
from vae_exp.encoder.gaussian import Gaussian
from vae_exp.encoder.inputs import Seeing, Standardize
from vae_exp.encoder.two_layer import TwoLayer
from vae_exp.evaluation import inference_gap
from vae_exp.evaluation.certification import Certification
from vae_exp.evaluation.certification_plan import Plan
from vae_exp.evaluation.inference_gap import (
    Zeros,
    amortized,
    optimize_posteriors,
    posterior_parameters,
    with_posterior,
)
from vae_exp.evaluation.kept import Kept
from vae_exp.experiment import build
from vae_exp.importance import weigh
from vae_exp.network.linear import Linear
from vae_exp.runs.certification import summarise

SLOPES, NOISE = torch.tensor([[1.5, 1.0], [0.2, 1.3], [1.0, 0.9]]), 0.7
LINEAR = partial(Linear, init="default")


class Model(nn.Module):
    """z ~ N(0, 1) in the plane, x ~ N(A z, s²)."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder, self.condition = encoder, Unconditional(mask=False)
        self.register_buffer("zero", torch.zeros(2))

    def prior(self):
        return Independent(Normal(self.zero, self.zero + 1, False), 1, False)

    def decoder(self, z):
        return Independent(Normal(z @ SLOPES.T, NOISE, False), 1, False)


X = torch.randn(4, 3, generator=torch.Generator().manual_seed(1)) * 2
PRECISION = torch.eye(2) + SLOPES.T @ SLOPES / NOISE**2
# KL(q* ‖ p(z|x)) of a Gaussian whose best diagonal q* has the variances 1 / PRECISION_dd
MEAN_FIELD = (PRECISION.diagonal().log().sum() - PRECISION.logdet()).item() / 2


@pytest.mark.parametrize(
    ("family", "gap", "standardized"),
    [(Gaussian, MEAN_FIELD, False), (FullGaussian, 0.0, True)],
)
def test_what_the_best_posterior_lacks_is_that_of_its_family(
    monkeypatch, family, gap, standardized
):
    """A richer family has a smaller approximation gap, whatever the network makes of x."""
    monkeypatch.setattr(inference_gap, "BLOCK", 50)
    monkeypatch.setattr(inference_gap, "MOST_BLOCKS", 4)
    monkeypatch.setattr(inference_gap, "RATES", (0.1, 0.01))
    encoder = family((3,), 2, LINEAR)
    if standardized:
        encoder = Seeing(Standardize(torch.ones(3), torch.full((3,), 2.0)), encoder)
    vae = Model(encoder)
    outputs = optimize_posteriors(vae, vae.prior(), X, Seen())
    with posterior_parameters(vae.encoder, outputs):
        loss, kl, _, _ = weigh(vae, None, X, None, 4000, 4000)
    own_loss, own_kl, _, _ = weigh(vae, None, X, None, 500, 500)
    covariance = SLOPES @ SLOPES.T + NOISE**2 * torch.eye(3)
    exact = MultivariateNormal(torch.zeros(3), covariance).log_prob(X)
    assert MEAN_FIELD > 0.2
    lacking = exact + loss + kl
    assert torch.allclose(lacking, torch.full_like(lacking, gap), atol=0.08)
    assert (own_loss + own_kl > loss + kl).all()
    assert all(parameter.grad is None for parameter in vae.parameters())


def test_the_best_of_another_family_is_found_from_nothing(monkeypatch):
    """That of a Gaussian with any covariance, for a model whose encoder's is diagonal."""
    monkeypatch.setattr(inference_gap, "BLOCK", 50)
    monkeypatch.setattr(inference_gap, "MOST_BLOCKS", 4)
    monkeypatch.setattr(inference_gap, "RATES", (0.1, 0.01))
    own = Gaussian((3,), 2, LINEAR)
    vae = Model(own)
    other = with_posterior(vae, FullGaussian((3,), 2, Zeros))
    assert not list(other.encoder.parameters()) and vae.encoder is own
    assert torch.equal(other.encoder(X).mean, torch.zeros(4, 2))
    outputs = optimize_posteriors(other, vae.prior(), X, Seen())
    with posterior_parameters(other.encoder, outputs):
        loss, kl, _, _ = weigh(other, None, X, None, 4000, 4000)
    covariance = SLOPES @ SLOPES.T + NOISE**2 * torch.eye(3)
    exact = MultivariateNormal(torch.zeros(3), covariance).log_prob(X)
    assert torch.allclose(exact + loss + kl, torch.zeros(4), atol=0.08)


def test_the_network_is_back_afterwards():
    encoder = Gaussian((3,), 2, LINEAR)
    network, before = encoder.network, encoder(X).mean
    with (
        pytest.raises(RuntimeError, match="stop"),
        posterior_parameters(encoder, torch.zeros(4, 4)),
    ):
        assert (encoder(X).mean == 0).all()
        raise RuntimeError("stop")
    assert encoder.network is network
    assert torch.equal(encoder(X).mean, before)


def test_an_encoder_of_several_networks_is_refused():
    encoder = TwoLayer((3,), 4, 2, LINEAR, LINEAR)
    with pytest.raises(ValueError, match=r"^encoder: expected one whose q\(z\|x\).*got TwoLayer"):
        amortized(encoder)


@pytest.mark.long
def test_a_richer_posterior_lacks_less():
    """As Cremer et al. 2018 found: the approximation gap falls with the family, of small models
    trained with each, and what remains is mostly the encoder's."""
    plan = Plan(("real",), 60, 16, 150, 4, 2000, True, 0)
    gaps = {}
    for family in ("gaussian", "full_gaussian"):
        words = [f"encoder={family}", "decoder=bernoulli", "z_dim=5", "network.hidden=[64]"]
        experiment = build(compose(*words, "trainer.epochs=60", "optimizer.lr=2e-3"))
        list(experiment.train())
        found = Certification(experiment.vae, experiment.data, "test", plan, 2_000_000)(Kept())
        summary = summarise(found, "test", plan)
        names = ("approximation_gap", "amortization_gap", "inference_gap")
        gaps[family] = {n: summary[f"certify/test/{n}"] for n in (*names, f"{names[0]}_stderr")}
        assert gaps[family]["amortization_gap"] > 0
    print(gaps)
    diagonal, full = gaps["gaussian"], gaps["full_gaussian"]
    error = (
        diagonal["approximation_gap_stderr"] ** 2 + full["approximation_gap_stderr"] ** 2
    ) ** 0.5
    assert diagonal["approximation_gap"] - full["approximation_gap"] > 2 * error
