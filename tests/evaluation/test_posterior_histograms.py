"""Histograms of q(z|x), of a linear Gaussian model whose posterior is known."""

from types import SimpleNamespace

import numpy
import pytest
import torch
from torch import nn
from torch.distributions import Independent, Normal

from vae_exp.condition.none import Unconditional
from vae_exp.evaluation.posterior_histograms import BINS, DATA, SAMPLES, posterior_histograms

NOISE = 0.5  # x = z + noise: p(z|x) = N(x / (1 + σ²), σ² / (1 + σ²))


class Linear(nn.Module):
    """Two dimensions, of which q(z|x) is p(z|x) but for a scale that is so many times as large."""

    def __init__(self, times=1.0, used=(1.0, 1.0)):
        super().__init__()
        self.condition = Unconditional(mask=False)
        self.times, self.used = times, torch.tensor(used)

    def encoder(self, x):
        scale = torch.full_like(x, NOISE / (1 + NOISE**2) ** 0.5)
        return Independent(Normal(self.used * x / (1 + NOISE**2), self.times * scale), 1)

    def decoder(self, z):
        return Independent(Normal(z, NOISE), 1)

    def prior(self):
        return Independent(Normal(torch.zeros(2), torch.ones(2)), 1)


@pytest.fixture
def data():
    x = torch.randn(500, 2) * (1 + NOISE**2) ** 0.5
    return SimpleNamespace(
        device=x.device,
        shape=(2,),
        size=lambda split: len(x),
        at=lambda split, index: (x[index], None),
        x=x,
    )


@pytest.mark.parametrize("max_elements", [10**6, 1000])
def test_the_weights_of_the_true_posterior_are_one(data, max_elements):
    found = posterior_histograms(Linear(), data, "validation", max_elements)
    counts, edges = found.histograms["log_weights"]
    assert counts.sum() == DATA * SAMPLES
    assert len(counts) == BINS and numpy.abs(edges).max() < 1e-5
    assert (found.active, found.latents) == (2, 2)


def test_means_and_scales_are_those_of_q(data):
    found = posterior_histograms(Linear(), data, "validation", 10**6)
    means = (data.x[:DATA] / (1 + NOISE**2)).flatten().double().numpy()
    counts, edges = found.histograms["means"]
    assert (counts == numpy.histogram(means, edges)[0]).all()
    counts, edges = found.histograms["scales"]
    (place,) = numpy.flatnonzero(counts)
    assert edges[place] <= NOISE / (1 + NOISE**2) ** 0.5 <= edges[place + 1]


def test_a_posterior_too_wide_has_weights_below_one_and_the_rest_stays_as_it_was(data):
    vae = Linear(times=2.0, used=(1.0, 0.0)).train()
    state = torch.get_rng_state()
    found = posterior_histograms(vae, data, "validation", 10**6)
    edges = found.histograms["log_weights"][1]
    assert edges[0] < -1 < 0 < edges[-1]
    assert found.active == 1
    assert vae.training and (torch.get_rng_state() == state).all()
