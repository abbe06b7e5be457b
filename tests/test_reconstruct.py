"""``python -m vae_exp.reconstruct``: data through a model and back."""

import numpy
import pytest
from PIL import Image

import vae_exp
from vae_exp.runs.load import load_experiment
from vae_exp.storage.saved_run import SavedRun


def test_a_split_is_what_the_model_makes_of_it(cli, saved):
    result = cli(str(saved), "--split", "validation", module="reconstruct")
    assert result.exit_code == 0, result.err
    arrays = numpy.load(saved / "reconstructions.npz")
    data = load_experiment(SavedRun(saved), SavedRun(saved).config).data
    x = data.batch("validation", slice(None))
    assert numpy.array_equal(arrays["x"], x)
    assert numpy.allclose(arrays["mean"], vae_exp.load(saved).reconstruct(x), atol=1e-6)
    assert numpy.array_equal(arrays["label"], data.labels["validation"])
    assert numpy.array_equal(arrays["id"], range(data.size("validation")))
    with Image.open(saved / "reconstructions.png") as picture:
        assert min(picture.size) > 100


def test_each_is_that_of_the_bits_beside_it(cli, saved):
    """Those of training data are drawn anew each time."""
    assert cli(str(saved), "--split", "train", module="reconstruct").exit_code == 0
    arrays = numpy.load(saved / "reconstructions.npz")
    assert set(numpy.unique(arrays["x"])) == {0, 1}
    expected = vae_exp.load(saved).reconstruct(arrays["x"])
    assert numpy.allclose(arrays["mean"], expected, atol=1e-6)


def test_one_datum_of_a_file(cli, saved, tmp_path):
    x = numpy.random.default_rng(0).integers(0, 2, (1, 8, 8)).astype("float32")
    numpy.save(tmp_path / "mine.npy", x)
    result = cli(str(saved), "mine.npy", "--out", "back.npz", module="reconstruct")
    assert result.exit_code == 0, result.err
    assert "written to back.npz and back.png: 1 data" in result.out
    mean = numpy.load(tmp_path / "back.npz")["mean"]
    assert numpy.allclose(mean, vae_exp.load(saved).reconstruct(x[:, None]), atol=1e-6)
    assert (tmp_path / "back.png").is_file()


def test_a_conditional_model_is_told_the_class(cli, tmp_path):
    tiny = ["trainer.max_steps=2", "evaluation.probe=false", "plots.names=[]"]
    run = cli("condition=labels", "kl=monte_carlo", *tiny)
    x = numpy.random.default_rng(0).random((3, 8, 8), dtype="float32")
    numpy.save(tmp_path / "x.npy", x)
    words = [str(run.folder), "x.npy", "--out", "x3.npz", "--condition", "3"]
    result = cli(*words, module="reconstruct")
    assert result.exit_code == 0, result.err
    expected = vae_exp.load(run.folder).reconstruct(x[:, None], 3)
    assert numpy.allclose(numpy.load(tmp_path / "x3.npz")["mean"], expected, atol=1e-6)


WRONG = {
    "{run} --out back.png": "--out: expected a file that ends in .npz, got back.png",
    "{run} --split half": "argument --split: invalid choice: 'half'",
    "{run} missing.npy": "file: expected a file that reads",
    "nowhere": "expected the folder of a run",
    "--condition 3 {run}": "--condition takes all words behind it, so that it comes last",
}


@pytest.mark.bad_input
@pytest.mark.parametrize("command", WRONG)
def test_wrong_command_line_is_refused_in_one_line(cli, trained, command):
    result = cli(*command.format(run=trained).split(), module="reconstruct")
    assert result.exit_code == 2, result.err
    assert result.err.count("\n") == 1, result.err
    assert WRONG[command] in result.err
