"""Every posterior of the folder: a density over Z, sampled with gradient."""

import pytest
import torch

from tests.conftest import options
from vae_exp.config import compose
from vae_exp.instantiate import instantiate


def build(encoder, z_dim, shape=(1, 8, 8)):
    cfg = compose(f"encoder={encoder}", f"z_dim={z_dim}", "network.hidden=[16]")
    return instantiate(cfg.encoder, x_shape=shape)


@pytest.mark.parametrize("encoder", options("encoder"))
def test_shapes(encoder):
    q_z = build(encoder, 3)(torch.rand(4, 5, 1, 8, 8))
    assert q_z.batch_shape == (4, 5)
    assert q_z.event_shape == (3,)
    assert q_z.rsample((2,)).shape == (2, 4, 5, 3)


@pytest.mark.parametrize("encoder", options("encoder"))
def test_density_integrates_to_one(encoder):
    q_z = build(encoder, 2)(torch.rand(1, 8, 8))
    axis = torch.linspace(-25, 25, 2001, dtype=torch.float64)
    z = torch.cartesian_prod(axis, axis)
    total = q_z.log_prob(z).exp().sum().item() * (axis[1] - axis[0]).item() ** 2
    # a Laplace density has a cusp, which a grid sees only so well
    assert total == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("encoder", options("encoder"))
def test_samples_have_the_mean_and_carry_gradient(encoder):
    part = build(encoder, 3)
    q_z = part(torch.rand(1, 8, 8))
    z = q_z.rsample((20_000,))
    error = (z.mean(0) - q_z.mean) / (z.std(0) / 20_000**0.5)
    assert error.abs().max() < 5  # standard errors
    z.sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in part.parameters())


@pytest.mark.parametrize("encoder", options("encoder"))
def test_density_stays_finite_for_absurd_inputs(encoder):
    q_z = build(encoder, 3)(1e6 * torch.rand(10, 1, 8, 8))
    assert q_z.log_prob(q_z.rsample()).isfinite().all()
