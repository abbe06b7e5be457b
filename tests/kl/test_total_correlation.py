"""The three parts of the KL against the closed forms of a Gaussian aggregate and each other."""

import pytest
import torch
from torch.distributions import Independent, MultivariateNormal, Normal

from vae_exp.kl.monte_carlo import MonteCarlo
from vae_exp.kl.total_correlation import TotalCorrelation


def posterior(loc, scale):
    return Independent(Normal(loc, torch.full_like(loc, scale)), 1)


def prior(size):
    return Independent(Normal(torch.zeros(size), torch.ones(size)), 1)


def test_equal_weights_are_the_log_ratio():
    q, p = posterior(torch.randn(6, 3), 0.4), prior(3)
    z = q.rsample((4,))
    kl = TotalCorrelation(1.0, 1.0, 1.0)
    kl.setup(torch.zeros(1), 500)
    torch.testing.assert_close(kl(q, p, z), MonteCarlo(False)(q, p, z))


def test_with_all_data_in_the_batch_the_aggregate_is_exact():
    q, p = posterior(torch.randn(7, 2), 0.5), prior(2)
    z = q.rsample((3,))
    kl = TotalCorrelation(1.0, 1.0, 1.0)
    kl.setup(torch.zeros(1), 7)
    mutual, total, each = kl.parts(q, p, z)
    density = q.log_prob(z.unsqueeze(2)).exp().mean(2)
    marginals = q.base_dist.log_prob(z.unsqueeze(2)).exp().mean(2)
    torch.testing.assert_close(mutual, q.log_prob(z) - density.log())
    torch.testing.assert_close(total, density.log() - marginals.log().sum(-1))
    torch.testing.assert_close(each, marginals.log().sum(-1) - p.log_prob(z))


def test_in_expectation_the_density_of_a_batch_is_that_of_all_data():
    """exp of what is subtracted from log q(z|x): over batches its mean is q(z)."""
    torch.manual_seed(0)
    loc, count = torch.randn(40, 1), 1500
    kl, p = TotalCorrelation(1.0, 1.0, 1.0), prior(1)
    kl.setup(torch.zeros(1), 40)
    z = torch.tensor([[[0.3]]])
    exact = posterior(loc, 0.5).log_prob(z.reshape(1, 1)).exp().mean()
    found = []
    for _ in range(count):
        batch = torch.cat([torch.randint(40, (1,)), torch.tensor([-1] * 4)])
        others = torch.tensor([i for i in range(40) if i != batch[0]])
        batch[1:] = others[torch.randperm(39)[:4]]
        q = posterior(loc[batch], 0.5)
        mutual = kl.parts(q, p, z.expand(1, 5, 1))[0]
        found.append((q.log_prob(z.expand(1, 5, 1)) - mutual)[0, 0].exp())
    found = torch.stack(found)
    assert abs(found.mean() - exact) < 4 * found.std() / count**0.5


def test_of_a_gaussian_aggregate_they_are_the_closed_forms():
    """Means correlated by 0.8 over many data: q(z) is nearly N(0, C + s² I)."""
    torch.manual_seed(0)
    s, size = 0.6, 3000
    covariance = torch.tensor([[1.0, 0.8], [0.8, 1.0]])
    loc = MultivariateNormal(torch.zeros(2), covariance).sample((size,))
    q, p = posterior(loc, s), prior(2)
    kl = TotalCorrelation(1.0, 1.0, 1.0)
    kl.setup(torch.zeros(1), size)
    with torch.no_grad():
        parts = kl.parts(q, p, q.rsample((1,)))
    total = covariance + s**2 * torch.eye(2)
    variances = total.diagonal()
    exact = [
        0.5 * total.logdet() - 2 * torch.tensor(s).log(),
        0.5 * (variances.log().sum() - total.logdet()),
        0.5 * (variances - 1 - variances.log()).sum(),
    ]
    for part, value in zip(parts, exact):
        error = part.std() / size**0.5
        assert abs(part.mean() - value) < 5 * error + 0.02  # 3000 means are not quite a Gaussian


def test_the_weights_are_those_of_the_parts_and_the_size_is_in_the_state():
    q, p = posterior(torch.randn(6, 3), 0.4), prior(3)
    z = q.rsample((2,))
    kl = TotalCorrelation(0.0, 6.0, 2.0)
    kl.setup(torch.zeros(1), 100)
    _, total, each = kl.parts(q, p, z)
    torch.testing.assert_close(kl(q, p, z), 6 * total + 2 * each)
    other = TotalCorrelation(0.0, 6.0, 2.0)
    other.load_state_dict(kl.state_dict())
    torch.testing.assert_close(other(q, p, z), kl(q, p, z))


def test_a_batch_of_one_is_finite():
    q, p = posterior(torch.randn(1, 3), 0.4), prior(3)
    kl = TotalCorrelation(1.0, 6.0, 1.0)
    kl.setup(torch.zeros(1), 100)
    assert kl(q, p, q.rsample((2,))).isfinite().all()


def test_a_joint_posterior_and_negative_weights_are_refused():
    q = MultivariateNormal(torch.zeros(4, 2), torch.eye(2))
    with pytest.raises(ValueError, match="kl: expected a posterior that factorises"):
        TotalCorrelation(1.0, 1.0, 1.0)(q, prior(2), q.rsample((1,)))
    q, p = posterior(torch.randn(6, 2), 0.4), MultivariateNormal(torch.zeros(2), torch.eye(2))
    with pytest.raises(ValueError, match=r"prior: expected .* 1\.0 and 2\.0, got Mult"):
        TotalCorrelation(1.0, 6.0, 2.0)(q, p, q.rsample((1,)))
    kl, z = TotalCorrelation(2.0, 6.0, 2.0), q.rsample((1,))
    total = kl.parts(q, p, z)[1]
    torch.testing.assert_close(kl(q, p, z), 2 * MonteCarlo(False)(q, p, z) + 4 * total)
    with pytest.raises(ValueError, match=r"kl\.total_correlation: expected 0 or more, got -1"):
        TotalCorrelation(1.0, -1.0, 1.0)
