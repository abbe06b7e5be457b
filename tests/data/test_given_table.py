"""A table, or a folder of pictures, for a model that has been trained, and back with no holes."""

import logging
from decimal import Decimal
from pathlib import Path

import numpy
import pandas
import pyarrow.parquet
import pytest
import torch
from PIL import Image

from vae_exp.condition.columns import Column
from vae_exp.data.completed_table import complete_table, write_frame
from vae_exp.data.encoded_table import encode_table
from vae_exp.data.given import Given
from vae_exp.data.given_file import read_given
from vae_exp.data.observation import Observation
from vae_exp.data.table_form import TableForm
from vae_exp.data.variables import infer_variables
from vae_exp.distribution.variable import Variable

random = numpy.random.default_rng(0)
ROWS = 40
FRAME = pandas.DataFrame(
    {
        "income": random.normal(5e4, 1e4, ROWS),
        "visits": random.poisson(3, ROWS),
        "city": random.choice(["Oslo", "Rome, old", "Köln"], ROWS),
        "smoker": random.choice(["yes", "no"], ROWS),
        "zip": random.choice(["01", "02", "1a"], ROWS),
        "stars": random.integers(1, 6, ROWS),
    }
)
TABLE = Observation(
    (6,),
    "columns",
    variables=tuple(infer_variables(FRAME, {"stars": "ordinal"})),
    columns=(Column("age"), Column("ward", ("0", "1"))),
)
OWN = {"id": "customer", "label": "segment", "drop": ["note"], "split": "part"}
SUFFIXES = (".csv", ".tsv", ".parquet")


def write(folder, frame, suffix=".csv", **options):
    path = folder / f"new{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",", **options)
    return str(path)


def given(path, observe=TABLE, own=OWN):
    return read_given(path, "file", observe, own, None)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_columns_are_found_by_name_and_mean_what_they_did(tmp_path, suffix, caplog):
    beside = {"customer": [f"{i:03d}" for i in range(ROWS)], "age": 2.5, "ward": 1, "note": "x"}
    frame = FRAME.assign(**beside, segment=list("ab") * (ROWS // 2), other=0)[::-1]
    path = write(tmp_path, frame[list(frame.columns[::-1])], suffix)
    found = given(path)
    rows, names = found.parts["train"], TABLE.variables
    assert torch.equal(rows.x, encode_table(FRAME, names, "x").flip(0))
    assert rows.ids == beside["customer"][::-1] and rows.y.tolist() == frame["segment"].tolist()
    assert set(rows.covariates["age"]) == {2.5} and set(rows.covariates["ward"]) == {"1"}
    assert caplog.messages == ["file: columns of new" + suffix + " that the model knows nothing of"
                               ": other"]  # fmt: skip
    assert found.arrays()["other"].tolist() == [0] * ROWS
    # what looks like numbers where all others are gone, and whole numbers beside holes
    few = FRAME[FRAME["zip"] == "01"].astype({"stars": object})
    few.loc[few.index[0], "stars"] = None
    x = given(write(tmp_path, few, suffix)).parts["train"].x
    assert set(x[:, 4].tolist()) == {0.0} and x[0, 5].isnan()
    assert x[1:, 5].tolist() == [stars - 1 for stars in few["stars"][1:]]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_only_what_is_missing_changes(tmp_path, suffix):
    holes = random.random(FRAME.shape) < 0.3
    holes[:2] = [[True], [False]]
    frame = FRAME.astype({"visits": "Int64", "city": "category"}).mask(holes)
    frame.insert(2, "note", [None, "é, \"q\"", *["1.50"] * (ROWS - 2)])  # fmt: skip
    path = write(
        tmp_path, frame, suffix, **({} if suffix == ".parquet" else {"float_format": "%.3f"})
    )
    before = Path(path).read_bytes()
    table = given(path).table
    x = table.rows.x.where(~table.rows.x.isnan(), encode_table(FRAME, TABLE.variables, "x"))
    done = table.completed(x, as_texts=True)
    if suffix != ".parquet":
        # letter for letter, but for the holes
        assert done["income"][0] == f"{float(numpy.float32(FRAME['income'][0])):.7g}"
        done.loc[:, FRAME.columns] = done[FRAME.columns].mask(holes, "")
        assert write(tmp_path, done, suffix) and Path(path).read_bytes() == before
        return
    # whole numbers that were floats because some were missing are integers again
    assert done["stars"].dtype == int and done["note"].equals(frame["note"])
    assert (done.dtypes == frame.dtypes).drop("stars").all()
    for name in FRAME.columns[1:]:
        assert done[name].tolist() == FRAME[name].tolist()
    numpy.testing.assert_allclose(done["income"], FRAME["income"], rtol=1e-6)
    assert TABLE.complete(frame, x).equals(done)


GERMAN = {"sep": ";", "decimal": ",", "lineterminator": "\r\n"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_a_table_comes_back_in_its_own_form(tmp_path, encoding):
    frame = FRAME.assign(income=FRAME["income"].round() + 0.25)
    observe = Observation((6,), "columns", variables=tuple(infer_variables(frame, {})))
    path, whole = tmp_path / "new.csv", tmp_path / "whole.csv"
    frame.to_csv(whole, index=False, encoding=encoding, **GERMAN)
    frame.mask(random.random(FRAME.shape) < 0.3).astype(
        {"visits": "Int64", "stars": "Int64"}
    ).to_csv(path, index=False, encoding=encoding, **GERMAN)
    own = {"separator": ";", "decimal": ",", "encoding": encoding.removesuffix("-sig")}
    table = given(str(path), observe, own).table
    assert table.rows.x.isnan().any()
    done = table.completed(encode_table(frame, observe.variables, "x"), as_texts=True)
    write_frame(path, done, ".csv", table.form, table.header)
    assert path.read_bytes() == whole.read_bytes()


def test_truth_values_are_yes_and_no_and_stay_truth_values():
    truth = FRAME["smoker"] == "yes"
    x = TABLE(FRAME)
    assert torch.equal(TABLE(FRAME.assign(smoker=truth)), x)
    for smoker in (truth.astype("boolean"), truth.astype(object)):
        holes = FRAME.assign(smoker=smoker.where(FRAME.index > 3, None))
        assert TABLE(holes)[:, 3].isnan().tolist() == [True] * 4 + [False] * (ROWS - 4)
        assert TABLE.complete(holes, x)["smoker"].tolist() == truth.tolist()
    with pytest.raises(ValueError, match="x: expected no, yes in column smoker"):
        TABLE(FRAME.assign(smoker=truth.astype(int)))


def test_whole_numbers_are_integers_again_where_none_is_missing_any_more():
    holes = FRAME.mask(FRAME.index.to_series() % 3 == 1)
    done = TABLE.complete(holes, TABLE(FRAME))
    assert done["visits"].dtype == done["stars"].dtype == int and done["income"].dtype == float
    assert TABLE.frame(TABLE(FRAME))["visits"].tolist() == FRAME["visits"].tolist()
    with pytest.raises(ValueError, match="expected the model of a table"):
        Observation((3,)).frame(torch.zeros(2, 3))


WIDER = {
    "an integer with a fraction": (pandas.array([1, None, 3], dtype="Int64"), 2.5),
    "an integer beyond its size": (pandas.array([1, None, 3], dtype="UInt8"), 300),
    "another category": (pandas.Categorical(["lo", None, "lo"], ["lo"]), "hi"),
    "words where all are missing": ([numpy.nan] * 3, "hi"),
    "half precision": (numpy.array([1, numpy.nan, 3], "float16"), 7e4),
    "exact decimals": ([Decimal("0.10"), None, Decimal("2.50")], 0.25),
}


@pytest.mark.parametrize("name", WIDER)
def test_a_column_takes_what_its_type_does_not(tmp_path, name):
    values, chosen = WIDER[name]
    frame = pandas.DataFrame({"a": values, "b": [1.0, 2.0, 3.0]})
    words = isinstance(chosen, str)
    variable = Variable("a", "category", ("hi", "lo")) if words else Variable("a", "continuous")
    x = torch.tensor([[0.0 if words else float(chosen)]] * 3)
    done = complete_table(frame, x, [variable])
    assert done["a"][1] == chosen
    known = frame["a"].notna()
    assert done["a"][known].tolist() == frame["a"][known].tolist()
    write_frame(tmp_path / "x.parquet", done, ".parquet", TableForm())
    assert pandas.read_parquet(tmp_path / "x.parquet")["a"][1] == chosen


def test_whole_numbers_of_other_columns_stay_exact_in_parquet(tmp_path):
    big = [9007199254740993, None, *[9007199254740995] * (ROWS - 2)]
    path = tmp_path / "new.parquet"
    pyarrow.parquet.write_table(pyarrow.table({**FRAME.to_dict("list"), "big": big}), path)
    done = given(str(path)).table.completed(encode_table(FRAME, TABLE.variables, "x"), False)
    assert done["big"].dropna().tolist() == [big[0], *big[2:]] and done["big"].isna()[1]


def test_names_of_columns_come_back_and_one_may_be_empty(tmp_path):
    path = tmp_path / "new.csv"
    FRAME.mask(FRAME["city"] == "Oslo").to_csv(path)
    table = given(str(path)).table
    done = table.completed(encode_table(FRAME, TABLE.variables, "x"), as_texts=True)
    assert done.columns.tolist() == ["", *FRAME.columns]


def test_names_that_are_numbers_are_no_datum(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    years = FRAME[["income", "visits"]].set_axis(["2001", "2002"], axis=1)
    observe = Observation((2,), "columns", variables=tuple(infer_variables(years, {})))
    assert len(given(write(tmp_path, years), observe).parts["train"].x) == ROWS
    assert not caplog.messages
    assert len(given(write(tmp_path, years), Observation((2,))).parts["train"].x) == ROWS + 1
    assert "the first row of new.csv has numbers alone, and is taken for a datum" in caplog.text
    blank = tmp_path / "new.csv"
    blank.write_text("\n\n" + years.to_csv(index=False, header=False))
    assert len(given(str(blank), Observation((2,))).parts["train"].x) == ROWS


def cell(column, value):
    return lambda f: f.assign(**{column: f[column].astype(object).where(f.index != 3, value)})


REFUSED = {
    "another category": (
        cell("city", "Paris"),
        "expected Köln, Oslo, Rome, old in column city of new.csv, which is category, got 1 that "
        "are not, such as Paris in row 3, counted from 0",
    ),
    "a word among numbers": (cell("stars", "many"), "such as many in row 3"),
    "a word for a count": (cell("visits", "many"), "column visits of new.csv, which is count, got"),
    "half a count": (cell("visits", 1.5), "such as 1.5 in row 3"),
    "an infinite number": (cell("income", "inf"), "such as inf in row 3"),
    "no column": (lambda f: f.drop(columns="zip"), "columns zip, which are not among those of new"),
    "no rows": (lambda f: f[:0], "expected a row or more in new.csv, got none"),
    "a covariate that is a word": (cell("age", "old"), "numbers in column age of new.csv, got 1"),
    "a covariate's other category": (cell("ward", 2), "one of 0, 1 in column ward of new.csv"),
    "a covariate that is missing": (cell("age", None), "column age of new.csv, got 1 missing, the"),
}


@pytest.mark.bad_input
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_named_with_file_column_and_row(tmp_path, name):
    change, said = REFUSED[name]
    with pytest.raises(ValueError) as error:
        given(write(tmp_path, change(FRAME.assign(age=1.5, ward=0))))
    assert str(error.value).startswith("file: expected") and said in str(error.value)
    assert "\n" not in str(error.value) and "data.types" not in str(error.value)


def test_a_frame_with_a_column_twice_is_refused():
    with pytest.raises(ValueError, match="x: expected columns of different names, got city twice"):
        TABLE(pandas.concat([FRAME, FRAME[["city"]]], axis=1))


@pytest.mark.parametrize("header", [True, False])
def test_a_model_of_arrays_takes_as_many_columns_as_x_has(tmp_path, header):
    x = random.normal(size=(5, 3))
    x[1, 2] = numpy.nan
    frame = pandas.DataFrame(x, columns=["x", "y", "z"])
    observe = Observation((3,), columns=(Column("age"),))
    path = write(tmp_path, frame, header=header)
    table = given(path, observe).table
    assert table.header == header and table.rows.ids is table.rows.y is None
    batch = Given(table.rows, observe, False, "cpu").batch("test", slice(5))
    numpy.testing.assert_array_equal(batch, torch.from_numpy(x).float())
    completed = table.completed(torch.full((5, 3), 0.1), as_texts=True)
    assert completed.iloc[1, 2] == "0.1" and completed.iloc[0, 0] == str(x[0, 0])
    more = frame.rename(columns={"y": "v"}).assign(id=range(5), label=0, c_age=[1, 2, 3, 4, 5])
    rows = given(write(tmp_path, more), observe).parts["train"]
    assert rows.ids == [0, 1, 2, 3, 4] and rows.y.tolist() == [0] * 5
    assert rows.covariates["age"].tolist() == [1, 2, 3, 4, 5]
    for wrong, said in {
        "w": "expected 3 columns of numbers in new.csv, a component of x each, got 4: x, v, z, w",
        "label": "expected a class in each row of column label of new.csv, got 1 missing",
    }.items():
        own = Observation((3,), classes=(0, 1))
        with pytest.raises(ValueError, match=f"file: {said}"):
            given(
                write(tmp_path, more.assign(**{wrong: [None, *"0000"]}).drop(columns="c_age")), own
            )
    with pytest.raises(ValueError, match=r"numbers in column z of new.csv, got 1 .* many in row 2"):
        given(write(tmp_path, frame.assign(z=["1", "", "many", "2", "3"])), observe)
    days = frame.assign(z=pandas.date_range("2026-01-01", periods=5))
    with pytest.raises(ValueError, match=r"numbers in column z of new\.parquet, got 5 that"):
        given(write(tmp_path, days, ".parquet"), observe)


def test_grey_levels_come_back_as_levels(tmp_path):
    observe = Observation((1, 2, 3), "images", 255)
    frame = pandas.DataFrame(random.integers(0, 256, (4, 6)).astype(object))
    frame.iloc[2, 1] = None
    table = given(write(tmp_path, frame), observe).table
    x = Given(table.rows, observe, False, "cpu").batch("test", slice(4))
    assert x.shape == (4, 1, 2, 3)
    assert table.completed(x.nan_to_num(0.2), as_texts=True).iloc[2, 1] == "51"


def test_pictures_come_in_the_size_of_x_with_their_names(tmp_path):
    for name, grey in {"cats/b.png": 51, "cats/a.png": 255, "dogs/c.png": 0}.items():
        path = tmp_path / "pictures" / "test" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (9, 7), grey).save(path)
    folder, cache = str(tmp_path / "pictures"), tmp_path / "cache"
    observe = Observation((3, 4, 4), "images", 255)
    rows = read_given(folder, "file", observe, {"fit": "stretch"}, cache).parts["train"]
    assert rows.ids == ["test/cats/a.png", "test/cats/b.png", "test/dogs/c.png"]
    assert rows.y.tolist() == ["cats", "cats", "dogs"] and rows.x.shape == (3, 3, 4, 4)
    x = Given(rows, observe, False, "cpu").batch("test", slice(3))
    assert x.mean((1, 2, 3)).tolist() == pytest.approx([1, 0.2, 0])
    sixteen = Observation((1, 4, 4), "bits", 16)
    rows = read_given(folder, "file", sixteen, {}, cache).parts["train"]
    assert rows.x.amax((1, 2, 3)).tolist() == [16, round(0.2 * 16), 0]
    for path in (folder, f"{folder}/test/cats/b.png"):
        with pytest.raises(ValueError, match=r"file: .* for this is no model of square images"):
            read_given(path, "file", TABLE, {}, cache)
    with pytest.raises(ValueError, match=r"file: expected a \.npy, .* or \.parquet file, a pic"):
        read_given("x.txt", "file", TABLE, {}, cache)


@pytest.mark.parametrize("fit", ["crop", "stretch"])
def test_one_picture_is_as_in_its_folder_and_nothing_is_kept_of_it(tmp_path, fit):
    for name in ("pictures/b.png", "pictures/a.png"):
        levels = random.integers(0, 256, (9, 7, 3)).astype(numpy.uint8)
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(levels).save(tmp_path / name)
    observe, cache = Observation((3, 4, 4), "images", 255), tmp_path / "cache"
    path = str(tmp_path / "pictures" / "b.png")
    one = read_given(path, "file", observe, {"fit": fit}, cache).parts["train"]
    assert one.ids == ["b.png"] and one.y is None and not cache.exists()
    folder = str(tmp_path / "pictures")
    both = read_given(folder, "file", observe, {"fit": fit}, cache).parts["train"]
    assert torch.equal(one.x[0], both.x[1])


def test_a_picture_that_is_none_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"a")
    observe = Observation((3, 4, 4), "images", 255)
    for name, why in {"a.png": "not an image", "b.png": "No such file or directory"}.items():
        with pytest.raises(ValueError, match=f"file: expected a picture, got .*{name}: {why}$"):
            read_given(str(tmp_path / name), "file", observe, {}, None)
    with pytest.raises(ValueError, match=r"a folder of them, got .*/new, which is not there"):
        read_given(str(tmp_path / "new"), "file", observe, {}, None)
