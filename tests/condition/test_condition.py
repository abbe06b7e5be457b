"""Conditions and missing values: what each part sees, and the numbers that follow."""

import itertools
import math

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal

import vae_exp
from tests.conftest import beside, one_in, options
from vae_exp.condition.columns import Column, Columns
from vae_exp.condition.labels import Labels
from vae_exp.condition.part import Part
from vae_exp.configuration.compose import compose
from vae_exp.data.moments import Moments
from vae_exp.data.observation import Observation
from vae_exp.evaluation.importance import importance_weighted
from vae_exp.experiment import build
from vae_exp.network.conditional import Conditional
from vae_exp.network.conv import Conv
from vae_exp.network.gru import GRU
from vae_exp.network.linear import Linear
from vae_exp.network.mlp import MLP
from vae_exp.network.resnet import ResNet
from vae_exp.network.tcn import TCN

SEES = {"encoder": True, "decoder": True, "prior": False, "mask": False}
SMALL = ["network.hidden=[8]", "z_dim=2", "trainer.max_steps=2"]


@pytest.mark.parametrize("embedding", [None, 3])
def test_a_class_is_the_same_by_number_by_name_and_as_the_data_have_it(embedding):
    condition = Labels(["cat", "dog", "emu"], embedding, **SEES)
    numbers = condition.read(["emu", "cat"])
    assert numbers.tolist() == [2, 0] and condition.read(numbers).tolist() == [2, 0]
    expected = torch.eye(3) if embedding is None else condition.embedding.weight
    assert torch.equal(condition.features(numbers), expected[[2, 0]])
    assert torch.equal(
        Labels([3, 7], None, **SEES).features(torch.tensor([7, 3])), torch.eye(2)[[1, 0]]
    )


@pytest.mark.parametrize(
    ("sees", "expected"),
    [(dict(zip(SEES, s)), s) for s in itertools.product([True, False], repeat=4)],
)
def test_each_part_sees_what_it_is_said_to(sees, expected):
    condition = Labels([0, 1], None, **sees)
    x, seen = condition(torch.tensor([[1.0, torch.nan]]), torch.tensor([1]))
    assert [len(part) for part in seen] == [expected[0] + expected[3], expected[1], expected[2]]
    if expected[3]:
        assert seen.encoder[-1].tolist() == [[1, 0]]
    assert x.isnan().tolist() == [[False, True]]


def test_covariates_are_standardised_and_categories_have_a_number_each():
    columns = [Column("age"), Column("batch", ("a", "b", "c"))]
    condition = Columns(columns, None, **SEES)
    c = torch.tensor([[20.0, 0], [40, 1], [60, 2]])
    condition.fit(c)
    features = condition.features(c)
    torch.testing.assert_close(features[:, 0], (c[:, 0] - 40) / c[:, 0].std())
    assert torch.equal(features[:, 1:], torch.eye(3))
    assert condition.read({"age": [20, 40], "batch": "b"}).tolist() == [[20, 1], [40, 1]]
    assert Columns(columns, ["batch"], **SEES).features(c).tolist() == torch.eye(3).tolist()


@pytest.mark.parametrize(
    ("quadrants", "where"),
    [
        (["lower_left"], [[0, 0, 0], [1, 0, 0], [1, 0, 0]]),
        (["upper_left", "lower_right"], [[1, 0, 0], [0, 1, 1], [0, 1, 1]]),
    ],
)
def test_a_quadrant_is_seen_and_the_rest_is_modelled(quadrants, where):
    condition = Part((1, 3, 3), quadrants, 0.5, **SEES)
    x = torch.arange(1.0, 10).reshape(1, 1, 3, 3)
    rest, seen = condition(x)
    known = torch.tensor([[where]]).bool()
    assert torch.equal(rest.isnan(), known)
    assert torch.equal(seen.decoder[0], torch.where(known, x, 0.0))
    assert torch.equal(condition.complete(torch.zeros_like(x), x), seen.decoder[0])
    # together the encoder sees all of x
    assert torch.equal(rest.nan_to_num(0.0) + seen.encoder[0], x)


NETWORKS = [
    (Linear, {"init": "default"}, (1, 6, 6)),
    (MLP, {"hidden": [5], "activation": "Tanh", "dropout": 0.0, "normalization": None}, (1, 6, 6)),
    (Conv, {"channels": [2], "activation": "Tanh", "normalization": None}, (1, 6, 6)),
    (
        ResNet,
        {"channels": [2], "blocks": 1, "activation": "Tanh", "normalization": None},
        (1, 6, 6),
    ),
    (GRU, {"width": 4, "layers": 1, "bidirectional": True}, (6, 2)),
    (TCN, {"channels": [3], "kernel_size": 3, "activation": "Tanh"}, (6, 2)),
]


@pytest.mark.parametrize(("network", "arguments", "x_shape"), NETWORKS)
@pytest.mark.parametrize("same", [False, True])
@pytest.mark.parametrize("encodes", [True, False])
def test_every_network_takes_a_condition(network, arguments, x_shape, same, encodes):
    torch.manual_seed(0)
    extra = {"gated": False} if network is MLP else {}
    extra |= {"init": "default"} if network in (MLP, Conv) else {}

    def make(in_shape, out_shape):
        return network(in_shape, out_shape, **{**arguments, **extra})

    c_shape = x_shape if same else (3,)
    shapes = (x_shape, (4,)) if encodes else ((4,), x_shape)
    f = Conditional(make, [c_shape], *shapes)
    x, c = torch.randn(5, 2, *shapes[0]), torch.randn(2, *c_shape, requires_grad=True)
    y = f(x, c)
    assert y.shape == (5, 2, *shapes[1])
    torch.testing.assert_close(y[3], f(x[3], c))  # each with its own c
    torch.testing.assert_close(y[3, :1], f(x[3, 0], c[:1]))  # one beside several
    torch.testing.assert_close(y[:, 1], f(x[:, 1], c[1]))
    y[:, 0].square().sum().backward()
    assert c.grad[0].abs().sum() > 0 and c.grad[1].abs().sum() == 0


def test_conditional_log_likelihood_is_that_of_a_conditional_gaussian():
    """x = W z + s e is normal, and so is x_rest given x_first, whose density is known."""
    torch.manual_seed(0)
    words = ["data=ppca", "condition=part", "condition.first=0.25", "network=linear", "z_dim=2"]
    vae = build(
        compose(*words, "decoder.scale=fixed", "decoder.scale_value=0.8", "prior=conditional")
    ).vae
    data = build(compose(*words)).data
    w, noise = torch.randn(20, 2), 0.8
    first = int(0.25 * data.shape[0])
    w = torch.randn(data.shape[0], 2) * 0.5
    x = torch.randn(6, 2) @ w.T + noise * torch.randn(6, data.shape[0])
    # p(z|c) is the posterior of the first components; the decoder is that of the rest, without c
    gain = torch.linalg.inv(w[:first].T @ w[:first] / noise**2 + torch.eye(2))
    vae.prior.forward = lambda c: MultivariateNormal(
        c[:, :first] @ w[:first] @ gain / noise**2, gain
    )
    layers = vae.decoder.network.network.layers
    with torch.no_grad():
        layers.bias.zero_(), layers.weight.zero_()
        layers.weight[:, :2] = w
    full = MultivariateNormal(torch.zeros(len(w)), w @ w.T + noise**2 * torch.eye(len(w)))
    part = MultivariateNormal(
        torch.zeros(first), w[:first] @ w[:first].T + noise**2 * torch.eye(first)
    )
    exact = full.log_prob(x) - part.log_prob(x[:, :first])
    # q(z|x, c): the posterior of all components, so that every weight is the same
    whole = torch.linalg.inv(w.T @ w / noise**2 + torch.eye(2))
    vae.encoder.forward = lambda rest, c: MultivariateNormal(
        (rest.nan_to_num(0.0) + c) @ w @ whole / noise**2, whole
    )

    class Few:
        shape, device = data.shape, x.device

        def size(self, split):
            return len(x)

        def at(self, split, index):
            return x[index], None

    each = importance_weighted(vae, Few(), "test", 8, 100_000)
    torch.testing.assert_close(each["log_likelihood"].float(), exact, atol=2e-3, rtol=0)


@pytest.mark.parametrize(
    ("prior", "condition"),
    one_in(3, itertools.product(["standard_normal", "conditional"], ["labels", "part"])),
)
def test_a_conditional_run_trains_draws_loads_and_samples(condition, prior, cli, tmp_path):
    words = [f"condition={condition}", f"prior={prior}", "decoder=bernoulli", *SMALL]
    run = cli(*words, "plots.names=[samples,reconstructions]", "evaluation.importance_samples=4")
    assert run.exit_code == 0, run.err
    assert math.isfinite(run.summary["test/log_likelihood"])
    assert (run.folder / "plots" / "samples.png").exists()
    vae = vae_exp.load(run.folder)
    x = torch.rand(3, 1, 8, 8).round()
    c = 7 if condition == "labels" else x
    z = vae.encode(x, c)
    assert z.shape == (3, 2)
    one = c if condition == "labels" else x[1]
    torch.testing.assert_close(vae.encode(x[1], one), z[1])
    torch.testing.assert_close(vae.reconstruct(x[1], one), vae.reconstruct(x, c)[1])
    torch.testing.assert_close(vae.decode(z[1], one), vae.decode(z, c)[1])
    several = [1, 7] if condition == "labels" else x[:2]
    assert vae.decode(z[1], several).shape == (2, 1, 8, 8)  # one z, under each of them
    drawn = vae.sample(3, c)
    assert drawn.shape == (3, 1, 8, 8)
    if condition == "part":
        known = vae.condition.known
        assert torch.equal(drawn[:, known], x[:, known])
        assert torch.equal(vae.reconstruct(x)[:, known], x[:, known])
    else:
        with pytest.raises(ValueError, match=r"c: expected a class of 0, 1, .*, got 11"):
            vae.sample(3, 11)
        with pytest.raises(ValueError, match="c: expected a class of 0, 1"):
            vae.sample(3)


REFUSED = {
    "prior=conditional": "prior: expected a condition for prior=conditional, which depends on one, "
    "got none that it sees; use condition=labels",
    "condition=labels condition.prior=true": "condition.prior: expected false or auto",
    "condition=columns": "condition: expected data with covariates",
    "condition=labels data=ppca": "condition: expected data with labels for condition=labels",
    "condition=part condition.quadrants=[]": "condition.quadrants: expected a part of x",
    "condition=part data=ppca condition.first=1": "condition.first: expected a part of x",
    "condition=labels condition.embedding=0": "condition.embedding: expected a positive size",
    "condition=labels prior=vampprior kl=monte_carlo": "prior: expected one that asks no encoder",
    "data.missing=1": "data.missing: expected a share of at least 0, below 1, got 1",
}


@pytest.mark.parametrize(
    ("first", "size", "known"), [(0.29, 100, 29), (0.58, 50, 29), (0.5, 51, 25)]
)
def test_a_part_of_a_vector_is_as_long_as_its_share_says(first, size, known):
    """0.29 · 100 is below 29 in a computer."""
    assert Part((size,), [], first, True, True, False, False).known.sum() == known


@pytest.mark.bad_input
@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_conditioned_on_is_refused(words, cli):
    run = cli(*words.split(), *SMALL)
    assert run.exit_code == 2 and run.err.count("\n") == 1
    assert REFUSED[words] in run.err


@pytest.mark.parametrize("decoder", [d for d in options("decoder") if d != "mixed"])
def test_the_likelihood_is_that_of_what_is_observed(decoder):
    """Σ over observed components of each one's own, and the same gradient."""
    data = beside("decoder", decoder)
    experiment = build(compose(f"decoder={decoder}", *data, *SMALL))
    vae, x = experiment.vae, experiment.data.batch("train", slice(0, 4))
    z = torch.randn(3, 4, 2)
    missing = torch.rand(x.shape) < 0.4
    vae.decoder.may_miss = True
    observed = vae.decoder(z).log_prob(x.masked_fill(missing, torch.nan))
    p_x = vae.decoder(z)
    each = p_x.base_dist.log_prob(x).masked_fill(missing, 0.0).flatten(2).sum(-1)
    torch.testing.assert_close(observed, each)
    gradients = [
        torch.autograd.grad(
            value.sum(), list(vae.decoder.parameters()), retain_graph=True, allow_unused=True
        )
        for value in (observed, each)
    ]
    for a, b in zip(*gradients):
        assert a is None or (a.isfinite().all() and torch.allclose(a, b, atol=1e-5, rtol=1e-4))


def test_hidden_components_are_hidden_always_and_one_of_each_datum_stays():
    data = build(compose("data.missing=0.7", *SMALL)).data
    x = data.batch("train", slice(None))
    assert torch.equal(x.isnan(), data.batch("train", torch.arange(len(x))).isnan())
    assert x.isnan().float().mean().item() == pytest.approx(0.7, abs=0.01)
    assert not x.isnan().flatten(1).all(1).any()
    again = build(compose("data.missing=0.7", "seed=3", *SMALL)).data
    assert torch.equal(again.batch("train", slice(None)).isnan(), x.isnan())


@pytest.mark.parametrize("mask", [False, True])
def test_a_run_with_missing_values_trains_and_says_finite_numbers(mask, cli):
    run = cli(
        "data.missing=0.5", f"condition.mask={mask}", *SMALL, "evaluation.importance_samples=4"
    )
    assert run.exit_code == 0, run.err
    assert math.isfinite(run.summary["test/log_likelihood"])
    vae = vae_exp.load(run.folder)
    x = torch.full((2, 1, 8, 8), torch.nan)
    x[:, :, :4] = 0.5
    assert vae.encode(x).isfinite().all()


def test_all_missing_leaves_the_prior():
    vae = build(compose(*SMALL)).vae
    vae.decoder.may_miss = True
    p_x = vae.decoder(torch.randn(5, 2))
    assert torch.equal(p_x.log_prob(torch.full((5, 1, 8, 8), torch.nan)), torch.zeros(5))
    assert isinstance(p_x.base_dist, Normal)


def test_dimensions_that_are_not_modelled_count_for_no_bits_and_have_no_known_likelihood():
    words = ["evaluation.importance_samples=2", "evaluation.probe=false", *SMALL]
    for missing, dims in (("0", 64), ("0.5", None)):
        experiment = build(compose("decoder=bernoulli", f"data.missing={missing}", *words))
        numbers = experiment.evaluate()
        if dims is None:
            dims = (~experiment.data.batch("test", slice(None)).isnan()).sum() / 360
        bits = -numbers["log_likelihood"] / (float(dims) * math.log(2))
        assert numbers["bits_per_dim"] == pytest.approx(bits, rel=1e-6)
    part = build(compose("decoder=bernoulli", "condition=part", *words)).evaluate()
    assert part["bits_per_dim"] == pytest.approx(-part["log_likelihood"] / (48 * math.log(2)))
    ppca = ["data=ppca", "data.size=100", "data.validation_size=20", "data.test_size=20"]
    assert "known_log_likelihood" in build(compose(*ppca, *words)).evaluate()
    for choice in ("data.missing=0.5", "condition=part"):
        assert "known_log_likelihood" not in build(compose(*ppca, choice, *words)).evaluate()


def test_networks_see_a_part_of_standardised_data_as_they_see_the_rest():
    datum = Observation(
        (3,), standardize=True, moments=Moments(torch.full((3,), 5e4), torch.full((3,), 10.0))
    )
    condition = Part((3,), [], 0.4, **SEES, inputs=datum.inputs())
    x = torch.tensor([[5e4 + 20, 5e4, 5e4]])
    assert condition.features(x).tolist() == [[2.0, 0.0, 0.0]]
    assert not list(condition.parameters()) and "known" not in condition.state_dict()
