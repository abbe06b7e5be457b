"""Evaluations with data that have no finite number: told and counted, never averaged away."""

import json
import math

import numpy
import pytest
import torch

from vae_exp.configuration.compose import compose
from vae_exp.experiment import build
from vae_exp.training.average_meter import AverageMeter
from vae_exp.training.validation import average_info

BETA = ["decoder=beta", "data.dequantize=true", "network.hidden=[16]", "z_dim=2"]
FEW = [*BETA, "trainer.max_steps=30", "trainer.epochs=9", "evaluation.importance_samples=4"]


def with_a_zero(split, *overrides):
    """An experiment in which one datum of a split has an exact 0, which p(x|z) gives no density."""
    experiment = build(compose(*FEW, "evaluation.probe=false", *overrides))
    experiment.data.values[split][3, 0, 0, 0] = 0.0
    return experiment


@pytest.mark.fault
def test_a_validation_with_one_impossible_datum_is_infinite_and_never_the_best():
    experiment = with_a_zero("validation")
    records = [r for r in experiment.train() if "val/elbo" in r]
    assert len(records) == 3
    for record in records:
        # 0 to the power of α − 1
        assert abs(record["val/elbo"]) == math.inf
        assert record["val/loss"] == record["val/reconstruction_loss"] == -record["val/elbo"]
        assert math.isfinite(record["val/kl"])
        assert record["val/nonfinite"] == 1
        assert record["val/best_epoch"] == 0
    assert experiment.state.best_weights is None


@pytest.mark.fault
def test_weights_of_an_epoch_with_a_finite_validation_are_kept_through_others():
    experiment = build(compose(*FEW, "trainer.patience=1"))
    values, good = experiment.data.values["validation"], None
    for record in experiment.train():
        if "val/elbo" not in record:
            continue
        if record["epoch"] == 1:
            good = record["val/elbo"]
            values[3, 0, 0, 0] = 0.0
        assert (record["val/best_epoch"], record["val/best_elbo"]) == (1, good)
    assert record["epoch"] == 2  # an epoch that is no number is none that is better


@pytest.mark.fault
@pytest.mark.parametrize("batch_size", [7, 1000])
def test_count_is_of_data_whatever_the_batches(batch_size):
    experiment = with_a_zero("validation")
    experiment.data.values["validation"][[50, 51], 0, 2, 1] = 1.0
    means = average_info(experiment.vae, experiment.data, "validation", batch_size)
    assert means["nonfinite"] == 3
    assert "nonfinite" not in average_info(experiment.vae, experiment.data, "train", batch_size)


@pytest.mark.fault
def test_of_codes_too_the_data_are_counted():
    words = ["encoder=bernoulli", "prior=uniform_bernoulli", "encoder.gradient=vimco"]
    experiment = with_a_zero("validation", *words, "objective.samples=2")
    means = average_info(experiment.vae, experiment.data, "validation", 100)
    assert means["nonfinite"] == 1


@pytest.mark.fault
def test_evaluation_tells_and_counts_a_test_datum_that_is_impossible():
    numbers = with_a_zero("test").evaluate()
    assert abs(numbers["elbo"]) == math.inf
    assert numbers["elbo"] == numbers["log_likelihood"] == -numbers["loss"]
    assert numbers["nonfinite"] == 1
    assert "nonfinite" not in with_a_zero("train").evaluate()


@pytest.mark.fault
def test_a_run_whose_validation_is_never_finite_is_evaluated_with_its_last_weights(monkeypatch):
    experiment, told = with_a_zero("validation"), []
    list(experiment.train())
    monkeypatch.setattr("vae_exp.experiment.log.warning", told.append)
    assert experiment.select_weights() == (3, "last")
    assert "evaluation.weights" in told[0]
    assert math.isfinite(experiment.evaluate()["elbo"])


def test_average_meter_leaves_nothing_out_unless_told_to():
    meter = AverageMeter()
    meter.update({"loss": torch.tensor(1.0)}, 1)
    meter.update({"loss": torch.tensor(math.inf)}, 1)
    assert meter.compute() == {"loss": math.inf}
    assert meter.compute(skip_nonfinite=True) == {"loss": 1.0}


ROWS = 3000  # of which the first 1000 training data are a third


@pytest.mark.bad_input
@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_one_value_outside_the_support_is_refused_wherever_it_lies(split, cli, tmp_path):
    from vae_exp.data.held_out import three_splits

    index = three_splits(ROWS, 300, 300, seed=0)[split]
    x = numpy.random.default_rng(0).uniform(0.1, 0.9, (ROWS, 4)).astype("float32")
    x[index[-1], 2] = 0.0
    numpy.save(tmp_path / "x.npy", x)
    sizes = ["data.validation_size=300", "data.test_size=300"]
    result = cli("data=array", f"data.path={tmp_path / 'x.npy'}", "decoder=beta", *sizes)
    assert result.exit_code == 2
    (line,) = result.err.splitlines()
    assert "decoder: expected data in the support of the likelihood" in line
    assert f"got 1 value outside it, 0 in datum {len(index) - 1} of the {split} set" in line


def test_checking_the_support_leaves_the_random_numbers_alone():
    from vae_exp.configuration.compatibility import check_support

    experiment = build(compose("decoder=bernoulli", "data.binarize=dynamic"))
    state = torch.get_rng_state()
    check_support(experiment.vae.decoder.support, experiment.data)
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.fault
def test_a_number_that_is_not_finite_is_read_back_as_one(tmp_path):
    from vae_exp.storage.run_folder import RunFolder

    folder = RunFolder(tmp_path)
    folder.create({}, again=False)
    folder.log({"step": 1, "val/elbo": -math.inf})
    assert json.loads(folder.metrics.read_text())["val/elbo"] is None  # as JSON has it
    (record,) = folder.records()
    assert math.isnan(record["val/elbo"])
    folder.close()
