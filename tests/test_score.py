"""``python -m vae_exp.score``: how likely each datum is, and who is an outlier."""

import csv

import numpy
import pytest
from sklearn.metrics import roc_auc_score

from tests.conftest import one_in
from vae_exp.runs.load import load_experiment
from vae_exp.storage.saved_run import SavedRun


def columns(file):
    rows = list(csv.DictReader(file.read_text().splitlines()))
    return {
        name: [row[name] if name == "id" else float(row[name]) for row in rows] for name in rows[0]
    }


def test_a_split_has_the_average_of_its_evaluation(cli, saved):
    result = cli(str(saved), module="score")
    assert result.exit_code == 0, result.err
    scores, summary = columns(saved / "scores.csv"), SavedRun(saved).summary
    for name in ("log_likelihood", "elbo", "reconstruction_loss", "kl", "effective_sample_size"):
        assert numpy.mean(scores[name]) == pytest.approx(summary[f"test/{name}"], rel=1e-12)
    assert scores["id"] == [str(number) for number in range(360)]
    by_rank = numpy.argsort(scores["rank"])
    assert (numpy.diff(numpy.array(scores["log_likelihood"])[by_rank]) >= 0).all()
    assert sorted(scores["rank"]) == list(range(1, 361))
    told = f"360 data, log-likelihood {summary['test/log_likelihood']:.3f} ± "
    assert told in result.out


@pytest.mark.parametrize("own_split", one_in(2, [True, False]))
def test_rows_of_a_file_are_called_by_their_numbers(own_split, cli, tmp_path):
    x = numpy.arange(60)[:, None] + numpy.zeros(2)  # tells which row it is
    split = {"split": ["test", "train", "val"] * 20} if own_split else {}
    numpy.savez(tmp_path / "x.npz", x=x, **split)
    data = ["data=array", "data.path=x.npz", "data.kind=real", "network=linear"]
    run = cli(*data, "trainer.epochs=1", "evaluation.importance_samples=2")
    assert run.exit_code == 0, run.err
    words = [str(run.folder), "data.path=x.npz", "--split", "validation"]
    for module in ("reconstruct", "score"):
        result = cli(*words, module=module)
        assert result.exit_code == 0, result.err
    arrays = numpy.load(run.folder / "reconstructions.npz")
    assert arrays["id"].tolist() == arrays["x"][:, 0].tolist()
    assert columns(run.folder / "scores.csv")["id"] == [str(row) for row in arrays["id"]]
    assert cli(str(run.folder), "x.npz", "--split", "test", module="score").exit_code == 0
    ids = columns(run.folder / "scores.csv")["id"]
    assert ids == [str(row) for row in range(0, 60, 3 if own_split else 1)]


def test_a_class_that_is_known_is_used_and_that_is_said(cli, tmp_path):
    words = ["condition=semi_supervised", "data.labelled=100", "data.missing=0.2", "z_dim=2"]
    words += ["trainer.max_steps=2", "network.hidden=[8]", "evaluation.importance_samples=2"]
    run = cli(*words, "plots.names=[]", "evaluation.probe=false")
    assert run.exit_code == 0, run.err
    bits = numpy.where(numpy.arange(64).reshape(8, 8) % 3, 1.0, numpy.nan)
    numpy.savez(tmp_path / "y.npz", x=bits + numpy.zeros((3, 1, 8, 8)), y=[0, 9, 4])
    numpy.save(tmp_path / "x.npy", bits + numpy.zeros((3, 1, 8, 8)))
    for module, told in {"score": "class c is known", "impute": "class is known"}.items():
        for data, known in {"--split=test": 360, "y.npz": 3, "x.npy": 0}.items():
            result = cli(str(run.folder), data, module=module)
            assert result.exit_code == 0, result.err
            assert (f"of {known} data the {told}" in result.out) == (known > 0)


def test_a_label_of_the_models_own_table_is_no_outlier(cli, tmp_path):
    rows = [f"{i % 7},{i % 5 / 4},{i % 2}" for i in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,ok", *rows]) + "\n")
    words = ["data=table", "data.path=t.csv", "data.label=ok", "decoder=mixed", "z_dim=2"]
    words += ["trainer.max_steps=2", "network.hidden=[8]", "evaluation.importance_samples=2"]
    run = cli(*words, "plots.names=[]", "evaluation.probe=false")
    assert run.exit_code == 0, run.err
    plain = cli(str(run.folder), "t.csv", module="score")
    asked = cli(str(run.folder), "t.csv", "--outliers", "ok", module="score")
    assert ("outliers of" in plain.out, "30 outliers of 60" in asked.out) == (False, True)


@pytest.fixture
def bits(saved):
    """The bits of the test set."""
    run = SavedRun(saved)
    return load_experiment(run, run.config).data.batch("test", slice(None)).numpy()


def test_a_file_of_the_same_data_has_the_same_scores(cli, saved, bits, tmp_path, monkeypatch):
    def no_data(*arguments, **keywords):
        raise AssertionError("the data need not be there")

    assert cli(str(saved), module="score").exit_code == 0
    monkeypatch.setattr("vae_exp.data.digits.Digits.__init__", no_data)
    numpy.save(tmp_path / "lr=0.1.npy", bits.astype(bool).reshape(360, 64))
    words = [str(saved), "lr=0.1.npy", "--out", "new/mine.csv", "device=cpu"]
    result = cli(*words, module="score")
    assert result.exit_code == 0, result.err
    mine, whole = columns(tmp_path / "new" / "mine.csv"), columns(saved / "scores.csv")
    assert mine.pop("id") == whole.pop("id") and mine.keys() == whole.keys()
    for name in mine:
        assert mine[name] == pytest.approx(whole[name], rel=1e-4), name


def test_scores_are_comparable_where_as_much_of_each_is_observed(cli, saved, bits, tmp_path):
    x = bits[:9].astype(float)
    x[:, 0, 0, :3] = numpy.nan
    for told in (False, True):
        x[0, 0, 1, 1] = numpy.nan if told else 0
        numpy.save(tmp_path / "mine.npy", x)
        result = cli(str(saved), "mine.npy", module="score")
        assert result.exit_code == 0, result.err
        assert columns(saved / "scores.csv")["observed"] == [61 - told] + [61] * 8
        assert ("60 to 61 components of a datum" in result.out) == told
        assert ("not comparable" in result.out) == told


def test_outliers_are_found(cli, saved, bits, tmp_path):
    noise = numpy.random.default_rng(0).integers(0, 2, (30, 1, 8, 8))
    y, ids = numpy.repeat([0, 1], [360, 30]), numpy.array([f"n{i}" for i in range(390)])
    x = numpy.concatenate([bits, noise])
    numpy.savez(tmp_path / "mine.npz", x=x, y=y, ids=ids, strange=1 - y)
    words = [str(saved), "mine.npz", "--samples", "20", "--out", "scores.csv"]
    result = cli(*words, module="score")
    assert result.exit_code == 0, result.err
    scores = columns(tmp_path / "scores.csv")
    area = roc_auc_score(y, -numpy.array(scores["log_likelihood"]))
    assert area > 0.5
    assert f"30 outliers of 390 by -log-likelihood: AUROC {area:.3f} ± " in result.out
    assert scores["id"] == ids.tolist()
    result = cli(*words, "--outliers", "strange", module="score")
    assert f"360 outliers of 390 by -log-likelihood: AUROC {1 - area:.3f}" in result.out


def test_parquet_has_the_same_table(cli, saved, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    for name in ("a.csv", "a.parquet"):
        assert cli(str(saved), "--out", name, module="score").exit_code == 0
    table = parquet.read_table(tmp_path / "a.parquet")
    expected = columns(tmp_path / "a.csv")
    assert table.column_names == list(expected)
    assert table["log_likelihood"].to_pylist() == expected["log_likelihood"]
    assert table["id"].to_pylist() == list(range(360))


WRONG = {
    "{run} --samples 0": "--samples: expected a positive number, got 0",
    "{run} --samples many": "argument --samples: invalid int value: 'many'",
    "{run} --split half": "argument --split: invalid choice: 'half'",
    "{run} --out scores.txt": "--out: expected a file that ends in .csv or .parquet, got scores",
    "{run} --out=": "--out: expected a file that ends in .csv or .parquet, got",
    "{run} --out /dev/null/scores.csv": "--out: expected a file that can be written",
    "{run} --outliers y": "--outliers: expected none for the run's own data",
    "{run} --condition 7": "--condition: expected none for the run's own data",
    "{run} {file} --condition 7": "--condition: expected none, for this model is not conditional",
    "{run} {file} --outliers z": "--outliers: expected an array, or column, of the file, of x, y",
    "{run} {file} --outliers x": "--outliers: expected 3 numbers, 1 for an outlier and 0",
    "{run} {file} --outliers y": "--outliers: expected 3 numbers, 1 for an outlier and 0",
    "{run} {file} {file}": "file: expected one file, or none, got ",
    "{run} {file} data.seed=3": "data.seed: expected no key of data where a file is named",
    "{run} {file} z_dim=3": "z_dim: expected one of the keys device, threads, evaluation",
    "{run} {file} evaluation.max_elements=0": "max_elements: expected a positive number",
    "{run} {file} evaluation.weights=worst": "evaluation.weights: expected one of best, last",
    "{run} {file} device=tpu": "device: expected auto",
    "{run} missing.npy": "file: expected a file that reads, got missing.npy",
    "{run} table.csv": "file: expected a file that reads, got table.csv",
    "{run} table.txt": "file: expected a .npy, .npz, .h5ad, .pt, .csv, .tsv or .parquet file",
    "{run} {wide}": "file: expected rows of shape (1, 8, 8), one or more, got an array of shape",
    "{run} {large}": "file: expected 0 and 1, or numbers between, or grey levels from 0 to 16",
    "nowhere": "expected the folder of a run",
    "": "the following arguments are required: run",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    numpy.savez(folder / "file.npz", x=numpy.zeros((3, 8, 8)), y=[1, 2, 3])
    numpy.save(folder / "wide.npy", numpy.zeros((3, 8, 9)))
    numpy.save(folder / "large.npy", numpy.full((3, 8, 8), 17))
    return {file.stem: file for file in folder.iterdir()}


@pytest.mark.bad_input
@pytest.mark.parametrize("command", WRONG)
def test_wrong_command_line_is_refused_in_one_line(cli, trained, files, command):
    result = cli(*command.format(run=trained, **files).split(), module="score")
    assert result.exit_code == 2, result.err
    assert result.err.count("\n") == 1, result.err
    assert WRONG[command] in result.err
    assert not (trained / "scores.csv").exists()
