"""The posteriors on the sphere."""

import pytest
import torch
from torch.distributions import kl_divergence

from tests.conftest import one_in
from tests.encoder.test_posterior import build
from vae_exp.distribution.uniform_sphere import UniformSphere

SPHERICAL = ["von_mises_fisher", "power_spherical"]


@pytest.mark.parametrize("encoder", SPHERICAL)
def test_shapes_and_gradients(encoder):
    part = build(encoder, 3)
    q_z = part(torch.rand(4, 5, 1, 8, 8))
    assert q_z.batch_shape == (4, 5) and q_z.event_shape == (4,)
    assert q_z.mean.shape == q_z.variance.shape == q_z.mode.shape == (4, 5, 4)
    z = q_z.rsample((2,))
    assert z.shape == (2, 4, 5, 4) and q_z.support.check(z).all()
    (z[..., 0].sum() + q_z.log_prob(z).sum()).backward()
    assert all(p.grad.isfinite().all() and p.grad.abs().max() > 0 for p in part.parameters())
    assert part.decoder_z_dim == 4


@pytest.mark.parametrize("encoder", SPHERICAL)
def test_absurd_inputs_and_a_network_of_zeros_leave_it_on_the_sphere(encoder):
    part = build(encoder, 3)
    for x in (1e6 * torch.randn(10, 1, 8, 8), torch.zeros(1, 1, 8, 8)):
        q_z = part(x)
        assert q_z.log_prob(q_z.rsample()).isfinite().all()
    for parameter in part.parameters():
        torch.nn.init.zeros_(parameter)
    q_z = part(torch.rand(2, 1, 8, 8))
    torch.testing.assert_close(q_z.loc.norm(dim=-1), torch.ones(2))


@pytest.mark.parametrize("encoder", one_in(2, SPHERICAL))
def test_learns_the_posterior_of_a_direction(encoder):
    """Of p(z) uniform on the circle, p(x|z) = N(x | 2z, I): p(z|x) ∝ exp(2 xᵀz), which is the
    von Mises-Fisher distribution with μ = x/|x| and κ = 2 |x|."""
    part = build(encoder, 1, (2,))
    optimizer = torch.optim.Adam(part.parameters(), lr=0.02)
    prior = UniformSphere(torch.zeros(2))
    for _ in range(200):
        z = prior.sample((128,))
        x = 2 * z + torch.randn(128, 2)
        q_z = part(x)
        loss = (kl_divergence(q_z, prior) - 2 * (x * q_z.rsample()).sum(-1)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    from torch.special import i0e

    size = 2 * x.norm(dim=-1)
    best = -(i0e(size).log() + size).mean()  # −log E_p[exp(2 xᵀz)]
    assert loss.item() - best.item() < 0.25  # nats
