"""Importance sampling of data with holes, against linear Gaussian models: p(x_obs) is known."""

import math

import pytest
import torch
from torch.distributions import Independent, MultivariateNormal, Normal

from vae_exp.condition.none import Unconditional
from vae_exp.configuration.compose import compose
from vae_exp.distribution.observed import Observed
from vae_exp.experiment import build
from vae_exp.importance import score
from vae_exp.imputation import impute
from vae_exp.proposal import propose

W = torch.tensor([[2.0, 0.3], [-1.5, 1.0], [0.5, 2.5], [1.0, -1.0]])
NOISE = 0.5


class Linear:
    """z ~ N(0, I), x|z ~ N(W z, s²), q(z|x) = p(z|x) of what an encoder sees: zeros in holes."""

    condition = Unconditional(mask=False)

    def __init__(self, noise=NOISE):
        self.noise = noise
        self.covariance = W @ W.T + noise**2 * torch.eye(4)

    def encoder(self, x):
        precision = torch.eye(2) + W.T @ W / self.noise**2
        mean = x.nan_to_num(0.0) @ W @ torch.linalg.inv(precision) / self.noise**2
        return MultivariateNormal(mean, precision_matrix=precision)

    def prior(self):
        return Independent(Normal(torch.zeros(2), torch.ones(2)), 1)

    def decoder(self, z):
        return Observed(Normal(z @ W.T, self.noise), 1, 0.0)

    def holes(self, count):
        """Data of the model with a hole each."""
        torch.manual_seed(1)
        x = MultivariateNormal(torch.zeros(4), self.covariance).sample((count,))
        x[torch.arange(count), torch.arange(count) % 4] = torch.nan
        return x

    def exact(self, x):
        """log p(x_obs) of each."""
        found = []
        for row in x:
            seen = ~row.isnan()
            covariance = self.covariance[seen][:, seen]
            law = MultivariateNormal(torch.zeros(int(seen.sum())), covariance)
            found.append(law.log_prob(row[seen]))
        return torch.stack(found)


def of_q_alone(vae, x, samples):
    q_z = vae.encoder(x)
    z = q_z.sample((samples,))
    log_w = vae.decoder(z).log_prob(x) + vae.prior().log_prob(z) - q_z.log_prob(z)
    return log_w.logsumexp(0) - math.log(samples)


def test_what_is_missing_does_not_hide_where_z_may_be():
    vae = Linear()
    x = vae.holes(200)
    scores = score(vae, x, None, 256, 10**6)
    lacks = (vae.exact(x) - scores["log_likelihood"]).mean()
    assert abs(lacks) < 0.02
    assert (vae.exact(x) - of_q_alone(vae, x, 256)).mean() > 0.3  # so that the test can fail
    assert scores["effective_sample_size"].median() > 128


@pytest.mark.parametrize("samples", [2, 5, 64])
def test_the_weights_are_unbiased(samples):
    """E[p̂(x_obs)] = p(x_obs), for an odd K and few completions too, in standard errors."""
    vae = Linear(noise=1.5)  # for weights whose variance is finite
    x = vae.holes(8)
    many = x.repeat(4000, 1)
    log_w = score(vae, many, None, samples, 10**7)["log_likelihood"].reshape(4000, 8)
    ratio = (log_w - vae.exact(x)).exp()
    error = (ratio.mean(0) - 1) / (ratio.std(0) / math.sqrt(4000))
    assert error.abs().max() < 4, (ratio.mean(0), error)


def test_the_elbo_is_that_of_the_encoder():
    """By two samples of it each, here, averaged over many copies of the data."""
    vae = Linear()
    x = vae.holes(4)
    copies = score(vae, x.repeat(5000, 1), None, 4, 10**7)["elbo"].reshape(5000, 4)
    z = vae.encoder(x).sample((20_000,))
    each = vae.decoder(z).log_prob(x) + vae.prior().log_prob(z) - vae.encoder(x).log_prob(z)
    spread = (copies.var(0) / 5000 + each.var(0) / 20_000).sqrt()
    assert ((copies.mean(0) - each.mean(0)) / spread).abs().max() < 4


def test_draws_are_as_wide_as_the_conditional_gaussian():
    vae = Linear()
    x = vae.holes(4)
    draws = impute(vae, vae.prior(), x, None, 2000, 1000, 2000).draws
    for i, row in enumerate(x):
        a, b = row.isnan(), ~row.isnan()
        gain = vae.covariance[a][:, b] @ torch.linalg.inv(vae.covariance[b][:, b])
        mean = gain @ row[b]
        deviation = (vae.covariance[a][:, a] - gain @ vae.covariance[b][:, a]).sqrt().squeeze()
        drawn = draws[:, i, a].squeeze(1)
        assert drawn.std() / deviation == pytest.approx(1, abs=0.15)
        assert abs(drawn.mean() - mean.squeeze()) < 0.25 * deviation


def test_a_complete_datum_is_drawn_from_q_alone():
    vae = Linear()
    x = vae.holes(4).nan_to_num(0.3)
    q_z = vae.encoder(x)
    proposal = propose(vae, q_z, vae.prior(), x, None, 6)
    torch.manual_seed(0)
    z = torch.cat([proposal.sample(0, 4), proposal.sample(4, 2)])
    torch.manual_seed(0)
    assert torch.equal(z, torch.cat([q_z.sample((4,)), q_z.sample((2,))]))
    assert proposal.log_prob(z, q_z.log_prob(z)) is not None and proposal.own == 6


KINDS = {
    "labels, a prior of each": "condition=labels prior=conditional condition.mask=true",
    "part": "condition=part",
    "semi_supervised": "condition=semi_supervised data.labelled=50",
    "codes": "encoder=categorical prior=uniform_categorical",
    "conv": "network=conv",
    "layers": "encoder=hierarchical prior=hierarchical encoder.latents=[4,2] kl=monte_carlo",
    "sphere": "encoder=von_mises_fisher prior=uniform_sphere",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_model_takes_it(kind):
    words = ["data=digits", "data.missing=0.3", "decoder=bernoulli", *KINDS[kind].split()]
    experiment = build(compose(*words))
    x, c = experiment.data.at("test", slice(0, 5))
    with torch.no_grad():
        scores = score(experiment.vae.eval(), x, c, 5, 10**6)
    assert scores["log_likelihood"].isfinite().all() and scores["elbo"].isfinite().all()
