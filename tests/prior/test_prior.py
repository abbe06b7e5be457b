"""Every prior of the folder: a density over Z that can be sampled, and learned where it is."""

import functools

import pytest
import torch
from torch.distributions import Independent, Laplace, MultivariateNormal, Normal

from tests.checked import assert_ok
from tests.conftest import one_in, options
from vae_exp.checking.subject import Subject
from vae_exp.configuration.compose import compose
from vae_exp.configuration.instantiate import instantiate

# each option, and those with kinds in each
ELSEWHERE = ("uniform_sphere", "uniform_levels", "wrapped_normal")  # see tests/distribution
ELSEWHERE += ("bernoulli", "categorical", "uniform_bernoulli", "uniform_categorical")
ELSEWHERE += ("sigmoid_belief",)  # see tests/encoder
PRIORS = [o for o in options("prior") if o not in ("flow", "conditional", *ELSEWHERE)]
PRIORS += ["flow prior.kind=maf", "flow prior.kind=spline", "vampprior encoder=flow"]
LEARNED = [option for option in PRIORS if option not in ("standard_normal", "laplace")]

# the same few configurations in every test
composed = functools.cache(compose)
# mean and variance of fixed points
AVERAGED = ("flow", "two_layer", "hierarchical", "vampprior encoder=flow")


def build(prior, z_dim):
    """With an encoder of data (1, 4, 4), for a prior that asks for one."""
    option, *overrides = prior.split()
    if option == "two_layer":
        overrides.append("prior.lower_dim=1")
    if option == "hierarchical":
        overrides.append(f"prior.latents={[1] * z_dim}")
    small = [f"z_dim={z_dim}", "network.hidden=[16]", "prior.components=5"]
    takes_components = option in ("mixture", "vampprior")
    cfg = composed(f"prior={option}", *small[: 2 + takes_components], *overrides)
    encoder = instantiate(cfg.encoder, x_shape=(1, 4, 4))
    return instantiate(cfg.prior, {"encoder": encoder, "x_shape": (1, 4, 4)})


def double(prior, z_dim):
    """In double precision, and so the encoder inside a VampPrior."""
    part = build(prior, z_dim).double()
    for encoder in getattr(part, "_encoder", ()):
        encoder.double()
    return part


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("fewest", one_in(2, [1, 2]))
def test_the_checks_of_a_prior_pass(prior, fewest):
    """In one dimension, where it can be had, and in two."""

    def made(x_shape, z_dim):
        part = build(prior, max(z_dim, fewest))
        return part, getattr(part, "_encoder", ())

    subject = Subject("prior", made, (1, 4, 4), 3)
    assert_ok(subject, "density", "samples", "mean")
    if fewest == 2:
        fixed = ("gradients", "gradient flow")  # of those that learn nothing
        assert_ok(subject, "shapes", "batches", "precision", "pickle", "state_dict", skipped=fixed)


@pytest.mark.parametrize("prior", PRIORS)
def test_samples_have_the_mean_and_the_variance(prior):
    p_z = build(prior, 3)()
    assert (p_z.batch_shape, p_z.event_shape) == ((), (3,))
    assert p_z.sample().shape == (3,)
    z = p_z.sample((20_000,))
    error = (z.mean(0) - p_z.mean) / (z.std(0) / 20_000**0.5)
    assert error.abs().max() < 5  # standard errors
    square = (z - p_z.mean).square()
    error = (square.mean(0) - p_z.variance) / (square.std(0) / 20_000**0.5)
    # averages over 128 fixed points know the variance to a few parts in a hundred
    assert error.abs().max() < (8 if prior.startswith(AVERAGED) else 5)


@pytest.mark.parametrize("prior", one_in(3, LEARNED))
def test_learns_from_samples(prior):
    """The log-likelihood of samples from elsewhere rises, and gradients reach everything."""
    part = build(prior, 2)
    target = Independent(Normal(torch.tensor([1.0, 0.0]), torch.tensor([0.5, 1.0])), 1)
    z = target.sample((1000,))
    optimizer = torch.optim.Adam(part.parameters(), lr=0.02)
    before = part().log_prob(z).mean().item()
    for _ in range(100):
        loss = -part().log_prob(z).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for name, parameter in part.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name
    after, best = part().log_prob(z).mean().item(), target.log_prob(z).mean().item()
    assert after > before + 0.1
    # a VampPrior moves its pseudo-inputs alone here, and has the encoder's scale
    if not prior.startswith("vampprior"):
        assert after > best - 0.15


def test_standard_normal_and_laplace_are_torchs():
    z = torch.randn(10, 3)
    normal = MultivariateNormal(torch.zeros(3), torch.eye(3))
    torch.testing.assert_close(build("standard_normal", 3)().log_prob(z), normal.log_prob(z))
    ours = build("laplace prior.loc=1 prior.scale=0.5", 3)().log_prob(z)
    torch.testing.assert_close(ours, Laplace(1.0, 0.5).log_prob(z).sum(-1))


def test_mixture_is_the_weighted_sum_of_its_components():
    prior = build("mixture prior.components=3", 2)
    prior.logits.data.copy_(torch.tensor([0.0, 1.0, -1.0]))
    z = torch.randn(10, 2)
    components = [
        weight * MultivariateNormal(loc, torch.eye(2)).log_prob(z).exp()
        for weight, loc in zip(prior.logits.softmax(0), prior.loc, strict=True)
    ]
    torch.testing.assert_close(prior().log_prob(z), sum(components).log())


@pytest.mark.parametrize("kind", ["maf", "spline"])
def test_flow_density_is_the_change_of_variables(kind):
    """By the Jacobian of the sampling map, from autograd."""
    p_z = double(f"flow prior.kind={kind}", 4)()
    u = torch.randn(4, dtype=torch.float64)

    def sampled(u):
        return p_z._from_noise(u)[0]

    jacobian = torch.autograd.functional.jacobian(sampled, u)
    log_det = torch.linalg.slogdet(jacobian).logabsdet
    expected = Normal(0.0, 1.0).log_prob(u).sum() - log_det
    torch.testing.assert_close(p_z.log_prob(sampled(u)), expected)


def test_flow_learns_what_no_gaussian_is():
    """A ring, of radius 2: its density is half again that of any Gaussian on average."""
    angle = 2 * torch.pi * torch.rand(4000)
    z = 2 * torch.stack([angle.cos(), angle.sin()], dim=-1) + 0.2 * torch.randn(4000, 2)
    gaussian = MultivariateNormal(z.mean(0), z.T.cov()).log_prob(z).mean()
    part = build("flow prior.kind=spline", 2)
    optimizer = torch.optim.Adam(part.parameters(), lr=0.01)
    for _ in range(150):
        loss = -part().log_prob(z[torch.randint(4000, (256,))]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert part().log_prob(z).mean() > gaussian + 0.4
    radius = part().sample((2000,)).norm(dim=-1)
    assert ((radius > 1.3) & (radius < 2.7)).float().mean() > 0.8


def test_two_layers_are_a_gaussian_on_a_normal():
    part = double("two_layer", 4)
    z = torch.randn(7, 4, dtype=torch.float64)
    z1, z2 = z.split((1, 3), dim=-1)
    upper = Normal(torch.zeros(3).double(), 1).log_prob(z2).sum(-1)
    torch.testing.assert_close(part().log_prob(z), upper + part.lower(z2).log_prob(z1))
    assert (part.lower(z2).mean.std(0) > 0.01).any()  # does depend on z2


@pytest.mark.parametrize("z_dim", [1, 2, 3])
def test_two_layers_need_a_dimension_each(z_dim):
    cfg = compose("prior=two_layer", f"z_dim={z_dim}", "prior.lower_dim=3")
    with pytest.raises(ValueError, match=r"prior\.lower_dim: expected a number between 0 and"):
        instantiate(cfg.prior)


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        ("flow prior.transforms=0", r"prior\.transforms: expected a positive number, got 0"),
        ("flow prior.hidden=[0]", r"prior\.hidden: expected positive widths, got \[0\]"),
        ("flow prior.kind=iaf", r"prior\.kind: expected one of maf, spline"),
        ("vampprior prior.components=0", r"prior\.components: expected a positive number, got 0"),
        ("mixture prior.components=0", r"prior\.components: expected a positive number, got 0"),
        ("vampprior prior.start=zeros", r"prior\.start: expected one of data, random"),
    ],
)
def test_a_wrong_value_is_refused(prior, message):
    with pytest.raises(ValueError, match=message):
        build(prior, 2)
