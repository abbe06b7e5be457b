"""The mixture's density and its gradient are torch's, to the last digits of single precision."""

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

from vae_exp.distribution.mixture import MixtureDensity

K, Z = 7, 5


def parameters(scale):
    generator = torch.Generator().manual_seed(0)
    logits, loc = torch.randn(K, generator=generator), torch.randn(K, Z, generator=generator)
    scale = scale * torch.rand(K, Z, generator=generator).add(0.5)
    return [p.requires_grad_() for p in (logits, 3 * loc.detach(), scale)]


@pytest.mark.parametrize("scale", [1.0, 1e-2, 1e-4])
def test_density_and_gradient_are_torchs(scale):
    logits, loc, spread = parameters(scale)
    noise = torch.randn(3, K, Z, generator=torch.Generator().manual_seed(1))
    # a scale or so from a component, where something cancels
    z = (loc + spread * noise).detach().requires_grad_()

    def log_prob(kind, dtype):
        weights = Categorical(logits=logits.to(dtype), validate_args=False)
        normal = Independent(Normal(loc.to(dtype), spread.to(dtype)), 1)
        return kind(weights, normal, validate_args=False).log_prob(z.to(dtype))

    got = log_prob(MixtureDensity, torch.float32)
    exact = log_prob(MixtureSameFamily, torch.float64)
    assert got.dtype == torch.float32
    torch.testing.assert_close(got.double(), exact, rtol=1e-6, atol=1e-5)
    for a, b in zip(
        torch.autograd.grad(got.sum(), [logits, loc, spread, z]),
        torch.autograd.grad(exact.sum(), [logits, loc, spread, z]),
    ):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4 * b.abs().max().item())


@pytest.mark.parametrize(
    "components",
    [
        Independent(Laplace(torch.randn(K, Z), torch.ones(K, Z)), 1),
        MultivariateNormal(torch.randn(K, Z), 2 * torch.eye(Z)),
    ],
    ids=["laplace", "full covariance"],
)
def test_other_components_have_torchs_own(components):
    weights = Categorical(logits=torch.randn(K))
    z = torch.randn(4, 6, Z)
    got = MixtureDensity(weights, components).log_prob(z)
    assert torch.equal(got, MixtureSameFamily(weights, components).log_prob(z))
