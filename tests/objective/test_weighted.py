"""Objectives that weigh samples: values by hand and by integrals, gradients against each other."""

import math

import mpmath
import pytest
import torch

from tests.objective.linear_gaussian import elbo, exact, gradients, model
from vae_exp.kl.analytic import Analytic
from vae_exp.kl.monte_carlo import MonteCarlo
from vae_exp.kl.schulman import Schulman
from vae_exp.kl.sticking_the_landing import StickingTheLanding
from vae_exp.objective import Terms
from vae_exp.objective.ciwae import CIWAE
from vae_exp.objective.dreg import DReG
from vae_exp.objective.iwae import IWAE
from vae_exp.objective.miwae import MIWAE
from vae_exp.objective.piwae import PIWAE
from vae_exp.objective.renyi import Renyi

WEIGHING = [
    IWAE(6),
    MIWAE(6, 2),
    PIWAE(6, 3),
    CIWAE(6, 0.3),
    DReG(6),
    Renyi(6, 0.5),
]
X = torch.randn(5, 1, generator=torch.Generator().manual_seed(7), dtype=torch.float64)


def log_weights(vae, samples):
    """log w by the formulas, from the noise that the next call of the model will draw."""
    state = torch.get_rng_state()
    q = vae.encoder(X).base_dist
    z = q.rsample((samples,))
    torch.set_rng_state(state)
    p_x = torch.distributions.Normal(vae.decoder.slope * z, 0.8)
    p_z = torch.distributions.Normal(0.0, 1.0)
    return (p_x.log_prob(X) + p_z.log_prob(z) - q.log_prob(z)).sum(-1)


def expected(objective, log_w):
    def iwae(log_w):
        return log_w.exp().mean(0).log()

    if isinstance(objective, MIWAE) and not isinstance(objective, PIWAE):
        groups = log_w.reshape(objective.groups, -1, log_w.shape[-1])
        return torch.stack([iwae(group) for group in groups]).mean()
    if isinstance(objective, CIWAE):
        return 0.3 * log_w.mean() + 0.7 * iwae(log_w).mean()
    if isinstance(objective, Renyi):
        return ((log_w.exp() ** 0.5).mean(0).log() / 0.5).mean()
    return iwae(log_w).mean()


@pytest.mark.parametrize("objective", WEIGHING, ids=lambda o: type(o).__name__)
def test_the_value_is_the_formula(objective):
    vae = model(objective)
    by_hand = -expected(objective, log_weights(vae, 6))
    loss, _ = vae(X)
    torch.testing.assert_close(loss, by_hand)
    with torch.no_grad():
        assert vae(X)[0].isfinite()


@pytest.mark.parametrize("objective", WEIGHING, ids=lambda o: type(o).__name__)
@pytest.mark.parametrize("kl", [Analytic("auto"), Schulman("auto"), StickingTheLanding("auto")])
def test_an_estimator_that_is_no_log_ratio_is_refused(objective, kl):
    with pytest.raises(ValueError, match="kl: expected the log-ratio of each sample"):
        model(objective, kl)


def same_noise(objective, kl=None, **posterior):
    torch.manual_seed(3)
    return gradients(model(objective, kl, **posterior), X)


def test_one_sample_and_the_ends_of_each_scale_are_the_elbo_or_iwae():
    elbo, iwae = same_noise(MIWAE(6, 6)), same_noise(IWAE(6))
    for one, other in [
        (same_noise(MIWAE(6, 1)), iwae),
        (same_noise(CIWAE(6, 0.0)), iwae),
        (same_noise(CIWAE(6, 1.0)), elbo),
        (same_noise(Renyi(6, 0.0)), iwae),
        (same_noise(Renyi(6, 1.0)), elbo),
        (same_noise(PIWAE(6, 1)), iwae),
    ]:
        for a, b in zip(one, other):
            torch.testing.assert_close(a, b)
    near = same_noise(Renyi(6, 1 - 1e-6))
    torch.testing.assert_close(near[0], elbo[0], rtol=1e-5, atol=1e-5)


def test_bounds_rise_with_k_to_the_log_likelihood():
    total = (0.8**2 + 1.5**2) ** 0.5
    log_likelihood = torch.distributions.Normal(0.0, total).log_prob(X).mean().item()
    torch.manual_seed(0)
    with torch.no_grad():
        runs = {k: [-model(IWAE(k))(X)[0].item() for _ in range(400)] for k in (1, 5, 50)}
    means = {k: sum(values) / 400 for k, values in runs.items()}
    assert means[1] < means[5] < means[50] < log_likelihood + 0.01
    assert means[50] == pytest.approx(log_likelihood, abs=0.05)


def many(objective, kl, count=500, batch=8):
    """Means, standard errors and standard deviations of the encoder's gradient, from ``count``
    means over as many copies of a datum as a batch has."""
    torch.manual_seed(11)
    vae = model(objective, kl)
    x = X[:1].expand(batch, *X.shape[1:])
    grads = torch.stack([gradients(vae, x)[1] for _ in range(count)])
    return grads.mean(0), grads.std(0) / count**0.5, grads.std(0)


def test_dreg_has_iwaes_expected_gradient_with_less_noise():
    plain, plain_error, plain_std = many(IWAE(8), MonteCarlo("auto"))
    ours, error, std = many(DReG(8), MonteCarlo("auto"))
    assert ((ours - plain).abs() < 5 * (plain_error**2 + error**2).sqrt()).all()
    assert (std < 0.7 * plain_std).all()
    _, _, of_model = same_noise(DReG(6))
    _, _, of_iwae = same_noise(IWAE(6), MonteCarlo("auto"))
    torch.testing.assert_close(of_model, of_iwae)


def test_path_gradients_vanish_at_the_exact_posterior():
    slope, scale = exact()
    for objective, kl in [(elbo(1), StickingTheLanding("auto")), (DReG(5), None)]:
        _, encoder, _ = same_noise(objective, kl, slope=slope, scale=scale)
        torch.testing.assert_close(encoder, torch.zeros_like(encoder), atol=1e-12, rtol=0)
    _, encoder, _ = same_noise(elbo(1), MonteCarlo("auto"), slope=slope, scale=scale)
    assert encoder.abs().max() > 1e-3  # monte_carlo's is noise there


def test_renyi_falls_with_alpha():
    values = [-same_noise(Renyi(50, alpha))[0].item() for alpha in (-1.0, 0.0, 0.5, 1.0, 2.0)]
    assert values == sorted(values, reverse=True)


def test_renyi_keeps_its_digits_near_the_elbo():
    """In float32 against double precision: log w within 2 nats, and hundreds of nats apart."""
    torch.manual_seed(2)
    for spread in (1.0, 100.0):
        log_w = -90 + spread * torch.randn(5, 40)
        exact_w = log_w.double()
        for power in [10.0**e for e in range(-15, 1)] + [-(10.0**e) for e in range(-15, 1)]:
            ours, gradient = renyi(log_w, power)
            exact, exact_gradient = renyi_by_series(exact_w, power)
            torch.testing.assert_close(ours.double(), exact, rtol=3e-6, atol=0)
            torch.testing.assert_close(gradient.double(), exact_gradient, rtol=0, atol=2e-6)


def renyi(log_w, power):
    """The bound and its derivatives in log w."""
    log_w = log_w.clone().requires_grad_()
    terms = Terms(*[None] * 5, -log_w, torch.zeros_like(log_w), MonteCarlo("auto"), None)
    bound = -Renyi(len(log_w), 1 - power)(terms)
    return bound.detach(), torch.autograd.grad(bound, log_w)[0]


def renyi_by_series(log_w, power):
    """With more digits than a double has, from the definition."""
    power = mpmath.mpf(1 - (1 - power))  # of α, as a double has it
    bounds, gradients = [], []
    with mpmath.workdps(60):
        for column in log_w.T.tolist():
            terms = [mpmath.exp(power * value) for value in column]
            total, elbo = mpmath.fsum(terms), mpmath.fsum(column) / len(column)
            bounds.append(mpmath.log(total / len(terms)) / power if power else elbo)
            gradients.append([float(term / total / log_w.shape[1]) for term in terms])
        mean = float(mpmath.fsum(bounds) / len(bounds))
    return torch.tensor(mean).double(), torch.tensor(gradients).double().T


def test_weights_of_hundreds_of_nats_stay_finite():
    for objective in WEIGHING:
        vae = model(objective, MonteCarlo("auto"))
        loss, _ = vae(X * 300)
        loss.backward()
        assert loss.isfinite()
        assert all(p.grad.isfinite().all() for p in vae.parameters() if p.grad is not None)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: MIWAE(6, 4), r"objective.groups: expected a number that divides .* got 4"),
        (lambda: PIWAE(6, 0), "objective.groups"),
        (lambda: CIWAE(3, 1.5), "objective.elbo_weight: expected a number from 0 to 1, got 1.5"),
        (lambda: Renyi(3, math.inf), "objective.alpha: expected a finite number"),
        (lambda: IWAE(0), "objective.samples: expected a positive number"),
    ],
)
def test_numbers_out_of_range_are_refused(make, told):
    with pytest.raises(ValueError, match=told):
        make()
