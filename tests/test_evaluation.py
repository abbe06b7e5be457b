"""The reported numbers against a model whose likelihood is an integral over one latent."""

import math

import pytest
import torch

from vae_exp.config import compose
from vae_exp.evaluation import Evaluation
from vae_exp.experiment import build


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
    numbers = Evaluation(5000, "last", 4_000_000)(vae, data)
    assert numbers["log_likelihood"] == pytest.approx(exact, abs=0.01)
    assert numbers["elbo"] < numbers["log_likelihood"]
    assert numbers["elbo"] == -numbers["reconstruction_loss"] - numbers["kl"]


def test_standard_error_is_that_of_the_mean_over_data(one_latent):
    vae, data = one_latent.vae, one_latent.data
    numbers = Evaluation(200, "last", 4_000_000)(vae, data)
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

    def batches(self, split, batch_size):
        return self.x.split(batch_size)


@pytest.mark.parametrize("elements", [64 * 400, 64 * 100, 64, 1])
def test_memory_bound_changes_the_noise_alone(one_latent, elements):
    """Several images at once; parts of the samples; one sample of one image at a time."""
    vae, data = one_latent.vae, FewImages(one_latent.data)
    bounded = Evaluation(400, "last", elements)(vae, data)
    unbounded = Evaluation(400, "last", 4_000_000)(vae, data)
    assert bounded["log_likelihood"] == pytest.approx(unbounded["log_likelihood"], abs=0.1)
    assert bounded["elbo"] == pytest.approx(unbounded["elbo"], abs=0.3)


def test_evaluation_draws_aside(one_latent):
    state = torch.get_rng_state()
    first = one_latent.evaluate()
    assert first == one_latent.evaluate()
    assert torch.equal(state, torch.get_rng_state())
