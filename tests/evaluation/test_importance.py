"""The log-likelihood and the ELBO against an integral over one latent, and a closed form."""

import math
from types import SimpleNamespace

import pytest
import torch
from torch.distributions import Independent, Normal

from tests.conftest import one_in
from vae_exp.condition.none import Unconditional
from vae_exp.configuration.compose import compose
from vae_exp.evaluation import Evaluation
from vae_exp.evaluation.importance import importance_weighted
from vae_exp.experiment import build
from vae_exp.runtime.rng import isolate_rng


@pytest.fixture(scope="module")
def one_latent():
    torch.manual_seed(0)
    cfg = compose("decoder=bernoulli", "z_dim=1", "network.hidden=[16]", "trainer.epochs=60")
    experiment = build(cfg)
    list(experiment.train())
    return experiment


@torch.no_grad()
def log_likelihood_by_quadrature(vae, x):
    z = torch.linspace(-8, 8, 4001).unsqueeze(-1)
    log_joint = vae.prior().log_prob(z).unsqueeze(1) + vae.decoder(z.unsqueeze(1)).log_prob(x)
    return (log_joint.double().logsumexp(0) + math.log(16 / 4000)).mean().item()


def test_log_likelihood_is_the_integral(one_latent):
    vae, data = one_latent.vae, one_latent.data
    exact = log_likelihood_by_quadrature(vae, data.batch("test", slice(None)))
    numbers = Evaluation(
        5000, "last", 4_000_000, probe=False, part_seconds=None, disentanglement=False
    )(vae, data, "test", 128)
    assert numbers["log_likelihood"] == pytest.approx(exact, abs=0.01)
    assert numbers["elbo"] < numbers["log_likelihood"]
    parts = -numbers["reconstruction_loss"] - numbers["kl"]
    assert numbers["elbo"] == pytest.approx(parts, abs=1e-9)


def test_standard_error_is_that_of_the_mean_over_data(one_latent):
    vae, data = one_latent.vae, one_latent.data
    numbers = Evaluation(
        200, "last", 4_000_000, probe=False, part_seconds=None, disentanglement=False
    )(vae, data, "test", 128)
    halves = []
    for part in data.batch("test", slice(None)).split(60):
        halves.append(log_likelihood_by_quadrature(vae, part))
    spread = torch.tensor(halves).std().item() / math.sqrt(len(halves))
    # six parts give a standard error that is itself known to about a third
    assert numbers["log_likelihood_stderr"] == pytest.approx(spread, rel=1)


class FewImages:
    """The first images of a test set, in batches."""

    def __init__(self, data):
        self.shape, self.device, self.x = data.shape, data.device, data.batch("test", slice(0, 5))

    def size(self, split):
        return len(self.x)

    def at(self, split, index):
        return self.x[index], None


@pytest.mark.parametrize("elements", one_in(2, [64 * 400, 64 * 100, 64, 1]))
def test_memory_bound_changes_the_noise_alone(one_latent, elements):
    """Several images at once; parts of the samples; one sample of one image at a time."""
    vae, data = one_latent.vae, FewImages(one_latent.data)
    bounded = importance_weighted(vae, data, "test", 400, elements)
    unbounded = importance_weighted(vae, data, "test", 400, 4_000_000)
    for name, tolerance in {"log_likelihood": 0.1, "elbo": 0.3}.items():
        assert bounded[name].mean() == pytest.approx(unbounded[name].mean().item(), abs=tolerance)


def test_the_exact_posterior_leaves_no_gap():
    """z ~ N(0, 1), x | z ~ N(w z, s²): x ~ N(0, w² + s²), z | x ~ N(w x / (w² + s²), ...)."""
    w, s = 1.5, 0.5
    variance = w**2 + s**2
    x = torch.randn(50, 1)
    vae = SimpleNamespace(
        eval=lambda: None,
        condition=Unconditional(mask=False),
        encoder=lambda x: Independent(Normal(w * x / variance, s / variance**0.5), 1),
        decoder=lambda z: Independent(Normal(w * z, s), 1),
        prior=lambda: Independent(Normal(torch.zeros(1), torch.ones(1)), 1),
    )
    data = SimpleNamespace(
        shape=(1,),
        device=x.device,
        size=lambda split: len(x),
        at=lambda split, index: (x[index], None),
    )
    each = importance_weighted(vae, data, "test", 64, 10_000)
    exact = Normal(0.0, variance**0.5).log_prob(x[:, 0]).double()
    assert torch.allclose(each["log_likelihood"], exact, atol=1e-4)
    # the ELBO's own noise is that of −log p(x|z), which its closed-form KL does not share
    assert each["elbo"].mean() == pytest.approx(exact.mean().item(), abs=0.1)
    assert torch.allclose(each["effective_sample_size"], torch.tensor(64.0).double(), rtol=1e-3)


def test_effective_sample_size_is_that_of_the_weights(one_latent):
    vae, data = one_latent.vae, FewImages(one_latent.data)
    each = importance_weighted(vae, data, "test", 50, 4_000_000)
    with torch.no_grad(), isolate_rng(data.device):
        q_z, p_z = vae.encoder(data.x), vae.prior()
        z = q_z.sample((50,))
        log_w = vae.decoder(z).log_prob(data.x) + p_z.log_prob(z) - q_z.log_prob(z)
    w = log_w.double().exp()
    expected = w.sum(0) ** 2 / (w**2).sum(0)
    assert torch.allclose(each["effective_sample_size"], expected, rtol=1e-3)
    assert torch.allclose(each["log_likelihood"], w.mean(0).log(), atol=1e-4)


def test_gaps_and_bits_follow_from_the_rest(one_latent):
    numbers = one_latent.evaluate()
    assert numbers["inference_gap"] == numbers["log_likelihood"] - numbers["elbo"]
    bits = -numbers["log_likelihood"] / (64 * math.log(2))
    assert numbers["bits_per_dim"] == pytest.approx(bits)
    assert numbers["objective_gap"] == pytest.approx(0, abs=1e-4)  # the ELBO, with a closed form
    assert numbers["importance_samples"] == 128


def test_objective_gap_is_what_the_estimator_and_beta_add():
    experiment = build(compose("kl=schulman", "objective.beta=2", "trainer.epochs=3"))
    list(experiment.train())
    numbers = experiment.evaluate()
    rows = {(row["estimator"], row["per_dimension"]): row for row in numbers["kl_estimators"]}
    # loss = reconstruction + 2 k2, so −loss − elbo = kl − 2 k2
    k2 = rows["schulman", True]
    expected, stderr = numbers["kl"] - 2 * k2["value"], 2 * k2["std"] / math.sqrt(360)
    assert numbers["objective_gap"] == pytest.approx(expected, abs=4 * stderr)
    assert "bits_per_dim" not in numbers  # a density


def test_evaluation_draws_aside(one_latent):
    state = torch.get_rng_state()
    first = one_latent.evaluate()
    assert first == one_latent.evaluate()
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize(
    "words",
    [
        ["objective.free_bits=0.3"],
        ["kl=total_correlation"],
        ["objective=mmd", "objective.weight=1e4"],
    ],
    ids=["free bits", "total correlation", "MMD"],
)
def test_terms_of_the_batch_are_evaluated_on_batches_of_training_size(words):
    small = ["z_dim=3", "network.hidden=[8]", "trainer.batch_size=16", "trainer.epochs=1"]
    cfg = compose(*small, "evaluation.importance_samples=2", "evaluation.probe=false", *words)
    experiment = build(cfg)
    list(experiment.train())
    vae, data = experiment.vae.eval(), experiment.data

    def loss(size):
        total = 0.0
        for start in range(0, data.size("test"), size):
            torch.manual_seed(start)  # as each batch of an evaluation has its own noise
            x = data.batch("test", slice(start, start + size))
            total += vae(x)[1]["loss"].item() * len(x)
        return total / data.size("test")

    numbers = experiment.evaluate()
    assert numbers["loss"] == pytest.approx(loss(16), rel=1e-5)
    assert abs(loss(16) - loss(1000)) > 1e-3 * abs(loss(16))  # so that it matters
