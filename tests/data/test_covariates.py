"""What a file has beside x: covariates, ids and its own split."""

import numpy
import pytest
import torch

from tests.data.test_array import load, write
from vae_exp.condition.columns import Column
from vae_exp.data import SPLITS

random = numpy.random.default_rng(0)
N = 50
X = random.normal(size=(N, 3))
AGE = 10 * X[:, 0]
BATCH = numpy.array(["b", "a", "c"])[random.integers(0, 3, N)]
PLATE = random.integers(8, 12, N)


def together(data, what):
    return [row for split in SPLITS for row in getattr(data, what)[split]]


def test_covariates_and_ids_stay_beside_their_rows(tmp_path):
    arrays = {"x": X, "c_age": AGE, "c_plate": PLATE, "id": numpy.arange(100, 150)}
    for file in write(tmp_path, **arrays):
        data = load(file)
        plates = ("8", "9", "10", "11")  # in the order of the numbers
        assert data.columns == (Column("age"), Column("plate", plates))
        x = torch.cat([data.batch(split, slice(None)) for split in SPLITS])
        c = torch.stack(together(data, "covariates"))
        torch.testing.assert_close(c[:, 0], 10 * x[:, 0])
        rows = numpy.array(together(data, "ids")) - 100
        numpy.testing.assert_allclose(x, X[rows].astype("f4"))
        assert [int(plates[int(place)]) for place in c[:, 1]] == PLATE[rows].tolist()


def test_categories_by_name_are_the_same_in_all_splits(tmp_path):
    parts = {"train": (X, BATCH), "test": (X[:9], numpy.full(9, "c")), "val": (X[:4], BATCH[:4])}
    arrays = {f"x_{split}": x for split, (x, _) in parts.items()}
    arrays |= {f"c_batch_{split}": batch for split, (_, batch) in parts.items()}
    numpy.savez(tmp_path / "a.npz", **arrays)
    data = load(tmp_path / "a.npz")
    assert data.columns == (Column("batch", ("a", "b", "c")),)
    assert data.covariates["test"].tolist() == [[2.0]] * 9
    assert ["abc"[int(place)] for (place,) in data.covariates["train"]] == BATCH.tolist()


WORDS = [("train", "Validation", "test"), (0, 1, 2), (0.0, 1.0, 2.0), ("train",) * 3]


@pytest.mark.parametrize("words", WORDS)
def test_a_file_says_which_split_each_row_belongs_to(words, tmp_path):
    place = random.permutation(numpy.repeat([0, 1, 2], [40, 3, 7]))
    numpy.savez(tmp_path / "a.npz", x=X, split=numpy.array(words)[place], c_age=AGE, y=PLATE)
    data = load(tmp_path / "a.npz")
    held = words[1] != words[0]
    assert [data.size(split) for split in SPLITS] == ([40, 3, 7] if held else [35, 5, 10])
    if held:
        assert data.batch("test", slice(None)).tolist() == X[place == 2].astype("f4").tolist()
        torch.testing.assert_close(data.covariates["test"][:, 0].double().numpy(), AGE[place == 2])
        assert data.labels["validation"].tolist() == PLATE[place == 1].tolist()


def test_a_covariate_may_end_like_a_split(tmp_path):
    for name in ("test_c_is_test", "c_is_test_test"):
        beside = {"c_is_test": AGE, "x_test": X[:9], name: AGE[:9]}
        numpy.savez(tmp_path / "a.npz", x=X, **beside)
        data = load(tmp_path / "a.npz")
        assert data.columns == (Column("is_test"),)
        torch.testing.assert_close(data.covariates["test"][:, 0].double().numpy(), AGE[:9])
    numpy.savez(tmp_path / "a.npz", x=X, c_is_test=AGE)
    assert load(tmp_path / "a.npz").columns == (Column("is_test"),)


WRONG = {
    "NaN": ({"c_age": numpy.where(AGE > 0, AGE, numpy.nan)}, "finite float32 numbers in c_age, "),
    "short": ({"c_age": AGE[:-1]}, "c_age to be 50 numbers or strings, "),
    "wide": ({"c_age": X}, "c_age to be 50 numbers or strings, "),
    "complex": ({"c_age": AGE + 1j}, "c_age to be 50 numbers or strings, "),
    "no split": ({"split": ["train", "holdout"] * 25}, "got 'holdout'"),
    "short split": ({"split": ["train"]}, "got shape (1,)"),
    "no training data": ({"split": ["test"] * N}, "expected training data among the split"),
    "ids of floats": ({"id": AGE}, "id to be 50 integers or strings"),
    "two ids": ({"id": PLATE, "ids": PLATE}, "expected one of id and ids"),
    "two splits": ({"split": PLATE % 3, "x_test": X}, "either an array split or arrays x_train"),
    "not in both": ({"c_age": AGE, "x_test": X}, "expected c_age beside the rows"),
    "a number and a word": (
        {"c_age": AGE, "x_test": X, "c_age_test": BATCH},
        "c_age to be floats in all parts",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_beside_x_is_told(case, tmp_path):
    arrays, message = WRONG[case]
    numpy.savez(tmp_path / "a.npz", x=X, **arrays)
    with pytest.raises(ValueError) as error:
        load(tmp_path / "a.npz")
    assert str(error.value).startswith("data.path: ") and "\n" not in str(error.value)
    assert message in str(error.value)


def test_a_million_categories_are_refused(tmp_path):
    numpy.savez(tmp_path / "a.npz", x=numpy.zeros((10**6, 1)), c_cell=numpy.arange(10**6))
    with pytest.raises(ValueError, match="at most 1000 categories in c_cell, got 1000000; call it"):
        load(tmp_path / "a.npz")


def test_a_category_that_no_training_datum_has_is_told(tmp_path, caplog):
    split = ["test", "validation"] + ["test"] * 4 + ["validation"] * 4 + ["train"] * 40
    batch = ["new", *["old"] * 49]
    numpy.savez(tmp_path / "a.npz", x=X, split=split, c_batch=batch)
    load(tmp_path / "a.npz")
    assert "no training datum has new of c_batch" in caplog.text


def test_a_model_is_conditional_on_columns_from_training_to_drawing(cli, tmp_path):
    from vae_exp.runs.load import load as load_run

    # the batch moves x by 6, which the model then has no need to find out
    x = X + numpy.where(BATCH == "b", 6, 0)[:, None]
    numpy.savez(tmp_path / "a.npz", x=x, c_batch=BATCH, c_age=AGE / 10)
    words = ["data=array", f"data.path={tmp_path / 'a.npz'}", "condition=columns", "z_dim=2"]
    words += ["network=linear", "trainer.epochs=40", "optimizer.lr=0.1", "plots.names=[]"]
    run = cli(*words, "evaluation.importance_samples=4", "decoder.scale=shared")
    assert run.exit_code == 0, run.err
    vae = load_run(run.folder)
    x = vae.sample(16, c={"batch": "b", "age": 0.5})
    assert x.shape == (16, 3)
    x = vae.sample(2, c={"batch": ["a", "b"], "age": 0.5})
    assert x.shape == (2, 3)
    x = vae.sample(400, c={"batch": ["a", "b"] * 200, "age": 0.5}).mean(1)
    assert (x[1::2] - x[::2]).mean() > 1
    drawn = cli(
        str(run.folder), "--count", "4", "--condition", "batch=b", "age=0.5", module="sample"
    )
    assert drawn.exit_code == 0, drawn.err
    assert numpy.load(run.folder / "samples/samples.npz")["x"].shape == (4, 3)
    for word, message in {
        "batch=z": "a category of batch, of a, b, c, got z",
        "age=old": "a number for age, got old",
        "size=2": "got size",
    }.items():
        given = {"batch": "batch=b", "age": "age=1", word.partition("=")[0]: word}
        drawn = cli(str(run.folder), "--condition", *given.values(), module="sample")
        assert drawn.exit_code == 2 and message in drawn.err
        assert len(drawn.err.splitlines()) == 1
    assert cli(str(run.folder), words[1], module="evaluate").exit_code == 0
