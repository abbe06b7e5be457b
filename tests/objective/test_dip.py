"""DIP-VAE against covariances of numpy, and the ELBO that it adds to."""

import numpy
import pytest
import torch
from torch.distributions import Independent, MultivariateNormal, Normal

from tests.objective.linear_gaussian import elbo, model, seeded
from vae_exp.distribution.bit_codes import BitCodes
from vae_exp.distribution.one_hot import OneHotCodes
from vae_exp.kl.analytic import Analytic
from vae_exp.objective.dip import DIP, covariance_of_means, within
from vae_exp.prior.mixture import Mixture

X = torch.randn(6, 1, generator=seeded(), dtype=torch.float64)


def loss(objective, x=X):
    torch.manual_seed(5)
    vae = model(objective, Analytic("auto"))
    return vae(x)[0], vae


def penalty(covariance, lambda_od, lambda_d):
    off = covariance - numpy.diag(numpy.diag(covariance))
    return lambda_od * (off**2).sum() + lambda_d * ((numpy.diag(covariance) - 1) ** 2).sum()


def gaussian(joint):
    loc, scale = torch.randn(9, 3, generator=seeded()), torch.rand(9, 3) + 0.1
    if not joint:
        return Independent(Normal(loc, scale), 1)
    return MultivariateNormal(
        loc, scale_tril=torch.tril(torch.randn(9, 3, 3), -1) + scale.diag_embed()
    )


@pytest.mark.parametrize("kind", ["I", "II"])
@pytest.mark.parametrize("joint", [False, True])
def test_the_penalty_is_that_of_the_covariances(kind, joint):
    """By numpy for the means; of the aggregate from moments, E[z zᵀ] − E[z] E[z]ᵀ."""
    q = gaussian(joint)
    own = q.covariance_matrix if joint else q.variance.diag_embed()
    covariance = numpy.cov(q.mean.T.numpy())
    if kind == "II":
        covariance = covariance + own.mean(0).numpy()
    ours = covariance_of_means(q) + (within(q) if kind == "II" else 0)
    numpy.testing.assert_allclose(ours, covariance, rtol=1e-5)

    class Terms:
        q_z, reconstruction_loss, kl_loss = q, torch.tensor([3.0]), torch.tensor([4.0])
        mean = staticmethod(lambda values, term: values.mean())

    found = DIP(1, kind, 2.0, 5.0)(Terms).item()
    assert found == pytest.approx(7 + penalty(covariance, 2.0, 5.0), rel=1e-5)


def test_of_codes_the_covariance_is_that_of_all_codes():
    torch.manual_seed(0)
    q = OneHotCodes(torch.randn(4, 2, 3, dtype=torch.float64))
    codes = q.enumerate_support()  # (9, 4, 6)
    p = q.log_prob(codes).exp()
    centred = codes - q.mean
    exact = torch.einsum("sb,sbi,sbj->ij", p, centred, centred) / 4
    torch.testing.assert_close(within(q), exact)


def test_of_many_draws_the_aggregate_has_that_covariance():
    torch.manual_seed(0)
    q = gaussian(joint=True)
    z = q.sample((20_000,))  # (S, B, Z)
    means = q.mean - q.mean.mean(0)
    ours = means.T @ means / len(means) + within(q)  # of these nine data and no others
    numpy.testing.assert_allclose(numpy.cov(z.flatten(0, 1).T.numpy()), ours, atol=0.05)


def test_in_a_model_it_is_added_to_the_negative_elbo():
    plain, vae = loss(elbo(2))
    assert loss(DIP(2, "I", 0.0, 0.0))[0].item() == pytest.approx(plain.item())
    q = vae.encoder(X)
    variance = q.mean.var().item()
    found = loss(DIP(2, "I", 3.0, 10.0))[0].item()
    assert found - plain.item() == pytest.approx(10 * (variance - 1) ** 2)
    found = loss(DIP(2, "II", 3.0, 10.0))[0].item()
    variance += q.variance.mean().item()
    assert found - plain.item() == pytest.approx(10 * (variance - 1) ** 2)


def test_steps_on_it_make_latents_uncorrelated():
    """Means A y of correlated y: gradient descent on the penalty alone makes A yyᵀ Aᵀ = 1."""
    mixing = torch.tensor([[1.0, 0.0], [0.9, 0.4]])
    y = torch.randn(300, 2, generator=seeded()) @ mixing.T
    A = torch.nn.Parameter(torch.eye(2))
    optimizer = torch.optim.Adam([A], 0.05)

    class Terms:
        reconstruction_loss = kl_loss = torch.zeros(1)
        mean = staticmethod(lambda values, term: values.mean())

    for _ in range(200):
        Terms.q_z = Independent(Normal(y @ A.T, torch.ones(300, 2)), 1)
        optimizer.zero_grad()
        DIP(1, "I", 10.0, 10.0)(Terms).backward()
        optimizer.step()
    torch.testing.assert_close(torch.cov((y @ A.T).T).detach(), torch.eye(2), atol=1e-3, rtol=0)


def test_a_batch_of_one_is_finite():
    value, vae = loss(DIP(1, "II", 1.0, 1.0), torch.ones(1, 1, dtype=torch.float64))
    value.backward()
    assert value.isfinite() and vae.encoder.slope.grad.isfinite()


def test_what_it_cannot_do_is_refused():
    mixture = Mixture(z_dim=2, components=2)()
    with pytest.raises(ValueError, match=r"objective\.kind: expected I for a posterior"):
        within(mixture.expand((4,)))
    relaxed = BitCodes(torch.zeros(4, 2)).relaxed(torch.tensor(0.5))
    with pytest.raises(ValueError, match=r"objective: expected another than dip .* RelaxedBits"):
        covariance_of_means(relaxed)
    for key in ("lambda_od", "lambda_d"):
        weights = {"lambda_od": 1.0, "lambda_d": 1.0, key: -1.0}
        with pytest.raises(ValueError, match=rf"objective\.{key}: expected 0 or more, got -1"):
            DIP(1, "I", **weights)
