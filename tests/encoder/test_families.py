"""What each posterior is, against scipy, torch and change of variables."""

import builtins

import pytest
import scipy.stats
import torch
from torch.distributions import Distribution, Independent, Laplace, Normal, kl_divergence

from tests.encoder.test_posterior import FLOWS, build, double
from vae_exp.distribution.student_t import StudentT
from vae_exp.kl.analytic import Analytic

X = (1, 8, 8)


def data(*batch):
    return torch.rand(*batch, *X, dtype=torch.float64)


def standard_normal(z_dim):
    zeros = torch.zeros(z_dim, dtype=torch.float64)
    return Independent(Normal(zeros, torch.ones_like(zeros)), 1)


def covariance(part, x):
    """From the network's outputs, as the docstrings write it."""
    if hasattr(part, "places"):
        loc, log_scale, below = part.network(x).split(part.sizes)
        unit_lower = torch.eye(len(loc), dtype=torch.float64)
        rows, columns = torch.tril_indices(len(loc), len(loc), -1)
        unit_lower[rows, columns] = 7 * (below / 7).tanh()
        factor = torch.diag((7 * (log_scale / 7).tanh()).exp()) @ unit_lower
        return loc, factor @ factor.T
    loc, log_scale, factor = part.network(x).split(part.sizes)
    diagonal = torch.diag((7 * (log_scale / 7).tanh()).exp())
    factor = 7 * (factor / 7).tanh().view(len(loc), -1)
    eye = torch.eye(len(loc), dtype=torch.float64)
    return loc, diagonal @ (eye + factor @ factor.T) @ diagonal


@pytest.mark.parametrize("encoder", ["full_gaussian", "low_rank_gaussian"])
def test_correlated_gaussian_is_scipys(encoder):
    part, x = double(encoder, 4, spread=3.0), data()
    q_z, (loc, cov) = part(x), covariance(part, x)
    assert (cov - torch.diag(cov.diagonal())).abs().max() > 0.05
    z = q_z.sample((100,))
    expected = scipy.stats.multivariate_normal(loc.detach(), cov.detach()).logpdf(z)
    torch.testing.assert_close(q_z.log_prob(z).detach(), torch.as_tensor(expected))
    torch.testing.assert_close(q_z.covariance_matrix, cov)
    torch.testing.assert_close(q_z.variance, cov.diagonal())
    # the covariance of samples, in standard errors
    z = q_z.sample((50_000,))
    products = (z - loc).unsqueeze(-1) * (z - loc).unsqueeze(-2)
    error = (products.mean(0) - cov) / (products.std(0) / 50_000**0.5)
    assert error.abs().max() < 5


@pytest.mark.parametrize("encoder", ["full_gaussian", "low_rank_gaussian"])
def test_closed_form_kl_to_an_independent_normal(encoder):
    q_z = double(encoder, 3, spread=3.0)(data(5))
    loc, scale = torch.tensor([0.3, -1.0, 0.0]).double(), torch.tensor([0.5, 2.0, 1.0]).double()
    p_z = Independent(Normal(loc, scale), 1)
    exact = kl_divergence(q_z, p_z)  # (B,)
    # torch's own, between distributions with full covariances
    full_q = torch.distributions.MultivariateNormal(q_z.loc, q_z.covariance_matrix)
    full_p = torch.distributions.MultivariateNormal(loc, torch.diag(scale**2))
    torch.testing.assert_close(exact, kl_divergence(full_q, full_p))
    # Monte Carlo, in standard errors
    z = q_z.sample((50_000,))
    log_ratio = q_z.log_prob(z) - p_z.log_prob(z)
    error = (log_ratio.mean(0) - exact) / (log_ratio.std(0) / 50_000**0.5)
    assert error.abs().max() < 5
    # and its gradient reaches the parameters, as kl=analytic uses it
    torch.testing.assert_close(Analytic("auto")(q_z, p_z, z), exact)
    assert torch.autograd.grad(exact.sum(), q_z.loc)[0].abs().min() > 0


@pytest.mark.parametrize("encoder", ["full_gaussian", "low_rank_gaussian"])
def test_no_closed_form_to_other_priors(encoder):
    q_z = double(encoder, 3)(data(5))
    p_z = Independent(Laplace(torch.zeros(3), torch.ones(3)), 1)
    with pytest.raises(ValueError, match="kl: expected a pair with a closed form"):
        Analytic("auto")(q_z, p_z, None)


@pytest.mark.parametrize("encoder", ["student_t", "student_t encoder.learn_df=true"])
def test_student_t_is_scipys(encoder):
    part, x = double(f"{encoder} encoder.df=3.5", 3, spread=2.0), data()
    loc, log_scale = part.network(x).detach().chunk(2)
    scale = (7 * (log_scale / 7).tanh()).exp()
    expected = scipy.stats.t(3.5, loc, scale)
    z = torch.randn(100, 3, dtype=torch.float64)
    log_q = torch.as_tensor(expected.logpdf(z)).sum(-1)
    torch.testing.assert_close(part(x).log_prob(z).detach(), log_q)
    torch.testing.assert_close(part(x).variance.detach(), torch.as_tensor(expected.var()))
    sample = part(x).sample((2000,))
    for d in range(3):
        law = scipy.stats.t(3.5, loc[d], scale[d])
        assert scipy.stats.kstest(sample[:, d].numpy(), law.cdf).pvalue > 1e-4


def test_student_t_is_torchs_wherever_it_is_used():
    df, loc, scale = torch.tensor([2.5, 7.0]), torch.randn(5, 1), torch.rand(2) + 0.1
    ours, torchs = (kind(df, loc, scale) for kind in (StudentT, torch.distributions.StudentT))
    for expanded in (lambda t: t, lambda t: t.expand((3, 5, 2))):
        torch.manual_seed(0)
        sample = expanded(ours).rsample((4,))
        torch.manual_seed(0)
        assert torch.equal(sample, expanded(torchs).rsample((4,)))
        assert torch.equal(expanded(ours).log_prob(sample), expanded(torchs).log_prob(sample))
        assert torch.equal(expanded(ours).entropy(), expanded(torchs).entropy())
        assert expanded(ours).batch_shape == expanded(torchs).batch_shape
    with pytest.raises(ValueError, match="scale"):
        StudentT(3.0, 0.0, -1.0, validate_args=True)


def test_degrees_of_freedom_are_learned_and_keep_a_variance():
    """Fitted to Cauchy noise, whose one degree would leave no variance."""
    part = build("student_t encoder.learn_df=true", 1)
    x, z = torch.zeros(X), scipy.stats.cauchy.rvs(size=(500, 1), random_state=0)
    z = torch.as_tensor(z, dtype=torch.float32)
    optimizer = torch.optim.Adam(part.parameters(), lr=0.1)
    for _ in range(100):
        loss = -part(x).log_prob(z).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert 2 < part(x).base_dist.df.item() < 2.3
    assert part(x).variance.isfinite().all()


@pytest.mark.parametrize("kind", FLOWS)
@pytest.mark.parametrize("z_dim", [1, 2, 5])
def test_flow_density_is_the_change_of_variables(kind, z_dim):
    """By the Jacobian of the sampling map, from autograd."""
    q_z = double(f"flow encoder.kind={kind}", z_dim, spread=1.5)(data())
    u = torch.randn(z_dim, dtype=torch.float64)

    def sampled(u):
        return q_z._from_noise(u)[0]

    z, jacobian = sampled(u), torch.autograd.functional.jacobian(sampled, u)
    expected = standard_normal(z_dim).log_prob(u) - torch.linalg.slogdet(jacobian).logabsdet
    torch.testing.assert_close(q_z.log_prob(z), expected)


@pytest.mark.parametrize("kind", FLOWS)
def test_flow_remembers_the_density_of_its_last_sample(kind, monkeypatch):
    part = double(f"flow encoder.kind={kind}", 3, spread=1.5)
    q_z = part(data(2))
    z = q_z.rsample((4,))
    without_memory = q_z.log_prob(z.view_as(z))
    calls = []
    monkeypatch.setattr(type(part.bijection), "forward", lambda *arguments: calls.append(arguments))
    remembered = q_z.log_prob(z)
    assert not calls
    torch.testing.assert_close(remembered, without_memory)
    # in gradient too, along the way on which z depends on the parameters
    a, b = (
        torch.autograd.grad(log_q.sum(), list(part.parameters()), retain_graph=True)
        for log_q in (remembered, without_memory)
    )
    torch.testing.assert_close(a, b)


@pytest.mark.parametrize("kind", FLOWS)
def test_flow_density_of_a_sample_without_gradient_has_one_in_the_parameters(kind):
    part = double(f"flow encoder.kind={kind}", 3, spread=1.5)
    q_z = part(data(2))
    z = q_z.sample((4,))
    assert q_z.log_prob(z).requires_grad
    with torch.no_grad():
        torch.testing.assert_close(q_z.log_prob(z), q_z.log_prob(z.clone()))
    earlier, later = q_z.sample((4,)), q_z.sample((4,))
    torch.testing.assert_close(q_z.log_prob(earlier), q_z.log_prob(earlier.clone()))
    torch.testing.assert_close(q_z.log_prob(later), q_z.log_prob(later.clone()))


def test_iaf_samples_in_one_pass_and_maf_has_densities_in_one():
    def count(part, function):
        passes = []
        (layer,) = part.bijection.layers.transforms
        hook = layer.hyper[0].register_forward_hook(lambda *_: passes.append(1))
        function()
        hook.remove()
        return len(passes)

    iaf, maf = (build(f"flow encoder.kind={k} encoder.transforms=1", 6) for k in ("iaf", "maf"))
    x = torch.rand(*X)
    assert count(iaf, iaf(x).rsample) == 1
    assert count(iaf, lambda: iaf(x).log_prob(torch.randn(6))) == 6  # Z
    assert count(maf, lambda: maf(x).log_prob(torch.randn(6))) == 1


@pytest.mark.parametrize("kind", ["maf", "spline", "iaf"])
def test_flow_is_inverted_a_dimension_at_a_time_as_zuko_does_all_of_them(kind):
    part = double(f"flow encoder.kind={kind}", 5, spread=1.5).bijection
    torch.manual_seed(1)
    value, context = torch.randn(3, 7, 5).double().requires_grad_(), torch.randn(7, 32).double()
    sampling = kind != "iaf"
    ours = part(value, context, sampling)
    theirs = part.layers(context).inv.call_and_ladj(value)
    for own, other in zip(ours, theirs):
        torch.testing.assert_close(own, other)
    inputs = [value, *part.parameters()]
    gradients = [torch.autograd.grad(a.sum() + b.square().sum(), inputs) for a, b in (ours, theirs)]
    for own, other in zip(*gradients):
        torch.testing.assert_close(own, other)


def test_flow_mean_is_the_same_each_time_and_moves_no_generator():
    q_z = build("flow", 3)(torch.rand(2, *X))
    state = torch.get_rng_state()
    torch.testing.assert_close(q_z.mean, q_z.mean, rtol=0, atol=0)
    torch.testing.assert_close(torch.get_rng_state(), state)


def test_flow_without_a_map_is_the_gaussian():
    part, x = double("flow encoder.kind=maf encoder.transforms=1", 3), data()
    with torch.no_grad():
        for parameter in part.bijection.parameters():
            parameter.zero_()
    q_z, z = part(x), torch.randn(10, 3, dtype=torch.float64)
    gaussian = Independent(Normal(q_z.loc, q_z.scale), 1)
    torch.testing.assert_close(q_z.log_prob(z), gaussian.log_prob(z))
    torch.testing.assert_close(q_z.mean, gaussian.mean)


def test_a_missing_zuko_is_said_in_one_line(monkeypatch):
    real = builtins.__import__

    def without_zuko(name, *arguments, **options):
        if name.split(".")[0] == "zuko":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without_zuko)
    with pytest.raises(ValueError, match=r"encoder: expected the package zuko .*vae_exp\[flows\]"):
        build("flow", 3)


def test_importing_zuko_leaves_torchs_checks_on():
    build("flow", 3)
    assert Distribution._validate_args
    with pytest.raises(ValueError, match="scale"):
        Normal(0.0, -1.0)


def test_two_layers_are_two_gaussians():
    part, x = double("two_layer", 5, spread=2.0), data(3)
    q_z, z = part(x), torch.randn(7, 3, 5, dtype=torch.float64)
    z1, z2 = z.split((1, 4), dim=-1)
    expected = part.lower(x).log_prob(z1) + part.upper(z1).log_prob(z2)
    torch.testing.assert_close(q_z.log_prob(z), expected)
    assert (part.upper(z1).mean.std(0) > 0.01).any()  # does depend on z1
