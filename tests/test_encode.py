"""``python -m vae_exp.encode``: where a model puts each datum."""

import csv

import numpy
import pytest
import torch

import vae_exp
from vae_exp.runs.load import load_experiment
from vae_exp.storage.saved_run import SavedRun


def test_a_split_is_where_the_encoder_puts_it(cli, saved, tmp_path):
    result = cli(str(saved), "--split", "validation", module="encode")
    assert result.exit_code == 0, result.err
    arrays = numpy.load(saved / "latents.npz")
    data = load_experiment(SavedRun(saved), SavedRun(saved).config).data
    with torch.no_grad():
        q_z = vae_exp.load(saved).encoder(data.batch("validation", slice(None)))
    assert numpy.array_equal(arrays["mean"], q_z.mean)
    assert numpy.array_equal(arrays["stddev"], q_z.stddev)
    assert numpy.array_equal(arrays["label"], data.labels["validation"])
    assert numpy.array_equal(arrays["id"], range(data.size("validation")))

    result = cli(str(saved), "--split", "validation", "--out", "z.csv", module="encode")
    assert result.exit_code == 0, result.err
    rows = list(csv.DictReader((tmp_path / "z.csv").read_text().splitlines()))
    assert [int(row["label"]) for row in rows] == arrays["label"].tolist()
    assert [float(row["mean_3"]) for row in rows] == arrays["mean"][:, 3].tolist()
    assert [float(row["stddev_19"]) for row in rows] == arrays["stddev"][:, 19].tolist()


def test_a_file_with_names_for_labels(cli, saved, tmp_path):
    x, y = torch.rand(5, 8, 8).round().numpy(), numpy.array(list("babab"))
    numpy.savez(tmp_path / "mine.npz", x=x, y=y)
    result = cli(str(saved), "mine.npz", "--out", "z.npz", module="encode")
    assert result.exit_code == 0, result.err
    arrays = numpy.load(tmp_path / "z.npz")
    assert arrays["label"].tolist() == y.tolist()
    assert numpy.allclose(arrays["mean"], vae_exp.load(saved).encode(x[:, None]), atol=1e-6)


WRONG = {
    "{run} --out latents.txt": "--out: expected a file that ends in .npz or .csv or .parquet",
    "{run} --samples 3": "unrecognized arguments: --samples 3",
    "{run} --split half": "argument --split: invalid choice: 'half'",
    "{run} missing.npy": "file: expected a file that reads",
    "nowhere": "expected the folder of a run",
}


@pytest.mark.bad_input
@pytest.mark.parametrize("command", WRONG)
def test_wrong_command_line_is_refused_in_one_line(cli, trained, command):
    result = cli(*command.format(run=trained).split(), module="encode")
    assert result.exit_code == 2, result.err
    assert result.err.count("\n") == 1, result.err
    assert WRONG[command] in result.err


def test_the_class_of_a_file_without_any_is_the_most_probable_one(cli, tmp_path):
    tiny = ["trainer.max_steps=2", "evaluation.probe=false", "plots.names=[]"]
    m2 = cli("condition=semi_supervised", "data.labelled=50", *tiny)
    assert m2.exit_code == 0, m2.err
    x = numpy.random.default_rng(0).random((5, 1, 8, 8), dtype="float32")
    numpy.save(tmp_path / "x.npy", x)
    result = cli(str(m2.folder), "x.npy", "--out", "z.npz", module="encode")
    assert result.exit_code == 0, result.err
    vae = vae_exp.load(m2.folder)
    most_probable = vae.classify(x).argmax(-1).tolist()
    numpy.testing.assert_allclose(
        numpy.load("z.npz")["mean"], vae.encode(x, most_probable), rtol=1e-5, atol=1e-6
    )
