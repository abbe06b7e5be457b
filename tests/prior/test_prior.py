"""Every prior of the folder: a density over Z that can be sampled."""

import pytest
import torch
from torch.distributions import Laplace, MultivariateNormal

from tests.conftest import options
from vae_exp.config import compose
from vae_exp.instantiate import instantiate


def build(prior, z_dim, *overrides):
    return instantiate(compose(f"prior={prior}", f"z_dim={z_dim}", *overrides).prior)


@pytest.mark.parametrize("prior", options("prior"))
def test_density_integrates_to_one(prior):
    p_z = build(prior, 2)()
    axis = torch.linspace(-20, 20, 1601)
    z = torch.cartesian_prod(axis, axis)
    total = p_z.log_prob(z).double().exp().sum().item() * (axis[1] - axis[0]).item() ** 2
    assert total == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("prior", options("prior"))
def test_samples_have_the_mean(prior):
    p_z = build(prior, 3)()
    assert (p_z.batch_shape, p_z.event_shape) == ((), (3,))
    z = p_z.sample((20_000,))
    error = (z.mean(0) - p_z.mean) / (z.std(0) / 20_000**0.5)
    assert error.abs().max() < 5  # standard errors


def test_standard_normal_and_laplace_are_torchs():
    z = torch.randn(10, 3)
    normal = MultivariateNormal(torch.zeros(3), torch.eye(3))
    torch.testing.assert_close(build("standard_normal", 3)().log_prob(z), normal.log_prob(z))
    ours = build("laplace", 3, "prior.loc=1", "prior.scale=0.5")().log_prob(z)
    torch.testing.assert_close(ours, Laplace(1.0, 0.5).log_prob(z).sum(-1))


def test_mixture_is_the_weighted_sum_of_its_components():
    prior = build("mixture", 2, "prior.components=3")
    prior.logits.data.copy_(torch.tensor([0.0, 1.0, -1.0]))
    z = torch.randn(10, 2)
    components = [
        weight * MultivariateNormal(loc, torch.eye(2)).log_prob(z).exp()
        for weight, loc in zip(prior.logits.softmax(0), prior.loc, strict=True)
    ]
    torch.testing.assert_close(prior().log_prob(z), sum(components).log())
