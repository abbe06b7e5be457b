"""Every posterior of the folder on R^Z: a density over Z, sampled with gradient."""

import functools
import pickle

import pytest
import torch
from torch.distributions import Normal

from tests.conftest import options
from vae_exp.configuration.compose import compose
from vae_exp.configuration.instantiate import instantiate
from vae_exp.distribution.detach import detach

LAYERED = ("two_layer", "hierarchical")  # have two dimensions at least
FLOWS = ["maf", "spline", "iaf"]
# each option, and those with kinds in each
ELSEWHERE = ["flow", "von_mises_fisher", "power_spherical"]  # the sphere: see test_sphere.py
ELSEWHERE += ["fsq"]  # a grid: see test_fsq.py
ELSEWHERE += ["wrapped_normal"]  # the Poincaré ball: see tests/distribution
ELSEWHERE += ["bernoulli", "categorical"]  # codes: see test_discrete.py
POSTERIORS = [
    *(option for option in options("encoder") if option not in ELSEWHERE),
    *(f"hierarchical encoder.inference={kind}" for kind in ("top_down", "ladder")),
    *(f"flow encoder.kind={kind}" for kind in FLOWS),
    "student_t encoder.learn_df=true",
]

# the same few configurations in every test
composed = functools.cache(compose)


def build(encoder, z_dim, shape=(1, 8, 8)):
    option, *overrides = encoder.split()
    if option == "two_layer":
        overrides.append("encoder.lower_dim=1")
    if option == "hierarchical":
        overrides += [f"encoder.latents={[1] * z_dim}", "prior=hierarchical"]
        overrides += ["encoder.features=16", "encoder.layer_network.hidden=[8]"]
        overrides += ["prior.layer_network.hidden=[8]"]
    chosen = [f"encoder={option}", f"z_dim={z_dim}", "network.hidden=[16]", *overrides]
    return instantiate(composed(*chosen).encoder, x_shape=shape)


def double(encoder, z_dim, shape=(1, 8, 8), spread=1.0):
    """In double precision, with a last layer that is not as tame as it starts."""
    part = build(encoder, z_dim, shape).double()
    with torch.no_grad():
        for parameter in part.parameters():
            parameter.mul_(spread)
    return part


@pytest.mark.parametrize("encoder", POSTERIORS)
def test_shapes(encoder):
    q_z = build(encoder, 3)(torch.rand(4, 5, 1, 8, 8))
    assert q_z.batch_shape == (4, 5)
    assert q_z.event_shape == (3,)
    assert q_z.rsample((2,)).shape == (2, 4, 5, 3)
    assert q_z.sample().shape == q_z.mean.shape == q_z.variance.shape == (4, 5, 3)
    assert q_z.log_prob(q_z.rsample((2,))).shape == (2, 4, 5)
    assert q_z.log_prob(torch.randn(3)).shape == (4, 5)


@pytest.mark.parametrize("encoder", POSTERIORS)
@pytest.mark.parametrize("z_dim", [2, 4])
def test_density_of_every_sample_under_every_posterior(encoder, z_dim):
    part = double(encoder, z_dim, spread=2.0)
    x = torch.rand(5, 1, 8, 8, dtype=torch.float64)
    q_z = part(x)
    z = q_z.sample()  # (M, Z)
    pairs = q_z.log_prob(z.unsqueeze(1))  # (M, M)
    one_by_one = [part(x_j).log_prob(z_i) for z_i in z for x_j in x]
    torch.testing.assert_close(pairs.flatten(), torch.stack(one_by_one))
    torch.testing.assert_close(pairs.diagonal(), q_z.log_prob(z))


@pytest.mark.parametrize("encoder", POSTERIORS)
def test_density_integrates_to_one(encoder):
    q_z = double(encoder, 2, spread=1.5)(torch.rand(1, 8, 8, dtype=torch.float64))
    # a flow is smooth, and slow for so many points
    half_width, points = (10, 201) if "flow" in encoder else (30, 801)
    scale = q_z.stddev.max().item()
    axis = scale * torch.linspace(-half_width, half_width, points, dtype=torch.float64)
    z = q_z.mean + torch.cartesian_prod(axis, axis)
    with torch.no_grad():
        total = q_z.log_prob(z).exp().sum().item() * (axis[1] - axis[0]).item() ** 2
    # a Laplace density has a cusp, which a grid sees only so well, and Student's tails are long
    assert total == pytest.approx(1, abs=5e-3)


@pytest.mark.parametrize("encoder", POSTERIORS)
def test_density_integrates_to_one_in_one_dimension(encoder):
    if encoder.startswith(LAYERED):
        pytest.skip("has two dimensions at least")
    q_z = double(encoder, 1, spread=1.5)(torch.rand(1, 8, 8, dtype=torch.float64))
    axis = q_z.stddev * torch.linspace(-100, 100, 100_001, dtype=torch.float64)
    z = q_z.mean + axis.unsqueeze(-1)
    mass = q_z.log_prob(z).exp() * (axis[1] - axis[0])
    assert mass.sum().item() == pytest.approx(1, abs=2e-4)
    mean = (mass * z.squeeze(-1)).sum().item()
    error = abs(mean - q_z.mean.item()) / q_z.stddev.item()
    assert error < (0.02 if "flow" in encoder else 1e-3)


@pytest.mark.parametrize("encoder", POSTERIORS)
def test_samples_have_the_mean_and_the_variance_and_carry_gradient(encoder):
    part = build(encoder, 3)
    q_z = part(torch.rand(1, 8, 8))
    z = q_z.rsample((20_000,))
    error = (z.mean(0) - q_z.mean) / (z.std(0) / 20_000**0.5)
    assert error.abs().max() < 5  # standard errors
    square = (z - q_z.mean).square().detach()
    error = (square.mean(0) - q_z.variance) / (square.std(0) / 20_000**0.5)
    # averages over 128 fixed points know the variance to a few parts in a hundred
    averaged = 3 if "flow" in encoder or encoder.startswith(LAYERED) else 0
    assert error.abs().max() < 5 + averaged
    z.square().sum().backward()
    for name, parameter in part.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name


@pytest.mark.parametrize("encoder", POSTERIORS)
def test_expected_score_is_zero(encoder):
    """E_q[∂ log q(z) / ∂ parameters at fixed z] = 0, so samples and density agree."""
    q = double(encoder, 2, spread=1.5)
    x = torch.rand(1, 8, 8, dtype=torch.float64)
    rows = []
    for _ in range(40):
        q_z = q(x)
        loss = q_z.log_prob(q_z.sample((500,))).mean()
        grads = torch.autograd.grad(loss, [p for p in q.parameters() if p.requires_grad])
        rows.append(torch.cat([g.flatten() for g in grads]))
    rows = torch.stack(rows)
    noisy = rows.std(0) > 1e-12
    error = rows.mean(0)[noisy] / (rows.std(0)[noisy] / 40**0.5)
    # Student's t with 39 degrees of freedom; thousands of parameters, much correlated
    assert error.abs().max() < 6.5
    assert error.square().mean() < 2.5


@pytest.mark.parametrize("encoder", POSTERIORS)
def test_gradient_of_samples_is_that_of_the_expectation(encoder):
    """∂/∂θ E_q[f(z)] through rsample, against the score-function estimate, f(z) = Σ sin z_d."""
    q = double(encoder, 2, spread=1.5)
    x = torch.rand(1, 8, 8, dtype=torch.float64)
    parameters = [p for p in q.parameters() if p.requires_grad]

    def gradients(surrogate):
        rows = []
        for _ in range(40):
            grads = torch.autograd.grad(surrogate(q(x)), parameters)
            rows.append(torch.cat([g.flatten() for g in grads]))
        rows = torch.stack(rows)
        return rows.mean(0), rows.var(0) / len(rows)

    def f(z):
        return z.sin().sum(-1)

    def score(q_z):
        z = q_z.sample((500,))
        return (q_z.log_prob(z) * (f(z) - f(z).mean())).mean()

    (mean_a, var_a), (mean_b, var_b) = (
        gradients(lambda q_z: f(q_z.rsample((500,))).mean()),
        gradients(score),
    )
    noisy = var_a + var_b > 1e-24
    error = (mean_a - mean_b * 500 / 499)[noisy] / (var_a + var_b)[noisy].sqrt()
    assert error.abs().max() < 6.5
    assert error.square().mean() < 2.5


@pytest.mark.parametrize("encoder", POSTERIORS)
def test_stopped_has_gradient_in_z_alone(encoder):
    part = double(encoder, 3, spread=1.5)
    x = torch.rand(2, 1, 8, 8, dtype=torch.float64)
    q_z = part(x)
    z = q_z.rsample((4,))
    constant = detach(q_z)
    log_q = constant.log_prob(z)
    torch.testing.assert_close(log_q, q_z.log_prob(z))
    leaf = z.detach().requires_grad_()
    (expected,) = torch.autograd.grad(q_z.log_prob(leaf).sum(), leaf)
    (gradient,) = torch.autograd.grad(log_q.sum(), z, retain_graph=True)
    torch.testing.assert_close(gradient, expected)
    assert not constant.log_prob(z.detach()).requires_grad
    # of detach(detach(q)) too, and through the sample it does reach the parameters
    assert not detach(constant).log_prob(z.detach()).requires_grad
    log_q.sum().backward()
    assert any(p.grad is not None and p.grad.abs().max() > 0 for p in part.parameters())


@pytest.mark.parametrize("encoder", POSTERIORS)
def test_density_stays_finite_for_absurd_inputs(encoder):
    q_z = build(encoder, 3)(1e6 * torch.rand(10, 1, 8, 8))
    assert q_z.log_prob(q_z.rsample()).isfinite().all()
    assert q_z.log_prob(q_z.rsample().clone()).isfinite().all()


def fit(part, log_joint, log_evidence, draw, steps):
    """KL(q(z|x) ‖ p(z|x)) in nats at the start and at the end of training to bring it down."""
    optimizer = torch.optim.Adam(part.parameters(), lr=0.02)
    gaps = []
    for _ in range(steps):
        x = draw()
        q_z = part(x)
        z = q_z.rsample((1,))
        gap = (q_z.log_prob(z) - log_joint(x, z) + log_evidence(x)).mean()
        optimizer.zero_grad()
        gap.backward()
        optimizer.step()
        gaps.append(gap.item())
    return sum(gaps[:5]) / 5, sum(gaps[-20:]) / 20


@pytest.mark.parametrize("encoder", sorted({*POSTERIORS} - {"two_layer", "hierarchical"}))
def test_learns_a_known_posterior(encoder):
    """Of p(z) = N(0, I), p(x|z) = N(x | z, ¼), whose evidence is N(x | 0, 5/4)."""
    start, end = fit(
        build(encoder, 2, (2,)),
        lambda x, z: (Normal(0, 1).log_prob(z) + Normal(z, 0.5).log_prob(x)).sum(-1),
        lambda x: Normal(0, 1.25**0.5).log_prob(x).sum(-1),
        lambda: 1.25**0.5 * torch.randn(128, 2),
        steps=150,
    )
    assert end < start / 4
    # nats; a Laplace or Student's t is at some distance always, 0.07 a dimension for the Laplace
    assert end < (0.25 if encoder == "laplace" else 0.15)


@pytest.mark.parametrize("encoder", [q for q in POSTERIORS if q.startswith(LAYERED)])
def test_two_layers_learn_a_known_posterior(encoder):
    """Of z2 ~ N(0, 1), z1 ~ N(z2, 1), x ~ N(z1, ¼), whose evidence is N(x | 0, 9/4)."""

    def log_joint(x, z):
        z1, z2 = z.split(1, dim=-1)
        layers = Normal(0, 1).log_prob(z2) + Normal(z2, 1).log_prob(z1)
        return (layers + Normal(z1, 0.5).log_prob(x)).squeeze(-1)

    start, end = fit(
        build(encoder, 2, (1,)),
        log_joint,
        lambda x: Normal(0, 1.5).log_prob(x).squeeze(-1),
        lambda: 1.5 * torch.randn(128, 1),
        steps=150,
    )
    assert end < start / 4
    assert end < 0.1


@pytest.mark.parametrize("encoder", POSTERIORS)
def test_can_be_pickled(encoder):
    part = build(encoder, 3)
    x = torch.rand(2, 1, 8, 8)
    z = torch.randn(2, 3)
    copy = pickle.loads(pickle.dumps(part))
    torch.testing.assert_close(copy(x).log_prob(z), part(x).log_prob(z), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("low_rank_gaussian encoder.rank=0", r"encoder\.rank: expected a positive number, got 0"),
        ("student_t encoder.df=2", r"encoder\.df: expected a number above 2\.01"),
        ("student_t encoder.df=.inf", r"encoder\.df"),
        ("flow encoder.transforms=0", r"encoder\.transforms: expected a positive number, got 0"),
        ("flow encoder.hidden=[0]", r"encoder\.hidden: expected positive widths, got \[0\]"),
        ("flow encoder.context=0", r"encoder\.context: expected a positive number, got 0"),
        ("flow encoder.kind=glow", r"encoder\.kind: expected one of maf, spline, iaf"),
        ("full_gaussian z_dim=0", r"z_dim: expected a positive number, got 0"),
        ("low_rank_gaussian z_dim=0", r"z_dim: expected a positive number, got 0"),
        ("student_t z_dim=0", r"z_dim: expected a positive number, got 0"),
        ("flow z_dim=0", r"z_dim: expected a positive number, got 0"),
    ],
)
def test_a_wrong_value_is_refused(override, message):
    with pytest.raises(ValueError, match=message):
        build(override, 3)


@pytest.mark.parametrize("lower_dim", [0, 3])
def test_two_layers_need_a_dimension_each(lower_dim):
    cfg = compose("encoder=two_layer", "z_dim=3", f"encoder.lower_dim={lower_dim}")
    with pytest.raises(ValueError, match=r"encoder\.lower_dim: expected a number between 0 and"):
        instantiate(cfg.encoder, x_shape=(1, 8, 8))
