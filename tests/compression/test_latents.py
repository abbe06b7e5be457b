"""Bins have the same mass under the prior, and under the posterior what SciPy says."""

import numpy
import pytest
import torch
from scipy import stats
from torch.distributions import Independent, Laplace, Normal

pytest.importorskip("constriction")

from vae_exp.compression.latents import DIGIT, Bins, latents
from vae_exp.compression.stack import Stack
from vae_exp.distribution.bit_codes import BitCodes

SCIPYS = {Normal: stats.norm, Laplace: stats.laplace}
LOC, SCALE = torch.tensor([0.5, -1.0]), torch.tensor([2.0, 0.3])


@pytest.mark.parametrize("family", SCIPYS)
def test_bins_share_the_prior_out_equally(family):
    bins = Bins(family(LOC, SCALE))
    prior = SCIPYS[family](LOC.double().numpy(), SCALE.double().numpy())
    symbols = numpy.arange(DIGIT**2)[:, None].repeat(2, 1)
    inside = prior.cdf(bins.z(symbols).double().numpy())
    numpy.testing.assert_allclose(inside, (symbols + 0.5) / DIGIT**2, rtol=0, atol=1e-6)


@pytest.mark.parametrize("prior", SCIPYS)
@pytest.mark.parametrize("posterior", SCIPYS)
@pytest.mark.parametrize(("loc", "scale"), [(0.3, 0.1), (-9.0, 1.0), (9.0, 0.5), (0.0, 50.0)])
def test_a_bin_has_the_mass_that_the_posterior_has_there(prior, posterior, loc, scale):
    """To all its digits, in either tail, where differences of cumulative ones would have none."""
    bins = Bins(prior(torch.zeros(1), torch.ones(1)))
    q_z = Independent(posterior(torch.tensor([[loc]]), torch.tensor([[scale]])), 1)
    (masses,) = bins.tables(q_z)
    edges = SCIPYS[prior].ppf(numpy.arange(DIGIT + 1) / DIGIT)
    t = (edges - float(torch.tensor(loc))) / float(torch.tensor(scale))
    below, above = SCIPYS[posterior].cdf(t), SCIPYS[posterior].sf(t)
    exact = numpy.where(t[:-1] + t[1:] > 0, -numpy.diff(above), numpy.diff(below))
    numpy.testing.assert_allclose(masses[0], exact / exact.sum(), rtol=1e-6, atol=1e-300)


def test_bins_are_drawn_as_the_posterior_has_them():
    bins = Bins(Normal(torch.zeros(1), torch.ones(1)))
    q_z = Independent(Normal(torch.full((1000, 1), 0.7), torch.full((1000, 1), 0.2)), 1)
    z = bins.z(bins.pop(Stack(), q_z)).numpy().ravel()
    assert stats.kstest(z, stats.norm(0.7, 0.2).cdf).pvalue > 1e-3


def test_a_posterior_that_is_nowhere_is_coded_all_the_same():
    """Where no bin has mass that double precision knows of."""
    bins = Bins(Normal(torch.zeros(2), torch.ones(2)))
    q_z = Independent(Normal(torch.tensor([[1e3, -1e3]]), torch.tensor([[1e-3, 1e-3]])), 1)
    stack = Stack()
    drawn = bins.pop(stack, q_z)
    assert drawn.tolist() == [[DIGIT**2 - 1, 0]]
    bins.push(stack, drawn, q_z)
    assert stack.is_bare()


def test_parameters_that_are_not_finite_are_refused():
    bins = Bins(Normal(torch.zeros(1), torch.ones(1)))
    q_z = Independent(Normal(torch.tensor([[torch.nan]]), torch.ones(1, 1), validate_args=False), 1)
    with pytest.raises(ValueError, match="expected finite probabilities"):
        bins.pop(Stack(), q_z)


def test_codes_and_numbers_do_not_go_together():
    with pytest.raises(ValueError, match=r"^prior: expected one of independent codes, got Normal"):
        latents(BitCodes(torch.zeros(1, 3)), Independent(Normal(torch.zeros(3), 1.0), 1))
