"""Posteriors of codes, against sums over all codes."""

import math

import numpy
import pytest
import scipy.integrate
import torch
from torch.distributions import kl_divergence

from tests.composed import compose
from vae_exp.distribution.bit_codes import BitCodes
from vae_exp.distribution.one_hot import OneHotCodes
from vae_exp.experiment import build
from vae_exp.kl.analytic import Analytic
from vae_exp.kl.monte_carlo import MonteCarlo

CODES = {"bits": (BitCodes, (4,)), "categories": (OneHotCodes, (2, 3))}
SMALL = ["network=linear", "data=ppca", "z_dim=3", "trainer.max_steps=3"]


def pair(kind):
    family, shape = CODES[kind]
    torch.manual_seed(0)
    draw = {"dtype": torch.float64}
    return family(2 * torch.randn(5, *shape, **draw)), family(torch.randn(shape, **draw))


@pytest.mark.parametrize("kind", CODES)
def test_probabilities_moments_and_kl_are_those_of_all_codes(kind):
    q, p = pair(kind)
    codes = q.enumerate_support()  # (codes, 5, Z)
    assert q.support.check(codes).all()
    probability = q.log_prob(codes).exp()
    torch.testing.assert_close(probability.sum(0), torch.ones(5, dtype=torch.float64))
    mean = (probability.unsqueeze(-1) * codes).sum(0)
    torch.testing.assert_close(q.mean, mean)
    square = (probability.unsqueeze(-1) * (codes - mean).square()).sum(0)
    torch.testing.assert_close(q.variance, square)
    of_all = (probability * (q.log_prob(codes) - p.log_prob(codes))).sum(0)
    torch.testing.assert_close(kl_divergence(q, p), of_all)
    torch.testing.assert_close(q.entropy(), -(probability * q.log_prob(codes)).sum(0))


@pytest.mark.parametrize("kind", CODES)
def test_draws_are_as_frequent_as_they_are_probable(kind):
    q, _ = pair(kind)
    z = q.sample((20_000,))
    assert q.support.check(z).all()
    error = (z.mean(0) - q.mean) / (q.variance / len(z)).sqrt().clamp(min=1e-6)
    assert error.abs().max() < 4.5


@pytest.mark.parametrize("kind", CODES)
def test_kl_by_variable_adds_up(kind):
    q, p = pair(kind)
    z = q.sample((6,))
    exact = Analytic("auto").per_latent(q, p, z)
    assert exact.shape == (5, len(q.support.values))
    torch.testing.assert_close(exact.sum(-1), kl_divergence(q, p))
    torch.testing.assert_close(MonteCarlo(True)(q, p, z), MonteCarlo(False)(q, p, z))


@pytest.mark.parametrize(("logit", "tau"), [(8.0, 0.5), (-8.0, 0.5), (6.0, 0.3), (4.0, 0.1)])
def test_relaxed_bits_that_are_sure_have_the_kl_of_their_logits(logit, tau):
    """Where a sample in single precision is 1: against quadrature over the logit t of y.

    The Jacobian of t(y) is the same for q and p.
    """

    def log_density(location, temperature, t):
        s = location - temperature * t
        return math.log(temperature) - numpy.logaddexp(0, s) - numpy.logaddexp(0, -s)

    def kl(location):
        t = (location + numpy.linspace(-40, 40, 400_001)) / tau
        log_q = log_density(location, tau, t)
        return scipy.integrate.trapezoid(numpy.exp(log_q) * (log_q - log_density(0, 0.5, t)), t)

    torch.manual_seed(0)
    leaf = torch.tensor([logit], requires_grad=True)
    q = BitCodes(leaf).relaxed(torch.tensor(tau))
    p = BitCodes(torch.zeros(1)).relaxed(torch.tensor(0.5))
    y = q.rsample((100_000,))
    ratio = q.log_prob(y) - p.log_prob(y)
    assert abs(ratio.mean().item() - kl(logit)) < 4.5 * ratio.std().item() / len(y) ** 0.5
    (slope,) = torch.autograd.grad(ratio.mean(), leaf)
    assert slope.item() == pytest.approx((kl(logit + 1e-3) - kl(logit - 1e-3)) / 2e-3, abs=0.01)


@pytest.mark.parametrize("kind", CODES)
def test_relaxed_density_integrates_to_one(kind):
    family, _ = CODES[kind]
    tau = torch.tensor(0.7, dtype=torch.float64)
    if kind == "bits":
        q = family(torch.tensor([0.8], dtype=torch.float64)).relaxed(tau)
        s = torch.linspace(-50, 50, 20_001, dtype=torch.float64)
        y = s.sigmoid().unsqueeze(-1)
        total = (q.log_prob(y).exp() * (y * (1 - y)).squeeze(-1)).sum() * (s[1] - s[0])
    else:  # on the simplex of three, by its first two coordinates as softmax of (a, b, 0)
        q = family(torch.tensor([[0.5, -0.3, 0.1]], dtype=torch.float64)).relaxed(tau)
        axis = torch.linspace(-40, 40, 1001, dtype=torch.float64)
        a, b = torch.meshgrid(axis, axis, indexing="ij")
        y = torch.stack([a, b, torch.zeros_like(a)], -1).softmax(-1)
        jacobian = y.prod(-1)
        total = (q.log_prob(y).exp() * jacobian).sum() * (axis[1] - axis[0]) ** 2
    assert total.item() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("encoder", ["bernoulli", "categorical"])
def test_evaluation_is_of_codes_whatever_was_trained_through(encoder):
    words = [f"encoder={encoder}", f"prior=uniform_{encoder}", "encoder.gradient=concrete"]
    experiment = build(compose(*SMALL, *words, "kl=monte_carlo"))
    list(experiment.train())
    vae, x = experiment.vae, experiment.data.batch("test", slice(0, 7))
    relaxed = vae.train().encoder(x).rsample()
    q_z, p_z = vae.eval().encoder(x), vae.prior()
    assert not q_z.support.check(relaxed).any()
    assert q_z.support.check(q_z.sample()).all()
    assert kl_divergence(q_z, p_z).shape == (7,)
    numbers = experiment.evaluate("test")
    assert numbers["elbo"] <= numbers["log_likelihood"] + 1e-4
    assert 1 <= numbers["code_perplexity"] <= {"bernoulli": 2, "categorical": 10}[encoder]
    assert len(numbers["perplexity_per_latent"]) == len(numbers["kl_per_latent"]) == 3
    assert math.isfinite(numbers["elbo"])


@pytest.mark.parametrize("gradient", ["score_function", "vimco", "enumerate", "gumbel_softmax"])
def test_each_gradient_trains(gradient):
    words = ["encoder=bernoulli", "prior=bernoulli", f"encoder.gradient={gradient}"]
    experiment = build(compose(*SMALL, *words, "objective.samples=2"))
    before = [p.clone() for p in experiment.vae.encoder.parameters()]
    list(experiment.train())
    after = experiment.vae.encoder.parameters()
    assert all((a != b).any() for a, b in zip(after, before))


REFUSED = {
    "objective: .*DReG": ["objective=dreg", "kl=monte_carlo"],
    "objective: .*MMD": ["objective=mmd"],
    "kl: .*TotalCorrelation": ["kl=total_correlation"],
    "decoder.scale: ": ["decoder.scale=optimal"],
    "kl: .*gumbel_softmax": ["encoder.gradient=gumbel_softmax", "kl=monte_carlo"],
    "kl: .*encoder.gradient=concrete.*closed form.*use kl=monte_carlo": [
        "encoder.gradient=concrete"
    ],
    "objective.samples: .*vimco": ["encoder.gradient=vimco"],
    "objective: .*enumerate": ["encoder.gradient=enumerate", "objective=iwae", "kl=monte_carlo"],
    "encoder.gradient: .*codes": ["encoder.gradient=enumerate", "z_dim=17"],
    "prior: .*space": ["prior=standard_normal"],
    "encoder.temperature: ": ["encoder.temperature=0"],
    "encoder.temperature_steps: ": ["encoder.temperature_steps=0"],
    "prior.temperature: ": ["prior.temperature=-1"],
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_does_not_go_is_refused(line):
    own = ["encoder=bernoulli"]
    if "prior=standard_normal" not in REFUSED[line]:
        own.append("prior=uniform_bernoulli")
    with pytest.raises(ValueError, match=f"^{line}"):
        build(compose(*SMALL, *own, *REFUSED[line]))
