"""Imputation against the conditional Gaussian, by a model whose posterior is not exact."""

import math

import numpy
import pytest
import torch
from torch.distributions import Independent, MultivariateNormal, Normal, Uniform

import vae_exp
from tests.conftest import one_in
from vae_exp.condition import UNKNOWN
from vae_exp.condition.none import Unconditional
from vae_exp.condition.semi_supervised import SemiSupervised
from vae_exp.distribution.observed import Observed
from vae_exp.evaluation.imputation import errors, impute_split
from vae_exp.imputation import impute

W = torch.tensor([[1.0], [-0.5], [2.0], [0.7]])
NOISE = 0.6


class Linear:
    """z ~ N(0, 1), x|z ~ N(W z, s²), and a q(z|x) that is wide of the mark."""

    condition = Unconditional(mask=False)

    def encoder(self, x):
        mean = 0.3 * x.nan_to_num(0.0).sum(-1, keepdim=True)
        return Independent(Normal(mean, torch.ones_like(mean)), 1)

    def prior(self):
        return Independent(Normal(torch.zeros(1), torch.ones(1)), 1)

    def decoder(self, z):
        return Observed(Normal(z @ W.T, NOISE), 1, 0.0)


def conditional(x, missing):
    """Mean and covariance of what is missing of x (4,), given the rest."""
    covariance = W @ W.T + NOISE**2 * torch.eye(4)
    a, b = missing, ~missing
    gain = covariance[a][:, b] @ torch.linalg.inv(covariance[b][:, b])
    return gain @ x[b], covariance[a][:, a] - gain @ covariance[b][:, a]


@pytest.mark.parametrize("at_once", one_in(2, [700, 20_000]))
def test_mean_and_draws_are_those_of_the_conditional_gaussian(at_once):
    x = torch.tensor([[0.5, torch.nan, torch.nan, -1.0], [torch.nan, 0.3, 1.2, 0.4]])
    found = impute(Linear(), Linear().prior(), x, None, 20_000, 400, at_once)
    assert found.draws.shape == (400, 2, 4)
    for row, mean, draws in zip(x, found.mean, found.draws.unbind(1)):
        missing = row.isnan()
        exact, covariance = conditional(row, missing)
        torch.testing.assert_close(mean[missing], exact, atol=0.03, rtol=0)
        assert torch.equal(mean[~missing], row[~missing])
        deviation = covariance.diagonal().sqrt()
        error = (draws[:, missing].mean(0) - exact) / (deviation / math.sqrt(400))
        assert error.abs().max() < 4
        assert (draws[:, missing].std(0) / deviation - 1).abs().max() < 0.2
        assert torch.equal(draws[:, ~missing], row[~missing].expand(400, -1))


def test_all_that_is_missing_comes_from_the_prior():
    found = impute(Linear(), None, torch.full((1, 4), torch.nan), None, 5000, 2000, 5000)
    torch.testing.assert_close(found.mean[0], torch.zeros(4), atol=0.15, rtol=0)
    total = W @ W.T + NOISE**2 * torch.eye(4)
    law = MultivariateNormal(torch.zeros(4), total)
    torch.testing.assert_close(
        found.draws[:, 0].T.cov(), law.covariance_matrix, atol=0.5, rtol=0.15
    )


class OfClasses(Linear):
    """The same around a centre of each class, which has noise of its own; q(y|x) says nothing."""

    centres = torch.tensor([[0.5, 0.0, -0.5, 5.0], [-0.3, 0.4, 0.0, -6.0], [0.2, 0.2, 0.6, 1.0]])
    noises = torch.tensor([0.6, 1.5, 0.9])

    def __init__(self):
        def network(in_shape, out_shape):
            return torch.nn.Linear(*in_shape, *out_shape)

        sees = (True, True, False)
        self.condition = SemiSupervised((0, 1, 2), None, (4,), network, 0.1, *sees, False)

    def encoder(self, x, one_hot):
        return Linear.encoder(self, x - one_hot @ self.centres)

    def decoder(self, z, one_hot):
        noise = (one_hot @ self.noises).unsqueeze(-1)
        return Observed(Normal(z @ W.T + one_hot @ self.centres, noise), 1, 0.0)

    def conditional(self, x):
        """p(y|x_obs), (3,), and of each class the mean of all of x, in which what is seen is x."""
        a, b = x.isnan(), ~x.isnan()
        log_p, means = [], []
        for centre, noise in zip(self.centres, self.noises):
            covariance = W @ W.T + noise**2 * torch.eye(4)
            seen = MultivariateNormal(centre[b], covariance[b][:, b])
            log_p.append(seen.log_prob(x[b]))
            gain = covariance[a][:, b] @ torch.linalg.inv(covariance[b][:, b])
            means.append(x.masked_scatter(a, centre[a] + gain @ (x[b] - centre[b])))
        return torch.stack(log_p).softmax(0), torch.stack(means)


@pytest.mark.parametrize("at_once", one_in(2, [300, 6000]))
def test_a_class_that_is_unknown_is_summed_out(at_once):
    torch.manual_seed(0)
    model = OfClasses()
    x = torch.tensor([[1.2, 0.4, torch.nan, torch.nan], [0.9, torch.nan, 0.2, torch.nan]])
    x = x[[0, 1, 0]]
    c = torch.tensor([UNKNOWN, UNKNOWN, 2])
    found = impute(model, model.prior(), x, c, 4000, 500, at_once)
    for row, label, mean, draws in zip(x, c, found.mean, found.draws.unbind(1)):
        p, means = model.conditional(row)
        if label == UNKNOWN:
            assert p.max() < 0.8  # the most probable class alone would not do
        else:
            p = torch.eye(3)[label]
        torch.testing.assert_close(mean, p @ means, atol=0.2, rtol=0)
        # draws come from a class: which, the last component tells, whose centres are far apart
        nearest = (draws[:, 3:] - means[:, 3]).abs().argmin(1).bincount(minlength=3) / 500
        assert ((nearest - p).abs() < 4 * (0.25 / 500) ** 0.5).all()
        assert torch.equal(draws[:, ~row.isnan()], row[~row.isnan()].expand(500, -1))


class Boxes(OfClasses):
    """x is within a half of the class' centre, whatever z is."""

    def decoder(self, z, one_hot):
        centre = one_hot @ self.centres + 0 * z
        return Observed(Uniform(centre - 0.5, centre + 0.5, validate_args=False), 1, 0.0)


def test_a_class_that_a_datum_cannot_be_of_counts_for_nothing():
    model, x = Boxes(), torch.tensor([[0.9, torch.nan, -0.9, torch.nan]])
    found = impute(model, model.prior(), x, None, 50, 300, 20)
    torch.testing.assert_close(found.mean, torch.tensor([[0.9, 0.0, -0.9, 5.0]]))
    assert ((found.draws[..., 3] - 5.0).abs() <= 0.5).all()


def test_without_a_finite_weight_nothing_is_filled_in():
    x = torch.tensor([[1e30, torch.nan, 0.0, 0.0], [0.0, torch.nan, 0.0, 0.0]])
    found = impute(Linear(), None, x, None, 20, 3, 7)
    assert found.mean.isnan()[:, 1].tolist() == [True, False]
    assert found.draws.isnan()[..., 1].tolist() == [[True, False]] * 3
    assert torch.equal(found.draws[:, 0, 0], x[:1, 0].expand(3))
    model, x = Boxes(), torch.tensor([[9.0, torch.nan, 9.0, 9.0]])
    assert impute(model, model.prior(), x, None, 20, 3, 7).draws[..., 1].isnan().all()


@pytest.mark.parametrize("decoder", ["gaussian", "bernoulli"])
def test_a_model_of_complete_data_fills_in_and_scores_what_is_not(decoder):
    words = [f"decoder={decoder}", "network.hidden=[8]", "z_dim=2", "evaluation.probe=false"]
    vae = vae_exp.build(vae_exp.compose(*words)).vae.eval()
    x = torch.rand(3, 1, 8, 8).round()
    x[1:, :, :4] = torch.nan
    found = vae.impute(x, draws=2, samples=10)
    assert not found.mean.isnan().any() and not found.draws.isnan().any()
    assert all(numbers.isfinite().all() for numbers in vae.score(x, samples=10).values())
    assert not vae.decoder.may_miss  # training looks for nothing still


@pytest.fixture(scope="module")
def gaussian(tmp_path_factory):
    generator = numpy.random.default_rng(0)
    x = generator.normal(size=(600, 1)) * [1.0, -2.0, 3.0] + 0.3 * generator.normal(size=(600, 3))
    file = tmp_path_factory.mktemp("data") / "x.npy"
    numpy.save(file, x + numpy.array([0.0, 100.0, 0.0]))
    return file


def test_the_command_fills_in_what_is_hidden_and_says_how_well(gaussian, cli, tmp_path):
    words = [f"data=array data.path={gaussian} data.missing=0.3 z_dim=2 network.hidden=[32]"]
    words += ["trainer.epochs=60 optimizer.lr=5e-3 plots.names=[] evaluation.importance_samples=64"]
    run = cli(*" ".join(words).split())
    assert run.exit_code == 0, run.err
    # a third of a deviation is what the noise leaves; the mean of the column would be 1
    assert run.summary["test/imputation_rmse"] < 0.6
    made = cli(
        str(run.folder), f"data.path={gaussian}", "--draws", "3", "--out", str(tmp_path / "a.npz"),
        module="impute",
    )  # fmt: skip
    assert made.exit_code == 0, made.err
    assert f"imputation_rmse {run.summary['test/imputation_rmse']:.4f}" in made.out
    arrays = numpy.load(tmp_path / "a.npz")
    assert arrays["draws"].shape == (3, *arrays["x"].shape) and not numpy.isnan(arrays["x"]).any()
    assert arrays["missing"].mean() == pytest.approx(0.3, abs=0.1)
    rows = numpy.load(gaussian)[:9].astype(numpy.float32)
    rows[:, 1] = numpy.nan
    numpy.save(tmp_path / "rows.npy", rows)
    made = cli(str(run.folder), str(tmp_path / "rows.npy"), module="impute")
    assert made.exit_code == 0 and "9 values of 9 data" in made.out, made.err
    assert abs(numpy.load(run.folder / "imputed.npz")["x"][:, 1] - 100).max() < 10


BAD = {
    "{run} --samples 0": "--samples: expected 1 or more, got 0",
    "{run} --draws -1": "--draws: expected 0 or more, got -1",
    "{run} --out a.csv": "--out: expected a file that ends in .npz",
    "{run}": "impute: expected data with missing values, NaN or empty cells, got 360 data without;",
    "nowhere": "nowhere: expected the folder of a run",
}


@pytest.mark.bad_input
@pytest.mark.parametrize("words", BAD)
def test_what_cannot_be_is_refused_in_one_line(words, saved, cli):
    result = cli(*words.format(run=saved).split(), module="impute")
    assert result.exit_code == 2 and result.err.count("\n") == 1
    assert BAD[words] in result.err and not (saved / "imputed.npz").exists()


def test_bits_are_right_or_wrong():
    from vae_exp.configuration.compose import compose
    from vae_exp.experiment import build

    small = ["network.hidden=[8]", "z_dim=2", "data.missing=0.5", "decoder=bernoulli"]
    experiment = build(compose(*small))
    vae, data = experiment.vae, experiment.data
    truth = data.complete("test", slice(0, 50))
    hidden = data.hidden["test"][:50]
    assert errors(vae, data, "test", truth) == {"imputation_accuracy": 1.0}
    assert errors(vae, data, "test", 1 - truth) == {"imputation_accuracy": 0.0}
    found = impute_split(vae, data, "test", 8, 0, 100_000, size=50)
    assert torch.equal(found.mean[~hidden], truth[~hidden])
    assert numpy.isfinite(found.mean.numpy()).all()
