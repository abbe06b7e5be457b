"""Likelihoods of counts in float32, where their terms are of millions of nats, against mpmath."""

from functools import partial

import mpmath
import pytest
import torch

from vae_exp.decoder.negative_binomial import NegativeBinomial, NegativeBinomialDistribution
from vae_exp.decoder.poisson import Poisson, PoissonDistribution
from vae_exp.network.linear import Linear

LINEAR = partial(Linear, init="default")

X = torch.tensor([0.0, 1.0, 2.0, 10.0, 1e3, 1e4, 1e5, 1e6, 3e6, 1e7, 2.0**24])
SHIFTS = [-5.0, 0.0, 3.0]  # of the mean from x, in its square root


def raw(shift):
    """Outputs of the network for which the mean is x + shift √x, as far as it may go."""
    mean = (X + shift * X.sqrt()).clamp(1e-3, 3e6)
    return 15 * torch.atanh(mean.log() / 15)


def assert_exact(p_x, names, exact):
    """``exact(x, *parameters)`` gives log p and its derivatives in the parameters as they are."""
    parameters = [getattr(p_x, name) for name in names]
    ours = p_x.log_prob(X)
    gradients = torch.autograd.grad(ours.sum(), parameters)
    assert ours.dtype == torch.float32
    with mpmath.workdps(40):
        rows = zip(X.tolist(), *(parameter.tolist() for parameter in parameters))
        values = [list(map(float, exact(*map(mpmath.mpf, row)))) for row in rows]
    value, *slopes = torch.tensor(values, dtype=torch.float64).T
    torch.testing.assert_close(ours.double(), value, rtol=2e-7, atol=2e-7)
    for gradient, slope in zip(gradients, slopes):
        torch.testing.assert_close(gradient.double(), slope, rtol=2e-7, atol=2e-7)


@pytest.mark.parametrize("shift", SHIFTS)
def test_poisson(shift):
    rate = (
        Poisson((1,), 3, LINEAR, offset="none")
        .components(raw(shift))
        .rate.detach()
        .requires_grad_()
    )

    def exact(x, rate):
        return x * mpmath.log(rate) - rate - mpmath.loggamma(x + 1), x / rate - 1

    assert_exact(PoissonDistribution(rate, validate_args=False), ["rate"], exact)


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("raw_r", [-1e9, -1.0, 0.0, 5.0, 1e9])
def test_negative_binomial(shift, raw_r):
    decoder = NegativeBinomial((1,), 3, LINEAR, dispersion="network", offset="none")
    p_x = decoder.components(raw(shift), torch.full_like(X, raw_r))
    r, logits = (p.detach().requires_grad_() for p in (p_x.total_count, p_x.logits))

    def exact(x, r, logit):
        log_p, log_1_p = -mpmath.log1p(mpmath.exp(-logit)), -mpmath.log1p(mpmath.exp(logit))
        binomial = mpmath.loggamma(x + r) - mpmath.loggamma(x + 1) - mpmath.loggamma(r)
        return (
            binomial + x * log_p + r * log_1_p,
            mpmath.digamma(x + r) - mpmath.digamma(r) + log_1_p,
            x * mpmath.exp(log_1_p) - r * mpmath.exp(log_p),
        )

    p_x = NegativeBinomialDistribution(r, logits=logits, validate_args=False)
    assert_exact(p_x, ["total_count", "logits"], exact)
