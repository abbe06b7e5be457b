"""A user's own table: what its columns are, and back."""

import datetime
import logging
import math
import os
import re
from decimal import Decimal

import numpy
import pandas
import pytest
import torch

import vae_exp
from vae_exp.configuration.compose import compose
from vae_exp.data import SPLITS
from vae_exp.data.encoded_table import decode_table, encode_table
from vae_exp.data.observation import Observation
from vae_exp.distribution.variable import Variable
from vae_exp.experiment import build, build_data

random = numpy.random.default_rng(0)
ROWS = 120
FRAME = pandas.DataFrame(
    {
        "income": random.normal(5e4, 1e4, ROWS),
        "change": random.normal(0, 3, ROWS),
        "visits": random.poisson(3, ROWS),
        "amount": random.integers(1, 90_000, ROWS),
        "city": random.choice(["Oslo", "Rome, old", "Köln"], ROWS),
        "smoker": random.choice(["yes", "no"], ROWS),
        "flag": random.integers(0, 2, ROWS),
        "grade": random.choice(["low", "mid", "high"], ROWS),
        "stars": random.integers(1, 6, ROWS),
    }
)
TYPES = {
    "income": "positive",
    "change": "continuous",
    "visits": "count",
    "amount": "positive",
    "city": "category",
    "smoker": "yes/no",
    "flag": "yes/no",
    "grade": "ordinal",
    "stars": "ordinal",
}
OWN = "data.types={grade: [low, mid, high], stars: ordinal}"
SHORT = ["trainer.epochs=2", "evaluation.importance_samples=8", "network.hidden=[16]", "z_dim=2"]
SHORT += ["plots.names=[]", "evaluation.part_seconds=null"]


@pytest.fixture
def file(tmp_path):
    return write(tmp_path, FRAME)


def write(folder, frame, suffix=".csv"):
    path = folder / f"mine{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",")
    return path


def load(path, *words):
    return build_data(compose("data=table", f"data.path='{path}'", *words).data)


def refused(path, *words):
    with pytest.raises(ValueError) as error:
        load(path, *words)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
def test_types_are_inferred_told_and_overridden(tmp_path, suffix, caplog):
    caplog.set_level(logging.INFO)
    data = load(write(tmp_path, FRAME, suffix), OWN)
    assert {v.name: v.type for v in data.variables} == TYPES
    assert "positive: income, amount; continuous: change; count: visits" in caplog.text
    assert [data.size(split) for split in SPLITS] == [96, 12, 12]
    by_name = {v.name: v for v in data.variables}
    assert by_name["city"].categories == ("Köln", "Oslo", "Rome, old")
    assert by_name["smoker"].categories == ("no", "yes")
    assert by_name["grade"].categories == ("low", "mid", "high")
    assert by_name["stars"].categories == (1, 2, 3, 4, 5)
    x = torch.cat([data.batch(split, slice(None)) for split in SPLITS])
    assert x.shape == (ROWS, 9)
    incomes, seen = numpy.sort(FRAME["income"]), x[:, 0].sort().values
    numpy.testing.assert_allclose(seen, incomes, rtol=1e-6)
    logs = data.batch("train", slice(None))[:, 0].double().log()
    assert by_name["income"].loc == pytest.approx(logs.mean().item(), rel=1e-5)
    assert by_name["income"].scale == pytest.approx(logs.std(correction=0).item(), rel=1e-4)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_there_and_back_is_the_same_table(tmp_path, suffix):
    path = write(tmp_path, FRAME, suffix)
    data = load(path, OWN)
    back = decode_table(encode_table(FRAME, data.variables, "x"), data.variables)
    for name in FRAME:
        if name in ("income", "change"):
            numpy.testing.assert_allclose(back[name], FRAME[name], rtol=1e-6)
        else:
            assert back[name] == FRAME[name].tolist()
            assert {type(value) for value in back[name]} <= {int, str}


def test_truth_values_ordered_categories_and_other_columns_of_parquet(tmp_path):
    frame = FRAME[["income"]].assign(
        truth=FRAME["flag"] == 1,
        size=pandas.Categorical(FRAME["grade"], ["low", "mid", "high"], ordered=True),
        place=pandas.Categorical(FRAME["city"]),
    )
    data = load(write(tmp_path, frame, ".parquet"))
    found = {v.name: (v.type, v.categories) for v in data.variables}
    assert found["truth"] == ("yes/no", (False, True))
    assert found["size"] == ("ordinal", ("low", "mid", "high"))
    assert found["place"] == ("category", ("Köln", "Oslo", "Rome, old"))
    frame["when"] = pandas.Timestamp("2026-01-01") + pandas.to_timedelta(range(ROWS), "D")
    path = write(tmp_path, frame, ".parquet")
    assert "leave it out with data.drop=[when]" in refused(path)
    assert len(load(path, "data.drop=[when]").variables) == 4


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_missing_cells_of_every_type_are_not_observed(tmp_path, suffix, caplog):
    caplog.set_level(logging.INFO)
    holes = numpy.random.default_rng(1).random(FRAME.shape) < 0.2
    holes[:, 1] = False
    frame = FRAME.mask(holes)
    path = write(tmp_path, frame, suffix)
    assert {v.name: v.type for v in load(path, OWN).variables} == TYPES
    assert f"{holes.sum()} cells are missing, in 8 columns: income (" in caplog.text
    run = build(compose("data=table", f"data.path='{path}'", OWN, "decoder=mixed", *SHORT))
    x = torch.cat([run.data.batch(split, slice(None)) for split in SPLITS])
    assert x.isnan().sum() == holes.sum()
    row = run.data.batch("train", slice(0, 30))
    loss, _ = run.vae(row)
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad.isfinite().all() for p in run.vae.parameters() if p.grad is not None)
    # the density of what is observed is the sum over it
    p_x = run.vae.decoder(torch.zeros(2))
    complete = torch.where(row.isnan(), 1.0, row)
    each = p_x.base_dist.log_prob(complete)
    expected = torch.where(row.isnan(), 0.0, each).sum(-1)
    torch.testing.assert_close(p_x.log_prob(row), expected)


def test_label_split_and_id_are_no_part_of_x(tmp_path):
    split = ["train"] * 80 + ["val"] * 20 + ["test"] * 20
    frame = FRAME.assign(part=split, name=[f"row {i}" for i in range(ROWS)])
    path = write(tmp_path, frame)
    words = [OWN, "data.split=part", "data.id=name", "data.label=city"]
    data = load(path, *words)
    assert [data.size(s) for s in SPLITS] == [80, 20, 20]
    assert data.ids["test"] == [f"row {i}" for i in range(100, 120)]
    assert data.shape == (8,) and data.class_names == ("Köln", "Oslo", "Rome, old")
    cities = [data.class_names[y] for y in data.labels["validation"].tolist()]
    assert cities == FRAME["city"][80:100].tolist()
    numpy.testing.assert_allclose(
        data.batch("test", slice(None))[:, 0], FRAME["income"][100:], rtol=1e-6
    )
    assert "expected split to be train, validation or test" in refused(path, OWN, "data.split=city")


def test_test_data_of_their_own(tmp_path, file):
    (tmp_path / "more").mkdir()
    more = write(tmp_path / "more", FRAME[:30][FRAME.columns[::-1]])
    data = load(file, OWN, f"data.test_path='{more}'", "data.test_size=null")
    assert [data.size(s) for s in SPLITS] == [108, 12, 30]
    numpy.testing.assert_allclose(
        data.batch("test", slice(None))[:, 0], FRAME["income"][:30], rtol=1e-6
    )
    write(tmp_path / "more", FRAME[:30].drop(columns="visits"))
    assert "got no visits" in refused(file, f"data.test_path='{more}'", "data.test_size=null")


REFUSED = {
    "an empty row": (lambda f: f.mask(f.index.to_series() == 5), [OWN], "rows of NaN alone"),
    "many categories": (
        lambda f: pandas.concat([f] * 10).assign(name=[f"n{i}" for i in range(10 * ROWS)]),
        [OWN],
        "data.drop=[name]",
    ),
    "no such column to drop": (None, ["data.drop=[nope]"], "data.drop"),
    "no such label": (None, ["data.label=nope"], "data.label"),
    "no such type": (None, ["data.types={income: number}"], "expected one of continuous, positive"),
    "a type of nothing": (None, ["data.types={nope: count}"], "got nope"),
    "an order unknown": (None, ["data.types={grade: ordinal}"], "grade: [high, low, mid]"),
    "an order too short": (None, ["data.types={grade: [low, mid]}"], "such as high in row"),
    "not positive": (None, ["data.types={change: positive}"], "in column change, which is pos"),
    "no counts": (None, ["data.types={change: count}"], "whole numbers from 0"),
    "no numbers": (None, ["data.types={city: continuous}"], "such as"),
    "not two": (None, ["data.types={stars: yes/no}"], "two values"),
    "all alike": (lambda f: f[["flag"]] * 0, [], "two values or more"),
    "another separator": (lambda f: f.rename(columns={"flag": "a;b"})[["a;b"]], [], "separates"),
    "a word among numbers": (
        lambda f: f.assign(income=f["income"].astype(object).where(f.index != 9, "?")),
        [OWN],
        "in income, got 119 and 1 that is none: ? in row 9, counted from 0; an empty cell is",
    ),
    "a word among few numbers": (
        lambda f: f.assign(flag=f["flag"].astype(object).where(f.index > 1, "?")),
        [OWN],
        "in flag, got 118 and 2 that are none: ? in row 0",
    ),
    "thousands": (
        lambda f: f.assign(income=f["income"].map("{:,.0f}".format)),
        [OWN],
        "in income with ',' before three digits each, such as",
    ),
    "decimal commas": (
        lambda f: f.assign(change=f["change"].map("{:.2f}".format).str.replace(".", ",")),
        [OWN],
        "got 120 in change with ',', such as",
    ),
    "no separator": (None, ["data.separator=';;'"], "data.separator: expected one character"),
    "tabs": (None, [r"data.separator='\t'"], "a file with tabs is called .tsv"),
    "no decimal": (None, ["data.decimal=x"], "data.decimal: expected one character"),
    "both alike": (None, ["data.decimal=','"], "expected another character than data.separator"),
    "no encoding": (None, ["data.encoding=ansi1"], "data.encoding: expected one that Python knows"),
    "beyond float32": (lambda f: f.assign(change=1e39 * f["change"]), [OWN], "3.4e38"),
    "no test data": (None, [OWN, "data.test_size=null"], "data.test_size"),
    "few": (lambda f: f[:3], [], "data.test_size"),
}


TEXTS = {
    "cells without a name": ("a,b\n1,2,9\n3,4,5\n", "as its first row has names, 2, got more"),
    "a line before the names": ("# made\na,b\n1,2\n3,4\n", "as its first row has names, 1"),
    "a name twice": ("a,b,a\n1,2,3\n4,5,6\n", "columns of different names, got a twice"),
}


@pytest.mark.bad_input
@pytest.mark.parametrize("name", TEXTS)
def test_rows_that_do_not_fit_their_names_are_refused(tmp_path, name):
    text, said = TEXTS[name]
    (tmp_path / "x.csv").write_text(text)
    assert said in refused(tmp_path / "x.csv")


CELLS = {
    "lists": [[0.5]] * ROWS,
    "dates": [datetime.date(2026, 1, 1 + i % 9) for i in range(ROWS)],
    "texts of numbers": [str(i) for i in range(ROWS)],
}


@pytest.mark.bad_input
@pytest.mark.parametrize("name", CELLS)
def test_what_parquet_may_have_besides_numbers_and_words_is_refused(tmp_path, name):
    path = write(tmp_path, FRAME.assign(odd=CELLS[name]), ".parquet")
    assert re.search("expected numbers.* in odd", refused(path, OWN))
    assert load(path, OWN, "data.drop=[odd]").shape == (9,)


def test_a_separator_at_the_end_of_rows_shifts_nothing(tmp_path, file):
    head, *rows = file.read_text().splitlines()
    more = tmp_path / "more.csv"
    more.write_text("\n".join([head, "", *(f"{row}," for row in rows)]))
    one, other = load(file, OWN), load(more, OWN)
    assert torch.equal(one.values["train"], other.values["train"])


def test_a_first_row_of_numbers_is_told_of(tmp_path, caplog):
    numpy.savetxt(tmp_path / "x.csv", random.normal(size=(9, 2)), delimiter=",")
    load(tmp_path / "x.csv")
    assert "the first row has numbers, " in caplog.text
    caplog.clear()
    (tmp_path / "x.csv").write_text("a,b,,0.5\n" + "u,1,2,3\nv,3,4,5\n" * 9)
    load(tmp_path / "x.csv")
    assert "the first row has numbers, a, b, , 0.5, and is taken for the names" in caplog.text
    caplog.clear()
    (tmp_path / "x.csv").write_text("v1.2,b 2\n" + "1,2\n3,4\n" * 9)
    load(tmp_path / "x.csv")
    assert "the first row" not in caplog.text


def test_exact_decimal_numbers_are_numbers(tmp_path):
    exact = FRAME["income"].map("{:.2f}".format).map(Decimal)
    path = write(tmp_path, FRAME.assign(income=exact), ".parquet")
    assert load(path, OWN).variables[0].type == "positive"
    data = load(path, OWN, "data.covariates=[income]")
    assert data.columns[0].categories == ()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_names_of_rows_are_what_the_file_has(tmp_path, suffix):
    names = {
        "zeros": [f"{i:05d}" for i in range(ROWS)],
        "long": pandas.array([9007199254741001 + i for i in range(ROWS)], dtype="Int64"),
        "times": pandas.date_range("2026-01-01", periods=ROWS),
    }
    frame = FRAME.assign(**names)
    frame.loc[3, "long"] = pandas.NA
    path = write(tmp_path, frame, suffix)
    drop = "data.drop=[zeros,long,times]"
    for name, said in {
        "zeros": names["zeros"],
        "long": [str(i) for i in names["long"][:3]] + [""] + [str(i) for i in names["long"][4:]],
        "times": [str(time)[: 10 if suffix == ".csv" else None] for time in names["times"]],
    }.items():
        data = load(path, OWN, drop, f"data.id={name}")
        found = {i for part in SPLITS for i in data.ids[part]}
        assert found == set(said)


def test_a_row_is_called_by_its_number_in_its_file(tmp_path, file):
    data = load(file, OWN)
    for split in SPLITS:
        incomes = FRAME["income"][data.numbers[split].tolist()]
        numpy.testing.assert_allclose(data.batch(split, slice(None))[:, 0], incomes, rtol=1e-6)
    data = load(file, OWN, f"data.test_path='{file}'", "data.test_size=null")
    assert data.numbers["test"].tolist() == [*range(ROWS)]
    assert "the first in row 5, counted from 0" in refused(
        write(tmp_path, FRAME.mask(FRAME.index.to_series() == 5)), OWN
    )


def test_what_is_not_known_is_none():
    whole, named = Variable("n", "count", whole=True), Variable("c", "yes/no", ("no", "yes"))
    x = torch.tensor([[math.nan, 1.0], [3.0, math.nan], [math.inf, 0.0]])
    assert decode_table(x, [whole, named]) == {"n": [None, 3, None], "c": ["yes", None, "no"]}


def test_numbers_with_a_zero_before_them_are_words(tmp_path):
    path = write(tmp_path, FRAME.assign(zip=["007", "010", "112"] * 40))
    data = load(path, OWN, "data.label=zip")
    assert data.class_names == ("007", "010", "112")
    types = "data.types={zip: category, grade: [low, mid, high], stars: ordinal}"
    assert load(path, types).variables[-1].categories == ("007", "010", "112")
    assert load(path, OWN).variables[-1].type == "count"


def test_a_column_that_is_one_of_words_in_the_test_data_is_so_in_both(tmp_path, file):
    (tmp_path / "more").mkdir()
    mixed = FRAME["stars"].astype(object).where(FRAME.index != 7, "many")
    more = write(tmp_path / "more", FRAME.assign(stars=mixed))
    words = [f"data.test_path='{more}'", "data.test_size=null"]
    order = "data.types={grade: [low, mid, high], stars: category}"
    data = load(file, order, *words)
    assert data.variables[-1].categories == ("1", "2", "3", "4", "5", "many")
    assert "got 239 and 1 that is none: many in row 127" in refused(file, *words)


@pytest.mark.bad_input
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_such_table_is_refused_in_one_line(tmp_path, name):
    change, words, said = REFUSED[name]
    assert said in refused(write(tmp_path, change(FRAME) if change else FRAME), *words)


def test_numbers_with_a_word_are_a_category_if_they_are_said_to_be(file):
    change = FRAME["visits"].astype(str).where(FRAME.index != 9, "9+")
    data = load(write(file.parent, FRAME.assign(visits=change)), OWN[:-1] + ", visits: category}")
    (visits,) = [v for v in data.variables if v.name == "visits"]
    assert visits.type == "category" and "9+" in visits.categories


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_a_table_is_read_in_its_own_form(tmp_path, file, suffix):
    path = tmp_path / f"german{suffix}"
    form = {"sep": "\t" if suffix == ".tsv" else ";", "decimal": ",", "encoding": "cp1252"}
    FRAME.to_csv(path, index=False, **form)
    words = [OWN, "data.separator=';'", "data.decimal=','"]
    assert "expected letters in utf-8, got others" in refused(path, *words)
    found, usual = load(path, *words, "data.encoding=cp1252"), load(file, OWN)
    assert found.variables == usual.variables
    assert all(torch.equal(found.values[split], usual.values[split]) for split in SPLITS)
    if suffix == ".csv":
        assert "\"data.separator=';'\"" in refused(path, OWN, "data.encoding=cp1252")
    words = [OWN, "data.separator=';'", "data.encoding=cp1252"]
    assert "\"data.decimal=','\" reads them" in refused(path, *words)
    FRAME.to_csv(path, index=False, **{**form, "decimal": "."})
    assert "\"data.decimal='.'\" reads" in refused(path, *words, "data.decimal=','")


def test_draws_have_as_many_decimals_as_the_table(file):
    rounded = FRAME.assign(income=FRAME["income"].round(2), change=FRAME["change"].round(3))
    variables = load(write(file.parent, rounded), OWN).variables
    assert [v.decimals for v in variables[:3]] == [2, 3, 0]
    x = encode_table(rounded, variables, "x") + 1e-5
    x[0, :2] = torch.tensor([1e-9, 1e-9])
    back = decode_table(x, variables)
    assert back["income"][0] == 0.01 and back["change"][0] == 0
    assert back["change"][1:] == pytest.approx(rounded["change"][1:], abs=1e-12)
    assert all(value == round(value, 2) for value in back["income"])
    assert [v.decimals for v in load(write(file.parent, FRAME), OWN).variables[:2]] == [None, None]


@pytest.mark.bad_input
def test_a_file_that_is_none_and_no_pandas_are_refused(tmp_path, monkeypatch):
    assert "expected a .csv" in refused(tmp_path / "x.txt")
    assert "expected a file that reads" in refused(tmp_path / "x.csv")
    (tmp_path / "x.parquet").write_text("a,b")
    assert "expected a file that reads" in refused(tmp_path / "x.parquet")
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    assert "pip install 'vae_exp[table]'" in refused(tmp_path / "x.csv")


def test_a_column_of_one_value_is_left_out_and_one_that_counts_rows_is_named(tmp_path, caplog):
    frame = FRAME.assign(constant=3, number=range(ROWS))
    data = load(write(tmp_path, frame), OWN)
    assert "constant" not in [v.name for v in data.variables]
    assert "1 columns have one value or none, and are left out: constant" in caplog.text
    assert "data.drop=[number]" in caplog.text


def test_words_of_which_nearly_each_row_has_its_own_are_named(tmp_path, caplog):
    exact = FRAME["income"].map("{:.2f}".format).map(Decimal)
    days = [f"2026-{1 + i % 12}-{1 + i // 12}" for i in range(ROWS)]
    load(write(tmp_path, FRAME.assign(day=days, income=exact), ".parquet"), OWN)
    assert [m for m in caplog.messages if "too many to learn" in m] == [
        "data.path: column day has 120 values in 120 rows, too many to learn of each; "
        "data.drop=[day] leaves it out, or make numbers of it in the file, of dates too"
    ]


@pytest.mark.parametrize("word", ["validation", "val"])
def test_a_column_of_splits_is_named(tmp_path, caplog, word):
    path = write(tmp_path, FRAME.assign(part=["Train"] * 80 + [word] * 20 + ["test"] * 20))
    load(path, OWN)
    (said,) = [message for message in caplog.messages if "column part" in message]
    assert f"column part has Train, {word}, test, and is taken as a part of x" in said
    assert said.endswith("data.split=part has the rows split by it")
    caplog.clear()
    load(path, OWN, "data.split=part")
    assert "column part" not in caplog.text


def test_a_likelihood_of_reals_takes_a_table_of_numbers_alone(cli, file):
    words = ["data=table", f"data.path={file}", *SHORT]
    result = cli(*words)
    assert result.exit_code == 2 and "expected decoder=mixed" in result.err
    drop = "data.drop=[visits,city,smoker,flag,grade,stars]"
    result = cli(*words, drop)
    assert result.exit_code == 0, result.err
    drawn = vae_exp.load(result.folder).sample(500)[:, 0]
    assert abs(drawn.mean() - 5e4) < 1e4


def test_a_run_from_the_command_line_to_a_table_of_samples(cli, tmp_path):
    file = write(tmp_path, FRAME, ".parquet")
    result = cli("data=table", f"data.path={file}", "decoder=mixed", OWN, *SHORT)
    assert result.exit_code == 0, result.err
    assert result.summary["likelihood"] == "density"
    # on the data of another file, which lacks a category, the numbers mean what they did
    other = tmp_path / "other.parquet"
    FRAME[FRAME["city"] != "Köln"].assign(extra=1).to_parquet(other)
    same = cli(str(result.folder), f"data.path={other}", module="evaluate")
    assert same.exit_code == 0, same.err
    file.unlink()
    other.unlink()
    vae = vae_exp.load(result.folder)
    z = vae.encode(FRAME)
    assert torch.equal(z, vae.encode(encode_table(FRAME, vae.observe.variables, "x")))
    with pytest.raises(ValueError, match="x: expected"):
        vae.encode(FRAME.assign(city="Paris"))
    with pytest.raises(ValueError, match="x: expected"):
        vae.encode(numpy.full((2, 9), 0.5))
    holes = FRAME[::-2].mask(numpy.random.default_rng(2).random((ROWS // 2, 9)) < 0.2)
    path = write(tmp_path, holes)
    imputed = vae.impute(holes, samples=8)
    assert imputed.mean.isfinite().all()
    assert torch.equal(imputed.mean[:, 4:], imputed.mean[:, 4:].round())  # places
    complete = vae.observe.complete(holes, imputed.mean)
    assert complete.notna().all(axis=None)
    assert complete.mask(holes.isna()).equals(holes)
    assert vae.score(holes, samples=8)["log_likelihood"].isfinite().all()
    made = cli(str(result.folder), str(path), "--draws=2", "--samples=8", module="impute")
    assert (
        made.exit_code == 0 and f"imputed_draws.csv: {holes.isna().sum().sum()} values" in made.out
    )
    once, twice = (pandas.read_csv(result.folder / f"imputed{n}.csv") for n in ("", "_draws"))
    assert not once.isna().any(axis=None) and once.columns.tolist() == FRAME.columns.tolist()
    assert twice["draw"].tolist() == [0] * 60 + [1] * 60 and not twice.isna().any(axis=None)
    frame = vae.observe.frame(vae.sample(5))
    assert frame.columns.tolist() == FRAME.columns.tolist() and set(frame["city"]) <= set(
        FRAME["city"]
    )
    assert cli(str(result.folder), str(write(tmp_path, FRAME)), module="score").exit_code == 0
    usual = pandas.read_csv(result.folder / "scores.csv")
    german = tmp_path / "german.csv"
    FRAME.to_csv(german, sep=";", decimal=",", index=False)
    form = ["data.separator=';'", "data.decimal=','"]
    assert cli(str(result.folder), str(german), *form, module="score").exit_code == 0
    assert pandas.read_csv(result.folder / "scores.csv").equals(usual)
    assert "observed" not in pandas.read_csv(result.folder / "scores.csv")
    empty = write(tmp_path, holes.assign(fraud=[None, *[0, 1] * 29, 1]))
    scored = cli(str(result.folder), str(empty), "--samples=8", module="score")
    scores = pandas.read_csv(result.folder / "scores.csv")
    observed = holes.notna().sum(axis=1)
    assert scores["observed"].tolist() == observed.tolist()
    assert f"{observed.min()} to {observed.max()} components of a datum are obs" in scored.out
    flagged = cli(str(result.folder), str(empty), "--outliers=fraud", module="score")
    assert flagged.exit_code == 2
    assert "each row of fraud, got 1 empty, the first in row 0, counted from 0" in flagged.err
    link = tmp_path / "link.csv"
    link.symlink_to(empty)
    os.link(empty, tmp_path / "hard.csv")
    for out in (empty, link, tmp_path / "hard.csv", empty.with_suffix(".npz")):
        over = cli(str(result.folder), str(empty), f"--out={out}", module="impute")
        assert over.exit_code == 2 and over.err.count("\n") == 1
        assert "--out: expected another file than what is read" in over.err
    file = write(tmp_path, FRAME, ".parquet")
    more = {"customer": range(ROWS), "income": FRAME["income"].round(2) + 1e7}
    cells = FRAME.mask(FRAME == "Oslo").assign(**more)
    cells.to_parquet(file)
    words = [f"data.path={file}", "data.id=customer"]
    done = cli(str(result.folder), *words, "--split=test", "--draws=1", module="impute")
    assert done.exit_code == 0, done.err
    done = pandas.read_csv(result.folder / "imputed.csv").set_index("customer")
    before = cells.set_index("customer").loc[done.index]
    assert list(done.columns) == list(before.columns) and not done.isna().any(axis=None)
    for name in FRAME.columns.drop(["city", "change"]):
        assert done[name].tolist() == before[name].tolist()
    numpy.testing.assert_allclose(done["change"], before["change"], rtol=1e-15)
    own = cli(str(result.folder), f"data.path={file}", f"--out={file}", module="score")
    assert own.exit_code == 2 and "than what is read" in own.err
    drawn = cli(str(result.folder), "--count=200", module="sample")
    assert drawn.exit_code == 0, drawn.err
    for table in (
        pandas.read_csv(result.folder / "samples" / "samples.csv"),
        pandas.read_parquet(result.folder / "samples" / "samples.parquet"),
    ):
        assert table.columns.tolist() == FRAME.columns.tolist()
        assert (table.dtypes == pandas.read_csv(write(tmp_path, FRAME)).dtypes).all()
        assert set(table["city"]) <= set(FRAME["city"]) and set(table["stars"]) <= {1, 2, 3, 4, 5}
        assert (table["income"] > 0).all() and (table["visits"] >= 0).all()


def test_the_state_of_columns_comes_back_and_a_stranger_s_is_checked(file):
    datum = load(file, OWN).observation
    state = datum.state()
    assert Observation.from_state(datum.shape, state) == datum
    column = state["variables"][0]
    for wrong in (
        {"variables": state["variables"][:-1]},
        {"variables": (1, 2)},
        {"variables": ({**column, "evil": 1},) * 9},
        {"variables": ({**column, "type": "positive", "scale": -1.0},) * 9},
        {"variables": ({**column, "name": 5},) * 9},
        {"variables": ({**column, "decimals": 99},) * 9},
        {"variables": ({**column, "decimals": "2"},) * 9},
    ):
        with pytest.raises(ValueError, match=r"observation|column") as error:
            Observation.from_state(datum.shape, {**state, **wrong})
        assert not re.search("\n", str(error.value))


def test_covariates_are_no_part_of_x_and_condition_a_model(tmp_path, cli):
    path = write(tmp_path, FRAME.assign(row=[f"row {i}" for i in range(ROWS)]))
    words = [OWN, "data.covariates=[city,change]"]
    data = load(path, *words, "data.id=row")
    assert data.shape == (7,)
    assert [(c.name, len(c.categories)) for c in data.columns] == [("city", 3), ("change", 0)]
    data.condition_on("covariates")
    _, c = data.at("test", slice(None))
    own = FRAME.iloc[[int(name.split()[1]) for name in data.ids["test"]]]
    names = data.columns[0].categories
    assert [names[int(i)] for i in c[:, 0]] == own["city"].tolist()
    numpy.testing.assert_allclose(c[:, 1], own["change"], rtol=1e-6)
    missing = FRAME.assign(city=FRAME["city"].where(FRAME.index > 2))
    assert "data.covariates: expected a value of city in each row, got 3 missing" in refused(
        write(tmp_path, missing), OWN, "data.covariates=[city]"
    )
    small = ["z_dim=2", "network.hidden=[8]", "trainer.max_steps=2", "plots.names=[]"]
    choice = ["data=table", f"data.path={write(tmp_path, FRAME)}", "decoder=mixed", *words]
    run = cli(*choice, "condition=columns", "evaluation.importance_samples=2", *small)
    assert run.exit_code == 0, run.err
    vae = vae_exp.load(run.folder)
    assert vae.sample(4, c={"city": "Oslo", "change": 0.5}).shape == (4, 7)
