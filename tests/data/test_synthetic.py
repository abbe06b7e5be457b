"""Synthetic sets against what is known of them."""

import itertools

import numpy
import pytest
import scipy.special
import scipy.stats
import torch

from vae_exp.configuration.compose import compose
from vae_exp.data import SPLITS
from vae_exp.data.trajectories import AMPLITUDES, FREQUENCIES, pendulum, swing
from vae_exp.experiment import build_data

SYNTHETIC = ["ppca", "trajectories", "counts"]
SMALL = ["data.size=500", "data.validation_size=50", "data.test_size=50"]


def load(name, *overrides):
    return build_data(compose(f"data={name}", *overrides).data)


def everything(data, split):
    return data.batch(split, slice(None))


def standard_errors(samples, mean):
    """How many of them each column's average is away from ``mean``."""
    return (samples.mean(0) - mean) / (samples.std(0) / len(samples) ** 0.5)


@pytest.mark.parametrize("name", SYNTHETIC)
def test_draws_depend_on_the_datas_own_seed_alone(name):
    torch.manual_seed(1)
    first = load(name, *SMALL)
    torch.manual_seed(2)
    again, other = load(name, *SMALL), load(name, *SMALL, "data.seed=1")
    assert [first.size(split) for split in SPLITS] == [400, 50, 50]
    for split in SPLITS:
        assert torch.equal(everything(first, split), everything(again, split))
        assert not torch.equal(everything(first, split), everything(other, split))


@pytest.mark.parametrize("name", SYNTHETIC)
@pytest.mark.parametrize("override", ["data.size=0", "data.test_size=499", "data.binarize=dynamic"])
def test_what_is_out_of_range_is_named(name, override):
    with pytest.raises(ValueError, match=override.split("=")[0]):
        load(name, *SMALL, override)


WRONG = ["ppca data.sigma=0", "ppca data.latents=0", "ppca data.dimensions=-1"]
WRONG += ["counts data.rate=0", "counts data.components=0", "counts data.spread=-1"]
WRONG += ["trajectories data.length=0", "trajectories data.step=0", "trajectories data.noise=-1"]


@pytest.mark.parametrize("command", WRONG)
def test_a_number_out_of_range_is_named(command):
    name, override = command.split()
    with pytest.raises(ValueError, match=override.split("=")[0] + ": expected"):
        load(name, override)


# ppca


def test_ppcas_likelihood_is_that_of_its_covariance():
    data = load("ppca", "data.dimensions=7", "data.latents=3", "data.sigma=0.4")
    covariance = data.p_x.covariance_matrix.numpy()
    assert numpy.linalg.eigvalsh(covariance)[:4] == pytest.approx([0.16] * 4)  # D − K of σ²
    oracle = scipy.stats.multivariate_normal(data.p_x.loc.numpy(), covariance)
    for split in SPLITS:
        expected = oracle.logpdf(everything(data, split).double().numpy()).mean()
        assert data.known_log_likelihood(split) == pytest.approx(expected, rel=1e-9)


def test_ppcas_draws_come_from_its_density():
    data = load("ppca", "data.dimensions=4", "data.latents=2", "data.size=40000")
    x = everything(data, "train").double()
    assert data.shape == (4,)
    assert standard_errors(x, data.p_x.loc).abs().max() < 4
    centred = x - data.p_x.loc
    products = (centred.unsqueeze(1) * centred.unsqueeze(2)).flatten(1)
    assert standard_errors(products, data.p_x.covariance_matrix.flatten()).abs().max() < 4.5
    # log p(x) = −½ (D log 2π + log det + χ²_D), of mean −entropy and variance D / 2
    difference = data.known_log_likelihood("train") + data.p_x.entropy().item()
    assert abs(difference) < 4 * (4 / 2 / len(x)) ** 0.5


# trajectories


def energy(x):
    return x[..., 1] ** 2 / 2 - x[..., 0].cos()


def test_a_pendulum_without_noise_keeps_its_energy():
    generator = torch.Generator().manual_seed(0)
    x, labels = pendulum(200, 64, 0.25, generator)
    drift = energy(x) - energy(x)[:, :1]
    assert drift.abs().max() < 1e-8
    amplitude = (-energy(x)[:, 0]).acos()
    low, high = torch.tensor(AMPLITUDES, dtype=torch.float64)[labels].T
    assert ((low - 1e-6 <= amplitude) & (amplitude <= high + 1e-6)).all()
    assert (x[..., 0].abs() <= amplitude.unsqueeze(1) + 1e-6).all()
    data = load("trajectories", *SMALL, "data.noise=0")
    stored = everything(data, "train")
    assert (energy(stored) - energy(stored)[:, :1]).abs().max() < 2e-6  # of float32


def test_a_pendulum_swings_as_the_elliptic_functions_say():
    """θ(t) = 2 arcsin(k cd(t, k)) from rest at θ(0), k = sin(θ(0) / 2)."""
    start = torch.tensor([0.1, 1.0, 2.0, -2.7], dtype=torch.float64)
    for t in (0.25, 3.0, 12.0):
        state = torch.stack((start, torch.zeros_like(start)), -1)
        ours = swing(state, torch.full_like(start, t))
        k = numpy.sin(start.numpy() / 2)
        sn, cn, dn, _ = scipy.special.ellipj(t, k**2)
        assert ours[:, 0].numpy() == pytest.approx(2 * numpy.arcsin(k * cn / dn), abs=1e-7)
        # its derivative, by cd′ = −(1 − k²) sn / dn² and cos(θ / 2) from above
        slope = -(1 - k**2) * sn / dn**2
        velocity = 2 * k * slope / numpy.sqrt(1 - (k * cn / dn) ** 2)
        assert ours[:, 1].numpy() == pytest.approx(velocity, abs=1e-7)


def test_pendulums_begin_in_any_phase():
    generator = torch.Generator().manual_seed(0)
    start = pendulum(4000, 1, 0.25, generator)[0][:, 0]
    # by symmetry: (θ, θ′) → (−θ, −θ′)
    assert standard_errors(start, 0).abs().max() < 4
    assert start[:, 1].abs().max() > 1.5
    quadrants = torch.bincount(2 * (start[:, 0] > 0).int() + (start[:, 1] > 0).int())
    assert quadrants.min() > 800


def test_lissajous_curves_have_the_frequencies_of_their_class():
    arguments = ["data.kind=lissajous", "data.noise=0", "data.length=80"]
    data = load("trajectories", *SMALL, *arguments, "data.step=0.1")
    assert data.shape == (80, 2)
    x = everything(data, "train").double()
    assert x.abs().max() <= 1
    frequencies = torch.tensor(FREQUENCIES)[data.labels["train"]]
    # a sine obeys x(t + h) + x(t − h) = 2 cos(f h) x(t)
    factor = 2 * (0.1 * frequencies.double()).cos().unsqueeze(1)
    assert (x[:, 2:] + x[:, :-2] - factor * x[:, 1:-1]).abs().max() < 1e-6
    assert set(data.labels["train"].tolist()) == set(range(len(FREQUENCIES)))


@pytest.mark.parametrize("kind", ["pendulum", "lissajous"])
def test_noise_has_its_standard_deviation(kind):
    arguments = [f"data.kind={kind}", *SMALL]
    clean = everything(load("trajectories", *arguments, "data.noise=0"), "train")
    noisy = everything(load("trajectories", *arguments, "data.noise=0.2"), "train")
    noise = (noisy - clean).flatten()
    assert abs(noise.mean()) < 4 * 0.2 / len(noise) ** 0.5
    assert abs(noise.std() - 0.2) < 4 * 0.2 / (2 * len(noise)) ** 0.5


# counts


@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_counts_have_the_moments_of_their_component(spread):
    small = ["data.dimensions=6", "data.latents=2", "data.components=3", "data.size=30000"]
    data = load("counts", *small, f"data.spread={spread}")
    assert data.values["train"].dtype == torch.int32
    x, labels = everything(data, "train").double(), data.labels["train"]
    assert set(labels.tolist()) == {0, 1, 2}
    squares = data.weight.double().square().sum(-1)
    for component, loc in enumerate(data.loc.double()):
        own = x[labels == component]
        mean = data.rate * (data.weight.double() @ loc + spread**2 * squares / 2).exp()
        variance = mean + mean**2 * (spread**2 * squares).expm1()
        assert standard_errors(own, mean).abs().max() < 4
        assert standard_errors((own - mean) ** 2, variance).abs().max() < 4


def test_counts_of_one_rate_are_poisson():
    """Without spread, a component's column against scipy's probabilities, by χ²."""
    small = ["data.dimensions=4", "data.components=1", "data.size=8000", "data.spread=0"]
    data = load("counts", *small)
    rates = data.rate * (data.weight @ data.loc[0]).exp()
    for column, rate in zip(everything(data, "train").T, rates.tolist()):
        p = scipy.stats.poisson(rate).pmf(numpy.arange(200))
        often = p * len(column) > 10
        observed = torch.bincount(column.int(), minlength=200)[:200].numpy()
        observed = numpy.append(observed[often], len(column) - observed[often].sum())
        expected = numpy.append(p[often], 1 - p[often].sum()) * len(column)
        assert scipy.stats.chisquare(observed, expected).pvalue > 1e-3


# counts of several batches

FEW = ["data.dimensions=2", "data.types=2", "data.batches=3", "data.rate=1"]


@pytest.mark.parametrize("given", [None, "labels", "covariates"])
def test_what_is_known_of_counts_in_batches_sums_to_one_and_is_scipys(given):
    data = load("batch_counts", *FEW)
    grid = torch.arange(40.0).double()
    x = torch.cartesian_prod(grid, grid)
    for t, b in itertools.product(range(2), range(3)):
        index = torch.tensor([t]).expand(len(x)), torch.tensor([b]).expand(len(x))
        log_p = data.log_prob(x, *index, given)
        assert log_p.exp().sum() == pytest.approx(1, abs=1e-9)
        which = {"labels": data.rates[t], "covariates": data.rates[:, b], None: data.rates}[given]
        rates = which.double().reshape(-1, 1, 2).numpy()
        exact = scipy.stats.poisson(rates).pmf(x.numpy()).prod(-1).mean(0)
        assert log_p.exp().numpy() == pytest.approx(exact, abs=1e-12)


def test_counts_in_batches_are_drawn_at_their_rates_with_type_and_batch_beside_them():
    data = load("batch_counts", *FEW, "data.size=30000")
    x, t, b = everything(data, "train"), data.labels["train"], data.covariates["train"][:, 0]
    for of_type, of_batch in itertools.product(range(2), range(3)):
        own = x[(t == of_type) & (b == of_batch)].double()
        assert abs(len(own) / len(x) - 1 / 6) < 4 * (5 / 36 / len(x)) ** 0.5
        assert standard_errors(own, data.rates[of_type, of_batch].double()).abs().max() < 4
    effects = data.rates.log()[0] - data.rates.log()[1]  # of the type, the same in each batch
    torch.testing.assert_close(effects, effects[:1].expand(3, 2))


def test_what_is_known_of_a_split_is_its_average_given_what_the_model_is_given():
    data = load("batch_counts", *FEW)
    known = {}
    for source in (None, "labels", "covariates"):
        data.condition_on(source)
        known[source] = data.known_log_likelihood("test")
        of_test = data.labels["test"], data.covariates["test"][:, 0].long()
        each = data.log_prob(everything(data, "test").double(), *of_test, source)
        assert known[source] == pytest.approx(each.mean().item())
    assert known[None] < min(known["labels"], known["covariates"])


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("data.batches=0", "data.batches: expected a positive number"),
        ("data.rate=1e30", "data.rate: expected rates"),
        ("data.batch_effect=-1", "data.batch_effect: expected 0 or more"),
        ("data.types=100000000", "data.size times data.types: expected at most"),
    ],
)
def test_counts_in_batches_refuse(word, message):
    with pytest.raises(ValueError, match=message):
        load("batch_counts", word)
