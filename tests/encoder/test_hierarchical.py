"""Posteriors and priors of many layers, against closed forms, quadrature and exact gradients."""

import copy
import itertools

import numpy
import pytest
import torch
from torch.distributions import Independent, MultivariateNormal, Normal

from tests.conftest import one_in
from vae_exp.configuration.compose import compose
from vae_exp.configuration.instantiate import instantiate
from vae_exp.distribution.layers import product
from vae_exp.experiment import build
from vae_exp.kl.layerwise import Layerwise, kl_per_layer
from vae_exp.kl.monte_carlo import MonteCarlo
from vae_exp.objective import Terms
from vae_exp.objective.dreg import DReG
from vae_exp.objective.iwae import log_mean_exp
from vae_exp.objective.piwae import PIWAE

KINDS = ("bottom_up", "top_down", "ladder")
BOTH = ["encoder=hierarchical", "prior=hierarchical"]


def pair(*words, x_shape=(3,)):
    """An encoder and its prior in double precision, of networks without hidden layers."""
    plain = ["network=linear", "encoder.layer_network.hidden=[]", "prior.layer_network.hidden=[]"]
    cfg = compose(*BOTH, *plain, "encoder.features=4", *words)
    q = instantiate(cfg.encoder, x_shape=x_shape)
    offered = {"encoder": q, "x_shape": x_shape, "z_dim": q.z_dim}
    return q.double(), instantiate(cfg.prior, offered).double()


def tame(*parts):
    """Closer to N(0, I), for weights p / q without long tails."""
    with torch.no_grad():
        for parameter in {id(p): p for part in parts for p in part.parameters()}.values():
            parameter.mul_(0.2)


def test_a_product_adds_up_precisions():
    loc, scale = torch.randn(2, 5, 3, dtype=torch.float64), torch.rand(2, 5, 3).double() + 0.1
    p = Independent(Normal(loc[0], scale[0]), 1)
    z = torch.randn(7, 5, 3, dtype=torch.float64)
    both = p.log_prob(z) + Normal(loc[1], scale[1]).log_prob(z).sum(-1)
    difference = both - product(p, loc[1], scale[1]).log_prob(z)
    torch.testing.assert_close(difference, difference[:1].expand(7, 5))  # constant in z


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_importance_weights_know_the_evidence_of_a_linear_chain(kind, skip):
    """z_3 → z_2 → z_1 → x linear: x is Gaussian, with a mean and a covariance that are known."""
    latents = [2, 2, 1]
    words = [f"encoder.latents={latents}", f"encoder.inference={kind}", f"encoder.skip={skip}"]
    q, p = pair(*words)
    tame(q, p)
    with torch.no_grad():
        networks = p.layers if kind != "ladder" else q.shared
        for network, size in zip(networks, latents):
            network.network.layers[-1].weight[size:] = 0  # of the scale
        # p(z) is Gaussian: its affine map from noise, one row for each number of z, drawn down
        mean, root = torch.zeros(5).double(), torch.zeros(5, 5).double()
        root[4, 4] = 1
        for i, rows in ((1, slice(2, 4)), (0, slice(0, 2))):
            above = slice(rows.stop, 5 if skip else rows.stop + latents[i + 1])
            linear = networks[i].network.layers[-1]
            weight = linear.weight[: latents[i]]
            order = list(range(5))[above]
            if skip:  # in the order of drawing
                order = [4, 2, 3] if i == 0 else [4]
            mean[rows] = weight @ mean[order] + linear.bias[: latents[i]]
            root[rows] = weight @ root[order]
            scale = networks[i](torch.zeros(len(order)).double()).stddev
            root[rows, rows] += torch.diag(scale)
        w, noise = 0.3 * torch.randn(3, 5).double(), 1.0
        if not skip:
            w[:, 2:] = 0
        evidence = MultivariateNormal(
            w @ mean, w @ root @ root.T @ w.T + noise**2 * torch.eye(3).double()
        )
        x = evidence.sample((4,))
        q_z, p_z = q(x), p()
        z = q_z.sample((40_000,))
        log_x = Normal(z @ w.T, noise).log_prob(x).sum(-1)
        log_w = log_x + p_z.log_prob(z) - q_z.log_prob(z) - evidence.log_prob(x)
        ratio = log_w.exp()
        error = (ratio.mean(0) - 1) / (ratio.std(0) / 40_000**0.5)
        assert error.abs().max() < 5  # standard errors
        drawn = p_z.sample((20_000,))
        error = (drawn.mean(0) - mean) / (drawn.std(0) / 20_000**0.5)
        assert error.abs().max() < 5


@pytest.mark.parametrize("kind", KINDS)
def test_the_kl_of_the_layers_adds_up_to_the_kl(kind):
    q, p = pair("encoder.latents=[3,2,1]", f"encoder.inference={kind}")
    q_z, p_z = q(3 * torch.randn(2, 3).double()), p()
    z = q_z.sample((20_000,))
    layers, total = kl_per_layer(q_z, p_z, z), q_z.log_prob(z) - p_z.log_prob(z)
    assert layers.shape == (20_000, 2, 3)
    if kind == "bottom_up":
        torch.testing.assert_close(layers.sum(-1), total)
        return
    difference = layers.sum(-1) - total
    error = difference.mean(0) / (difference.std(0) / 20_000**0.5)
    assert error.abs().max() < 5
    assert (layers.sum(-1).std(0) < total.std(0)).all()


def nodes(dimensions, points=14):
    """Noise (N, dimensions) and the weights (N,) of its average, by Gauss-Hermite."""
    place, weight = numpy.polynomial.hermite_e.hermegauss(points)
    grid = numpy.meshgrid(*[place] * dimensions, indexing="ij")
    each = numpy.meshgrid(*[weight / weight.sum()] * dimensions, indexing="ij")
    noise = numpy.stack([axis.ravel() for axis in grid], 1)
    return torch.from_numpy(noise), torch.from_numpy(numpy.prod(each, 0).ravel())


def at_nodes(q, p, noise, x, monkeypatch):
    """q(z|x), p(z), and two samples for each node, drawn with its noise."""
    drawn = iter(noise.T.reshape(2, 2, -1, 1))  # of the layer drawn first, and of the other
    monkeypatch.setattr("torch.distributions.normal._standard_normal", lambda *_, **__: next(drawn))
    q_z = q(x.expand(len(noise), 1))
    return q_z, p(), q_z.rsample((2,))


def log_weight(q_z, p_z, z, x):
    log_x = Normal(0.5 * z[..., 0], 1.0).log_prob(x)
    return log_x, log_x + p_z.log_prob(z) - q_z.log_prob(z)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("objective", [DReG(2), PIWAE(2, 2)], ids=["dreg", "piwae"])
def test_gradients_that_differ_for_model_and_encoder_are_exact(objective, kind, monkeypatch):
    """Integrated over all noise. Of a ladder, a shared parameter's is the sum of its two roles'."""
    torch.manual_seed(1)
    q, p = pair("encoder.latents=[1,1]", f"encoder.inference={kind}", x_shape=(1,))
    tame(q, p)
    noise, weights = nodes(4)
    x = torch.tensor([0.9]).double()
    q_z, p_z, z = at_nodes(q, p, noise, x, monkeypatch)
    log_x, log_w = log_weight(q_z, p_z, z, x)
    terms = Terms(x, q_z, p_z, None, z, -log_x, log_x - log_w, MonteCarlo(False), None, weights)
    objective(terms).backward()

    # the roles apart: the prior reads a copy of what is shared
    own, other = copy.deepcopy(q), copy.deepcopy(p)
    own.zero_grad(), other.zero_grad()
    for shared in other._shared:
        _ = shared is None or shared.zero_grad()
    *_, log_w = parts = at_nodes(own, other, noise, x, monkeypatch)
    log_w = log_weight(*parts, x)[1]
    tight, loose = log_mean_exp(log_w), log_w.mean(0)
    of_q = list(own.parameters())
    of_p = list(other._shared[0].parameters()) if kind == "ladder" else list(other.parameters())
    of_encoder = tight if isinstance(objective, DReG) else loose
    expected_q = torch.autograd.grad(-(weights * of_encoder).sum(), of_q, retain_graph=True)
    expected_p = torch.autograd.grad(-(weights * tight).sum(), of_p)
    expected = dict(zip([n for n, _ in own.named_parameters()], expected_q))
    if kind == "ladder":
        for (name, _), value in zip(q.shared.named_parameters(), expected_p):
            # the encoder names them where it has them first
            found = next(n for n in expected if n.endswith(f".{name}"))
            expected[found] = expected[found] + value
    for name, parameter in q.named_parameters():
        torch.testing.assert_close(parameter.grad, expected[name], rtol=2e-4, atol=2e-5)
    if kind != "ladder":
        for parameter, value in zip(p.parameters(), expected_p):
            torch.testing.assert_close(parameter.grad, value, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_batch_normalisation_is_that_of_the_sample(kind):
    normalised = [f"{part}.layer_network.normalization=batch" for part in ("encoder", "prior")]
    hidden = [f"{part}.layer_network.hidden=[6]" for part in ("encoder", "prior")]
    latents = ["encoder.latents=[2,2,2]", f"encoder.inference={kind}"]
    q, p = pair(*latents, *normalised, *hidden)
    x = torch.randn(50, 3).double()
    q_z = q(x)
    torch.manual_seed(3)
    z = q_z.rsample((2,))
    torch.manual_seed(3)
    order = reversed if kind != "bottom_up" else list
    for density, part in order([*zip(q_z.conditionals(z), q_z.parts(z))]):
        noise = torch.randn(2, 50, 2, dtype=torch.float64)
        torch.testing.assert_close((part - density.mean) / density.stddev, noise)
    q.eval(), p.eval()
    for density in (q(x), p()):
        alone = density.log_prob(z[:, :1] if density.batch_shape == () else z)[:, :1]
        torch.testing.assert_close(density.log_prob(z)[:, :1], alone)
    torch.testing.assert_close(q(x).log_prob(z)[:, 3], q(x[3]).log_prob(z[:, 3]))


def test_parameters_of_a_ladder_stand_once_and_both_sides_read_them():
    vae = build(compose(*BOTH, "kl=layerwise", "encoder.inference=ladder")).vae
    assert not list(vae.prior.parameters())
    assert len({*vae.state_dict()}) == len(vae.state_dict())
    vae.prior().log_prob(torch.randn(5, 20)).sum().backward()
    assert all(p.grad is not None for p in vae.encoder.shared.parameters())


def test_weights_of_layers_rise_each_in_its_time():
    q, p = pair("encoder.latents=[1,1]", "encoder.inference=ladder")
    q_z, p_z = q(torch.randn(4, 3).double()), p()
    z, kl = q_z.sample((2,)), Layerwise([1.0, 0.5], [2, 4])
    layers = kl_per_layer(q_z, p_z, z)
    for rise in ([0, 0], [0.5, 0.25], [1, 0.5], [1, 0.75], [1, 1], [1, 1]):
        weight = torch.tensor([1.0, 0.5]).double() * torch.tensor(rise)
        torch.testing.assert_close(kl(q_z, p_z, z), (weight * layers).sum(-1))
    torch.testing.assert_close(kl.eval()(q_z, p_z, z), layers[..., 0] + 0.5 * layers[..., 1])
    assert (kl.warmup_steps, kl.is_kl, Layerwise(None, [3, 3]).is_kl) == (4, False, True)


@pytest.mark.parametrize("kind", ["top_down", "ladder"])
def test_a_vampprior_on_top_is_the_average_posterior_of_the_highest_layer(kind):
    words = ["encoder.latents=[3,2]", f"encoder.inference={kind}", "prior.top.components=4"]
    q, p = pair(*words, "prior@prior.top=vampprior")
    z = torch.randn(6, 5).double()
    u = p.top.pseudo_inputs()
    each = torch.stack([q.layers.highest(u_k).log_prob(z[:, 3:]) for u_k in u])
    expected = each.logsumexp(0) - torch.tensor(4.0).log()
    torch.testing.assert_close(p().conditionals(z)[1].log_prob(z[:, 3:]), expected)
    assert p().sample((7,)).shape == (7, 5)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["encoder=hierarchical", "encoder.inference=ladder"], r"encoder\.inference: .*prior=hier"),
        ([*BOTH, "z_dim=7"], r"^z_dim: expected 20, .* got 7"),
        ([*BOTH, "prior.latents=[6,10,4]"], r"^prior\.latents: expected those of the"),
        ([*BOTH, "prior.skip=true"], r"^prior\.skip: expected that of the encoder, False, got"),
        ([*BOTH, "encoder.latents=[4]"], r"^encoder\.latents: expected the sizes of two layers"),
        ([*BOTH, "encoder.layer_hidden=[[5]]"], r"^encoder\.layer_hidden: expected widths for"),
        ([*BOTH, "encoder.inference=ladder", "encoder.features=[5,5]"], r"^encoder\.features: "),
        ([*BOTH, "prior@prior.top=vampprior"], r"^prior\.top: expected one that asks for no q"),
        (["prior=hierarchical"], r"^prior\.latents: expected the sizes of two layers .* got None"),
        (
            ["prior=hierarchical", "prior.latents=[5,2]"],
            r"^prior\.latents: expected sizes that add up to z_d",
        ),
        (["kl=layerwise"], r"^kl: expected a posterior and a prior with layers of one size"),
        ([*BOTH, "kl=layerwise", "kl.beta=[1,1]"], r"^kl\.beta: expected a number for each of 3"),
        ([*BOTH, "kl=layerwise", "kl.beta_steps=[0]"], r"^kl\.beta_steps: expected positive"),
        ([*BOTH, "kl=layerwise", "objective=iwae"], r"^kl: expected the log-ratio"),
        ([*BOTH, "kl=schulman", "kl.per_dimension=true"], r"^kl\.per_dimension: expected"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_what_does_not_fit_is_refused(words, message):
    kl = [] if any(word.startswith("kl=") for word in words) else ["kl=monte_carlo"]
    with pytest.raises(ValueError, match=message):
        build(compose(*kl, *words))


@pytest.mark.parametrize(
    ("kind", "objective"),
    one_in(4, itertools.product(KINDS, ["iwae", "dreg", "piwae", "miwae", "ciwae", "renyi"])),
)
def test_goes_with_objectives_that_weigh_samples_and_a_condition(kind, objective):
    words = ["encoder.latents=[3,2,1]", f"encoder.inference={kind}", "kl=monte_carlo"]
    small = ["condition=labels", "network.hidden=[8]", f"objective={objective}"]
    experiment = build(compose(*BOTH, *words, *small))
    x, c = experiment.data.at("train", slice(0, 8))
    loss, info = experiment.vae(x, c)
    loss.backward()
    assert loss.isfinite() and info["elbo"].isfinite()
    assert all(p.grad.isfinite().all() for p in experiment.vae.parameters())
