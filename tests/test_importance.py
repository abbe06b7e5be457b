"""``vae.score`` where the posterior is exact, and log p(x) = log N(x; 0, w² + s²)."""

import numpy
import pytest
import torch
from torch.distributions import Normal

from tests.objective.linear_gaussian import elbo, exact, model
from vae_exp.configuration.compose import compose
from vae_exp.experiment import build

TRUE = Normal(0.0, (1.5**2 + 0.8**2) ** 0.5)


@pytest.mark.parametrize("elements", [1, 100, 10**6])
def test_each_weight_is_the_likelihood_under_the_exact_posterior(elements):
    slope, scale = exact()
    vae = model(elbo(1), slope=slope, scale=scale)
    x = torch.linspace(-5, 5, 21, dtype=torch.float64).unsqueeze(1)
    each = vae.score(x, samples=16, max_elements=elements)
    expected = TRUE.log_prob(x[:, 0])
    torch.testing.assert_close(each["log_likelihood"], expected)
    torch.testing.assert_close(each["effective_sample_size"], torch.full_like(expected, 16))
    torch.testing.assert_close(each["elbo"], -each["reconstruction_loss"] - each["kl"])


def test_many_samples_come_near_it_with_another_posterior():
    vae = model(elbo(1), slope=0.4, scale=0.7)
    x = torch.linspace(-2, 2, 50, dtype=torch.float64).unsqueeze(1)
    each = vae.score(x, samples=5000)
    spread = ((5000 / each["effective_sample_size"] - 1) / 5000) ** 0.5  # of log of a mean
    far = (each["log_likelihood"] - TRUE.log_prob(x[:, 0])) / spread
    assert far.abs().max() < 4
    assert (each["effective_sample_size"] < 5000).all()


def test_a_condition_is_one_for_all_or_one_for_each():
    words = ["decoder=bernoulli", "network.hidden=[8]", "z_dim=2", "condition=labels"]
    experiment = build(compose(*words, "prior=conditional"))
    vae = experiment.vae.eval()
    x, c = experiment.data.at("test", slice(0, 6))

    def scored(c):
        torch.manual_seed(0)
        return vae.score(x, c, samples=3)["log_likelihood"]

    torch.testing.assert_close(scored(7), scored([7] * 6))
    assert not torch.equal(scored(c), scored(7))
    with pytest.raises(ValueError, match="c: expected one, or 6, one for each, got 2"):
        scored([1, 2])
    with pytest.raises(ValueError, match="c: expected a class"):
        scored(None)
    with pytest.raises(ValueError, match="x: expected values in the support of the likelihood"):
        vae.score(x / 2, 7, samples=3)
    with pytest.raises(ValueError, match="samples: expected a whole number from 1, got 0"):
        vae.score(x, 7, samples=0)


def test_no_datum_is_refused():
    experiment = build(compose("data=digits", "z_dim=2"))
    with pytest.raises(ValueError, match="x: expected a datum or more, got none"):
        experiment.vae.score(torch.zeros(0, 1, 8, 8))


def test_what_is_asked_in_python_is_answered_or_refused_in_words(tmp_path):
    numpy.save(tmp_path / "x.npy", 100 + numpy.random.default_rng(0).normal(size=(20, 3)))
    words = [f"data=array data.path={tmp_path}/x.npy z_dim=4", "decoder=bernoulli z_dim=4"]
    words.append("decoder=bernoulli encoder=hierarchical encoder.latents=[2,2] prior=hierarchical")
    for asked in words:
        experiment = build(compose(*asked.split(), "kl=monte_carlo", "network.hidden=[8]"))
        vae, x = experiment.vae, experiment.data.batch("test", slice(0, 2))
        assert vae.decode(torch.zeros(2, 4)).shape == x.shape
        for size in (0, 3, 7):
            with pytest.raises(ValueError, match=rf"^z: expected shape .*4\), got \(2, {size}\)$"):
                vae.decode(torch.zeros(2, size))
        for ask in (vae.score, vae.impute):
            with pytest.raises(ValueError, match=r"^x: expected shape \(N, .*; x\[None\] is of"):
                ask(x[0], samples=2)
        assert vae.score(x[:1], samples=numpy.int64(3))["elbo"].shape == (1,)
        assert vae.impute(x, samples=numpy.int64(3), draws=numpy.int64(2)).draws.shape[0] == 2
        with pytest.raises(ValueError, match=r"^draws: expected a whole number from 0, got 1\.5"):
            vae.impute(x, draws=1.5)
        with pytest.raises(ValueError, match=r"^count: expected a whole number from 0, got -1"):
            vae.sample(-1)
