"""decoder.scale=optimal: its gradient is that of the stated objective, or the pair is refused."""

from functools import partial

import pytest
import torch

from tests.conftest import options
from tests.objective.linear_gaussian import elbo
from vae_exp.configuration.compose import compose
from vae_exp.configuration.instantiate import instantiate
from vae_exp.decoder.gaussian import Gaussian
from vae_exp.decoder.laplace import Laplace
from vae_exp.encoder.gaussian import Gaussian as GaussianEncoder
from vae_exp.kl.analytic import Analytic
from vae_exp.kl.monte_carlo import MonteCarlo
from vae_exp.kl.sticking_the_landing import StickingTheLanding
from vae_exp.network.linear import Linear
from vae_exp.objective import Objective
from vae_exp.objective.iwae import IWAE
from vae_exp.prior.standard_normal import StandardNormal
from vae_exp.vae import VAE

LINEAR = partial(Linear, init="default")

X = torch.randn(7, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

SPARSE = X.masked_fill(torch.arange(21).reshape(7, 3) % 4 == 2, torch.nan)


def model(kind, objective, kl=None, min_scale=1e-3):
    torch.manual_seed(0)
    parts = {
        "encoder": GaussianEncoder((3,), 2, LINEAR),
        "decoder": kind((3,), 2, LINEAR, scale="optimal", scale_value=1.0, min_scale=min_scale),
        "prior": StandardNormal(2),
        "kl": kl or MonteCarlo("auto"),
        "objective": objective,
    }
    return VAE(**parts, optimizer=lambda parameters: torch.optim.SGD(parameters, 0.1)).double()


def derivatives(vae, x=X):
    """Along one direction of all parameters: autograd's, and the difference quotient."""
    torch.manual_seed(5)
    parameters = list(vae.parameters())
    direction = [torch.randn_like(p) for p in parameters]

    def loss():
        torch.manual_seed(6)
        return vae(x)[0]

    grads = torch.autograd.grad(loss(), parameters)
    slope = sum((g * d).sum() for g, d in zip(grads, direction)).item()
    step, found = 1e-6, []
    for sign in (1, -2):
        for p, d in zip(parameters, direction):
            p.data.add_(d, alpha=sign * step)
        found.append(loss().item())
    return slope, (found[0] - found[1]) / (2 * step)


@pytest.mark.parametrize("kind", [Gaussian, Laplace])
@pytest.mark.parametrize("min_scale", [1e-3, 0.99])
@pytest.mark.parametrize("x", [X, SPARSE], ids=["complete", "sparse"])
def test_the_gradient_is_that_of_the_elbo_at_the_optimum_of_its_samples(kind, min_scale, x):
    slope, quotient = derivatives(model(kind, elbo(5), min_scale=min_scale), x)
    assert slope == pytest.approx(quotient, rel=1e-6)


@pytest.mark.parametrize("x", [X, SPARSE], ids=["complete", "sparse"])
def test_the_value_is_the_likelihood_at_that_scale(x):
    """Of the components that are observed, whose residuals alone make the scale."""
    vae = model(Gaussian, elbo(5))
    torch.manual_seed(6)
    _, info = vae(x)
    torch.manual_seed(6)
    loc = vae.decoder.network(vae.encoder(x).rsample((5,)))
    scale = (x - loc).square().nanmean().sqrt()
    by_hand = -torch.distributions.Normal(loc, scale, validate_args=False).log_prob(x)
    by_hand = by_hand.nansum(-1).mean()
    assert vae.decoder.scale.running.item() == pytest.approx(scale.item())
    assert info["reconstruction_loss"].item() == pytest.approx(by_hand.item())


def test_it_would_be_wrong_where_it_is_refused(monkeypatch):
    monkeypatch.setattr("vae_exp.objective.check_weighable", lambda kl, decoder: None)
    vae = model(Gaussian, IWAE(5))
    slope, quotient = derivatives(vae)
    assert abs(slope - quotient) > 0.05 * abs(quotient)


@pytest.mark.parametrize("name", options("objective"))
def test_objectives_that_weigh_samples_refuse_it(name):
    objective = instantiate(compose(f"objective={name}", "z_dim=2").objective)
    if not objective.weighs_samples:
        assert model(Laplace, objective)(X)[0].isfinite()
        return
    with pytest.raises(ValueError, match=r"^decoder\.scale: expected fixed, .* got optimal, which"):
        model(Laplace, objective)
    with pytest.raises(ValueError, match=r"^kl: expected .* got StickingTheLanding"):
        model(Laplace, objective, StickingTheLanding("auto"))


class Mine(Objective):
    """Made of what it gets, and never asking for terms.log_weight."""

    weighs_samples = True

    def forward(self, terms):
        return -terms.mean((-terms.reconstruction_loss - terms.kl_loss).logsumexp(0))


def test_what_an_objective_of_ones_own_declares_decides_when_the_model_is_built():
    with pytest.raises(ValueError, match=r"^kl: expected the log-ratio .* use kl=monte_carlo"):
        model(Laplace, Mine(3), Analytic("auto"))
    with pytest.raises(ValueError, match=r"^decoder\.scale: .* use decoder\.scale=shared"):
        model(Laplace, Mine(3))
