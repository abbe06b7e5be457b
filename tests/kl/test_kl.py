"""Every KL estimator against integrals, closed forms and Schulman's own numbers."""

import itertools
import math

import numpy
import pytest
import torch
from torch.distributions import (
    Categorical,
    Independent,
    Laplace,
    MixtureSameFamily,
    MultivariateNormal,
    Normal,
)

from vae_exp.kl import reported_kl
from vae_exp.kl.analytic import Analytic
from vae_exp.kl.monte_carlo import MonteCarlo
from vae_exp.kl.schulman import Schulman
from vae_exp.kl.schulman_k3 import SchulmanK3

SAMPLED = [MonteCarlo, Schulman, SchulmanK3]
FAMILIES = [Normal, Laplace]


def factorised(family, loc, scale):
    loc, scale = torch.tensor(loc, dtype=torch.float64), torch.tensor(scale, dtype=torch.float64)
    return Independent(family(loc, scale), 1)


def integral(function, q):
    """E_q[function(z)] for a one-dimensional q, function of z (N, 1), by quadrature.

    Gauss and Legendre's, of 16 points in each of many pieces that end where densities have a cusp.
    """
    loc = q.mean.item()
    ends = sorted({loc - 30, 0.0, 0.1, loc, loc + 30})
    edges = torch.cat([torch.linspace(*pair, 201).double() for pair in itertools.pairwise(ends)])
    nodes, weights = map(torch.from_numpy, numpy.polynomial.legendre.leggauss(16))
    half, middle = edges.diff() / 2, (edges[1:] + edges[:-1]) / 2
    z = (middle.unsqueeze(1) + half.unsqueeze(1) * nodes).flatten().unsqueeze(1)
    mass = (half.unsqueeze(1) * weights).flatten() * q.log_prob(z).exp()
    return (mass * function(z)).sum().item()


def moment(estimator, q, p, power):
    """E_q of a power of an estimator's own output, by quadrature."""
    return integral(lambda z: estimator(batch(q), p, z.unsqueeze(1)).pow(power).squeeze(1), q)


def batch(q):
    """The same q as a batch of one."""
    base = q.base_dist
    return Independent(type(base)(base.loc[None], base.scale[None]), 1)


@pytest.mark.parametrize("posterior", FAMILIES)
@pytest.mark.parametrize("prior", FAMILIES)
def test_analytic_equals_the_integral(posterior, prior):
    q, p = factorised(posterior, [0.7], [0.4]), factorised(prior, [0.1], [1.3])
    exact = integral(lambda z: q.log_prob(z) - p.log_prob(z), q)
    assert Analytic("auto")(q, p, None).item() == pytest.approx(exact, abs=1e-7)
    assert Analytic(False)(q, p, None).item() == pytest.approx(exact, abs=1e-7)


@pytest.mark.parametrize("estimator", SAMPLED)
@pytest.mark.parametrize("posterior", FAMILIES)
@pytest.mark.parametrize("prior", FAMILIES)
def test_sampled_estimator_has_the_expectation_of_its_formula(estimator, posterior, prior):
    q, p = factorised(posterior, [0.3], [0.9]), factorised(prior, [0.0], [1.0])
    kl = integral(lambda z: q.log_prob(z) - p.log_prob(z), q)
    half_square = integral(lambda z: (q.log_prob(z) - p.log_prob(z)).square() / 2, q)
    expected = {MonteCarlo: kl, Schulman: half_square, SchulmanK3: kl}[estimator]
    assert moment(estimator("auto"), q, p, 1) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("mu", [0.1, 1.0])
def test_schulmans_tables(mu):
    """Bias and standard deviation relative to the true KL, for unit Gaussians mu apart."""
    q, p = factorised(Normal, [mu], [1.0]), factorised(Normal, [0.0], [1.0])
    true = mu**2 / 2
    expected = {
        MonteCarlo: (0, 2 / mu),
        Schulman: (mu**2 / 4, math.sqrt(2 + mu**2)),
        SchulmanK3: (0, 2 * math.sqrt(math.exp(mu**2) - 1 - mu**2) / mu**2),
    }
    for estimator, (bias, deviation) in expected.items():
        mean, square = (moment(estimator("auto"), q, p, power) for power in (1, 2))
        assert (mean - true) / true == pytest.approx(bias, abs=1e-5)
        assert math.sqrt(square - mean**2) / true == pytest.approx(deviation, rel=1e-5)


@pytest.mark.parametrize("estimator", SAMPLED)
@pytest.mark.parametrize("per_dimension", [True, False])
def test_choice_of_joint_or_per_dimension(estimator, per_dimension):
    q = factorised(Normal, [[0.3, -1.0]], [[0.9, 0.5]])
    p = factorised(Laplace, [0.0, 0.0], [1.0, 1.0])
    z = q.sample((5,))
    by_dimension = p.base_dist.log_prob(z) - q.base_dist.log_prob(z)
    log_r = by_dimension if per_dimension else by_dimension.sum(-1, keepdim=True)
    formula = {
        MonteCarlo: -log_r,
        Schulman: log_r**2 / 2,
        SchulmanK3: log_r.exp() - 1 - log_r,
    }[estimator]
    kl = estimator(per_dimension)
    torch.testing.assert_close(kl.per_latent(q, p, z), formula)
    torch.testing.assert_close(kl(q, p, z), formula.sum(-1))
    assert kl(q, p, z).shape == (5, 1)


def mixture_prior():
    components = factorised(Normal, [[0.0, 0.0], [2.0, 1.0]], [[1.0, 1.0], [0.5, 0.5]])
    return MixtureSameFamily(Categorical(torch.tensor([0.3, 0.7])), components)


@pytest.mark.parametrize("estimator", SAMPLED)
def test_auto_is_joint_where_the_prior_does_not_factorise(estimator):
    q, p = factorised(Normal, [[0.3, -1.0]], [[0.9, 0.5]]), mixture_prior()
    z = q.sample((4,))
    assert estimator("auto").per_latent(q, p, z).shape == (4, 1, 1)
    torch.testing.assert_close(estimator("auto")(q, p, z), estimator(False)(q, p, z))
    with pytest.raises(ValueError, match=r"kl\.per_dimension"):
        estimator(True)(q, p, z)


def test_auto_is_joint_for_a_full_covariance():
    q = MultivariateNormal(torch.zeros(1, 2), torch.tensor([[1.0, 0.5], [0.5, 1.0]]))
    p = Independent(Normal(torch.zeros(2), torch.ones(2)), 1)
    assert MonteCarlo("auto").per_latent(q, p, q.sample((3,))).shape == (3, 1, 1)


def test_analytic_refuses_a_pair_without_closed_form():
    q = factorised(Normal, [[0.3, -1.0]], [[0.9, 0.5]])
    with pytest.raises(ValueError, match=r"kl=monte_carlo.*prior=standard_normal"):
        Analytic("auto")(q, mixture_prior(), None)


def test_reported_kl_is_closed_form_or_monte_carlo():
    q = factorised(Normal, [[0.3, -1.0]], [[0.9, 0.5]])
    p = factorised(Normal, [0.0, 0.0], [1.0, 1.0])
    z = q.sample((3,))
    torch.testing.assert_close(reported_kl(q, p, z), Analytic("auto")(q, p, z))
    torch.testing.assert_close(
        reported_kl(q, mixture_prior(), z), MonteCarlo("auto")(q, mixture_prior(), z)
    )


def test_k3_is_never_negative_and_k1_is_sometimes():
    q = factorised(Normal, [[0.3, -1.0]], [[0.9, 0.5]])
    p = factorised(Normal, [0.0, 0.0], [1.0, 1.0])
    z = q.sample((1000,))
    assert (SchulmanK3("auto").per_latent(q, p, z) >= 0).all()
    assert (MonteCarlo("auto").per_latent(q, p, z) < 0).any()
