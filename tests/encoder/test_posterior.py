"""Every posterior of the folder on R^Z: a density over Z, sampled with gradient."""

import functools

import pytest
import torch
from torch.distributions import Normal

from tests.checked import assert_ok
from tests.conftest import one_in, options
from vae_exp.checking.subject import Subject
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
ELSEWHERE += ["sigmoid_belief"]  # layers of them: see test_sigmoid_belief.py
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
def test_the_checks_of_a_posterior_pass(encoder):
    subject = Subject(
        "encoder", lambda x_shape, z_dim: (build(encoder, z_dim, x_shape), []), (1, 4, 4), 3
    )
    assert_ok(subject, "shapes", "batches", "support", "density", "samples", "mean", "gradients")
    assert_ok(subject, "gradient flow", "reparametrisation", "precision", "missing values")
    assert_ok(subject, "pickle", "state_dict")


@pytest.mark.parametrize("encoder", POSTERIORS)
def test_density_integrates_to_one_in_two_dimensions(encoder):
    subject = Subject(
        "encoder", lambda x_shape, z_dim: (build(encoder, 2, x_shape), []), (1, 4, 4), 2
    )
    assert_ok(subject, "density", "samples")


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


# that density, samples and gradients are one another's is checked above, of each
LEARNERS = ("gaussian", "full_gaussian", "flow encoder.kind=maf")


@pytest.mark.parametrize(
    "encoder",
    [
        pytest.param(encoder, marks=[] if encoder in LEARNERS else pytest.mark.long)
        for encoder in sorted({*POSTERIORS} - {"two_layer", "hierarchical"})
    ],
)
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


@pytest.mark.parametrize("encoder", one_in(2, [q for q in POSTERIORS if q.startswith(LAYERED)]))
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
