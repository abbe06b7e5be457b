"""The encoder's expected gradient under each objective, integrated over all noise, and by seed.

z_k = a x + t ε_k with ε_k ~ N(0, 1): on the product of Gauss-Hermite nodes for ε_1, ..., ε_K both
the bound and the estimated gradient are sums. The bound's finite differences are the oracle.
"""

import numpy
import pytest
import torch
from torch import nn
from torch.distributions import Independent, Normal

from tests.objective.linear_gaussian import Encoder, elbo, model
from vae_exp.kl.monte_carlo import MonteCarlo
from vae_exp.kl.sticking_the_landing import StickingTheLanding
from vae_exp.objective.ciwae import CIWAE
from vae_exp.objective.dreg import DReG
from vae_exp.objective.iwae import IWAE
from vae_exp.objective.miwae import MIWAE
from vae_exp.objective.piwae import PIWAE
from vae_exp.objective.renyi import Renyi

DATUM, SLOPE, SCALE = 1.3, 0.4, 0.7
MONTE_CARLO, STICKING = MonteCarlo("auto"), StickingTheLanding("auto")


class Weighed(StickingTheLanding):
    """What is refused, to measure how wrong it would be."""

    is_log_ratio = True


def nodes(samples):
    """ε (K, N) and the weights (N,) of their average."""
    points, weights = numpy.polynomial.hermite_e.hermegauss(18 if samples == 4 else 36)
    grid = numpy.meshgrid(*[points] * samples, indexing="ij")
    each = numpy.meshgrid(*[weights / weights.sum()] * samples, indexing="ij")
    epsilon = numpy.stack([axis.ravel() for axis in grid])
    return torch.from_numpy(epsilon), torch.from_numpy(numpy.prod(each, axis=0).ravel())


class AtNodes(Normal):
    """A normal distribution whose samples are the nodes."""

    def rsample(self, sample_shape=()):
        return self.loc + self.scale * self.epsilon.unsqueeze(-1)


class Copies(Encoder):
    """As many copies of the datum's q as are asked for, each with parameters of its own."""

    def __init__(self, count, epsilon=None):
        super().__init__(SLOPE, SCALE)
        self.epsilon = epsilon
        self.slope, self.log_scale = (
            nn.Parameter(value.detach().expand(count, 1).clone())
            for value in (self.slope, self.log_scale)
        )

    def forward(self, x):
        q = (Normal if self.epsilon is None else AtNodes)(self.slope * x, self.log_scale.exp())
        q.epsilon = self.epsilon
        return Independent(q, 1)


def each_gradient(objective, kl, encoder):
    """∂ loss / ∂ (a, log t) of each copy, as autograd has it: (2, N)."""
    vae, count = model(objective, kl), len(encoder.slope)
    vae.encoder = encoder
    loss, _ = vae(torch.full((count, 1), DATUM, dtype=torch.float64))
    each = torch.autograd.grad(count * loss, [encoder.slope, encoder.log_scale])
    return torch.cat(each, 1).T


def expected_gradient(objective, kl):
    epsilon, weights = nodes(objective.samples)
    return each_gradient(objective, kl, Copies(len(weights), epsilon)) @ weights


def exact_gradient(bound, samples, step=1e-4):
    """Central differences of −E[bound(log w)], by the formulas of the model."""
    epsilon, weights = nodes(samples)
    x = torch.tensor(DATUM, dtype=torch.float64)

    def loss(slope, log_scale):
        q = Normal(slope * x, numpy.exp(log_scale))
        z = q.loc + q.scale * epsilon
        log_p = Normal(0.0, 1.0).log_prob(z) + Normal(1.5 * z, 0.8).log_prob(x)
        return -(weights * bound(log_p - q.log_prob(z))).sum()

    a, t = SLOPE, numpy.log(SCALE)
    return torch.stack(
        [
            (loss(a + step, t) - loss(a - step, t)) / (2 * step),
            (loss(a, t + step) - loss(a, t - step)) / (2 * step),
        ]
    )


def iwae(log_w):
    return log_w.exp().mean(0).log()


def of_two_groups(log_w):
    return (iwae(log_w[:2]) + iwae(log_w[2:])) / 2


CASES = {
    "elbo": (elbo(2), lambda log_w: log_w.mean(0)),
    "iwae": (IWAE(3), iwae),
    "dreg": (DReG(3), iwae),
    "miwae": (MIWAE(4, 2), of_two_groups),
    "piwae": (PIWAE(4, 2), of_two_groups),
    "ciwae": (CIWAE(3, 0.3), lambda log_w: 0.3 * log_w.mean(0) + 0.7 * iwae(log_w)),
    "renyi": (Renyi(3, -1.0), lambda log_w: (2 * log_w).exp().mean(0).log() / 2),
}


@pytest.mark.parametrize(("objective", "bound"), CASES.values(), ids=CASES)
def test_the_expected_gradient_is_that_of_the_bound(objective, bound):
    truth = exact_gradient(bound, objective.samples)
    ours = expected_gradient(objective, MONTE_CARLO)
    torch.testing.assert_close(ours, truth, rtol=1e-5, atol=1e-6)


def test_sticking_the_landing_has_the_gradient_of_the_elbo():
    objective, bound = CASES["elbo"]
    ours = expected_gradient(objective, STICKING)
    torch.testing.assert_close(ours, exact_gradient(bound, 2), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["iwae", "miwae", "ciwae", "renyi"])
def test_sticking_the_landing_would_be_biased_where_it_is_refused(name):
    objective, bound = CASES[name]
    truth = exact_gradient(bound, objective.samples)
    biased = expected_gradient(objective, Weighed("auto"))
    assert (biased - truth).norm() > 0.2 * truth.norm()
    with pytest.raises(ValueError, match=r"^kl: expected .* got StickingTheLanding; use kl=monte"):
        expected_gradient(objective, STICKING)


@pytest.mark.parametrize(
    ("name", "kl", "right"),
    [("elbo", STICKING, True), ("dreg", MONTE_CARLO, True), ("iwae", Weighed("auto"), False)],
)
def test_so_it_is_by_draws_within_their_standard_errors(name, kl, right):
    objective, bound = CASES[name]
    drawn = each_gradient(objective, kl, Copies(20_000))
    distance = drawn.mean(1) - exact_gradient(bound, objective.samples)
    errors = (distance / (drawn.std(1) / 20_000**0.5)).abs()
    assert errors.max() < 4 if right else errors.max() > 20
