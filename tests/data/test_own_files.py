"""A user's own files as they come: other types, names, axes and sizes than the program's."""

import numpy
import pytest
import torch
from torch.distributions import constraints

from vae_exp.configuration.compose import compose
from vae_exp.data import SPLITS
from vae_exp.data.images import Images
from vae_exp.experiment import build_data

random = numpy.random.default_rng(0)
GREYS = random.integers(0, 256, (40, 8, 9))
COLOURS = random.integers(0, 256, (40, 8, 9, 3), dtype=numpy.uint8)


def load(path, *overrides):
    return build_data(compose("data=array", f"data.path='{path}'", *overrides).data)


def npy(folder, array):
    numpy.save(folder / "a.npy", array)
    return folder / "a.npy"


def rows(data):
    """All rows of all splits, in an order of their own."""
    return sorted(tuple(x.flatten().tolist()) for s in SPLITS for x in data.batch(s, slice(None)))


def expected_rows(array):
    return sorted(map(tuple, torch.as_tensor(array).float().flatten(1).tolist()))


@pytest.mark.parametrize("dtype", ["int64", "float32", "float64", "uint8", "uint16", "float16"])
@pytest.mark.parametrize("layout", ["grey", "colour"])
def test_grey_levels_of_any_type_are_images(dtype, layout, tmp_path):
    levels = GREYS if layout == "grey" else COLOURS.transpose(0, 3, 1, 2)
    data = load(npy(tmp_path, levels.astype(dtype)))
    assert isinstance(data, Images)
    assert data.values["train"].dtype == torch.uint8
    assert data.shape == (1, 8, 9) if layout == "grey" else (3, 8, 9)
    assert rows(data) == expected_rows(levels / 255)


@pytest.mark.parametrize("mapped", [False, True])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("kind", ["auto", "images"])
def test_floats_that_are_all_levels_are_images(dtype, kind, mapped, tmp_path, monkeypatch):
    monkeypatch.setattr("vae_exp.data.mapped_rows.LARGE", 0 if mapped else 2**30)
    data = load(npy(tmp_path, (GREYS / 255).astype(dtype)), f"data.kind={kind}")
    assert isinstance(data, Images)
    assert rows(data) == expected_rows(GREYS / 255)


def test_levels_other_than_255_are_those_of_the_key(tmp_path):
    digits = random.integers(0, 17, (40, 8, 8))
    for content in (digits, digits / 16):
        data = load(npy(tmp_path, content), "data.levels=16")
        assert isinstance(data, Images)
        assert rows(data) == expected_rows(digits / 16)


NO_IMAGES = {
    "any numbers in the unit interval": (random.random((40, 8, 8)), "unit"),
    "one of them no level": (numpy.where(GREYS[3, 2, 1] == GREYS, 100.5, GREYS) / 255, "unit"),
    "above 255": (GREYS + 1, "counts"),
    "small counts": (random.poisson(4, (40, 8, 8)), "counts"),
    "negative": (GREYS - 1, "real"),
    "a table": (random.integers(0, 256, (40, 7)), "counts"),
    "a table of levels": (random.integers(0, 256, (40, 7)) / 255, "unit"),
}


@pytest.mark.parametrize("name", NO_IMAGES)
def test_what_may_be_something_else_is_no_image(name, tmp_path, caplog):
    caplog.set_level("INFO")
    content, kind = NO_IMAGES[name]
    load(npy(tmp_path, content))
    assert f"the data are taken as {kind}" in caplog.text


def test_counts_that_may_be_grey_levels_are_told_of(tmp_path, caplog):
    caplog.set_level("INFO")
    load(npy(tmp_path, random.integers(0, 17, (40, 8, 8))))
    assert "data.kind=images data.levels=16" in caplog.text
    flat = random.integers(0, 256, (40, 784))
    data = load(npy(tmp_path, flat))
    advice = caplog.text.rpartition("if they are grey levels, ")[2].split()
    assert advice == ["data.kind=images", "data.shape=[1,28,28]"]
    data = load(npy(tmp_path, flat), *advice)
    assert isinstance(data, Images)
    assert data.shape == (1, 28, 28)


@pytest.mark.parametrize("dtype", ["uint8", "float32", "int64", "unit"])
def test_channels_that_come_last_are_refused_or_moved(dtype, tmp_path):
    content = COLOURS / 300 if dtype == "unit" else COLOURS.astype(dtype)
    file = npy(tmp_path, content)
    with pytest.raises(ValueError, match=r"data\.layout: .*set data\.layout=channels_last, which"):
        load(file)
    with pytest.raises(ValueError, match=r"data\.shape: .*scramble.*data\.layout=channels_last"):
        load(file, "data.shape=[3,8,9]")
    data = load(file, "data.layout=channels_last")
    assert data.shape == (3, 8, 9)
    unit = content if dtype == "unit" else COLOURS / 255
    assert rows(data) == expected_rows(numpy.moveaxis(unit, -1, 1).copy())
    assert data.values["train"].is_contiguous()
    assert load(file, "data.layout=channels_first").shape == (8, 9, 3)


def test_channels_are_moved_in_files_that_are_not_copied(tmp_path, monkeypatch):
    monkeypatch.setattr("vae_exp.data.mapped_rows.LARGE", 0)
    data = load(npy(tmp_path, COLOURS), "data.layout=channels_last")
    assert rows(data) == expected_rows(numpy.moveaxis(COLOURS / 255, -1, 1).copy())


def test_flat_rows_with_the_channels_last_are_shaped_then_moved(tmp_path):
    file = npy(tmp_path, COLOURS.reshape(40, -1))
    data = load(file, "data.shape=[8,9,3]", "data.layout=channels_last")
    assert rows(data) == expected_rows(numpy.moveaxis(COLOURS / 255, -1, 1).copy())


RESHAPES = {  # of rows (4, 6)
    "[24]": True,
    "[2,2,6]": True,
    "[4,2,3]": True,
    "[1,4,6]": True,
    "[4,6,1]": True,
    "[4,1,6]": True,
    "[6,4]": False,
    "[3,8]": False,
    "[2,12]": False,
    "[1,6,4]": False,
}


@pytest.mark.parametrize("shape", RESHAPES)
def test_axes_are_split_and_joined_but_never_mixed(shape, tmp_path):
    file = npy(tmp_path, random.normal(size=(20, 4, 6)))
    if RESHAPES[shape]:
        assert list(load(file, f"data.shape={shape}").shape) == eval(shape)
    else:
        with pytest.raises(ValueError, match=r"data\.shape: expected a shape that splits or joins"):
            load(file, f"data.shape={shape}")


def test_greys_train_a_convolutional_network(cli, tmp_path):
    short = ["network=conv", "network.channels=[4]", "trainer.max_steps=2", "plots.names=[]"]
    short += ["evaluation.importance_samples=2", "evaluation.probe=false"]
    file = npy(tmp_path, GREYS / 255)
    assert cli("data=array", f"data.path={file}", *short).exit_code == 0
    file = npy(tmp_path, random.random((40, 8, 9)))
    refused = cli("data=array", f"data.path={file}", *short)
    assert refused.exit_code == 2
    assert "or for grey images of your own data.shape=[1,8,9]" in refused.err
    assert cli("data=array", f"data.path={file}", *short, "data.shape=[1,8,9]").exit_code == 0


BAD = {
    "infinite in a table": (
        numpy.inf,
        (3, 2),
        (40, 5),
        r"1 that are not, .* inf, in row 3, column 2",
    ),
    "infinite": (-numpy.inf, (31, 0), (40, 5), r"1 that are not, .* -inf, in row 31, column 0"),
    "in a picture": (numpy.inf, (7, 1, 2, 0), (40, 2, 3, 3), r"in row 7, at \[1, 2, 0\]"),
    "too large": (1e39, (3, 2), (40, 5), r"up to 3\.4e38, .* 1 beyond .* 1e\+39, in row 3, column"),
}


@pytest.mark.parametrize("split_in_chunks", [False, True])
@pytest.mark.parametrize("name", BAD)
def test_numbers_that_cannot_be_are_found_in_the_file(name, split_in_chunks, tmp_path, monkeypatch):
    monkeypatch.setattr("vae_exp.data.numbers.TOGETHER", 4 if split_in_chunks else 10_000)
    value, place, shape, message = BAD[name]
    content = random.normal(size=shape)
    content[place] = value
    with pytest.raises(ValueError, match=rf"^data\.path: expected .*{message}.* of a\.npy"):
        load(npy(tmp_path, content))
    content[place[0] + 1] = value
    count = 1 + content[0].size
    with pytest.raises(ValueError, match=rf" got {count} .* in row {place[0]},"):
        load(npy(tmp_path, content))


def test_a_bad_number_in_the_test_data_names_that_file(tmp_path):
    x = random.normal(size=(40, 3))
    numpy.savez(tmp_path / "a.npz", x_train=x, x_test=numpy.where(x == x[8, 1], numpy.inf, x))
    with pytest.raises(ValueError, match=r"row 8, column 1 of x_test in a\.npz"):
        load(tmp_path / "a.npz")
    numpy.save(tmp_path / "b.npy", numpy.full((9, 3), numpy.inf))
    with pytest.raises(ValueError, match=r"^data\.test_path: .* 27 that are not"):
        load(npy(tmp_path, x), f"data.test_path='{tmp_path}/b.npy'", "data.test_size=null")


@pytest.mark.parametrize("shape", [(0, 12), (1, 12), (3, 12), (5, 12), (12, 0), (0,)])
def test_a_file_without_enough_rows_is_told_so(shape, tmp_path):
    with pytest.raises(ValueError, match=r"data\.path: expected 6 rows or more, two each for"):
        load(npy(tmp_path, numpy.zeros(shape)))


def test_six_rows_are_enough(tmp_path):
    data = load(npy(tmp_path, random.normal(size=(6, 12))))
    assert [data.size(split) for split in SPLITS] == [2, 2, 2]
    with pytest.raises(ValueError, match=r"data\.validation_size: expected four data or more"):
        load(npy(tmp_path, random.normal(size=(6, 12))), "data.test_size=3")


NAMES = ["x y", "X Y", "features targets", "data target", "images labels", "Features Labels"]


@pytest.mark.parametrize("suffix", ["npz", "pt"])
@pytest.mark.parametrize("names", NAMES)
def test_other_names_of_rows_and_labels_are_understood(names, suffix, tmp_path):
    arrays = dict(zip(names.split(), (random.normal(size=(40, 3)), numpy.arange(40) % 4)))
    file = tmp_path / f"a.{suffix}"
    if suffix == "npz":
        numpy.savez(file, **arrays)
    else:
        torch.save({name: torch.from_numpy(array) for name, array in arrays.items()}, file)
    data = load(file)
    assert rows(data) == expected_rows(arrays[names.split()[0]])
    assert sorted(torch.cat(list(data.labels.values())).tolist()) == sorted(
        arrays[names.split()[1]]
    )


@pytest.mark.parametrize("pattern", ["{part}_{split}", "{split}_{part}"])
@pytest.mark.parametrize("validation", ["val", "valid", "validation", None])
@pytest.mark.parametrize("train, test_name", [("train", "test"), ("training", "testing")])
def test_splits_of_the_file_are_kept(pattern, validation, train, test_name, tmp_path, caplog):
    caplog.set_level("INFO")
    sizes = {train: 30, test_name: 7} | ({validation: 5} if validation else {})
    arrays = {}
    for split, size in sizes.items():
        arrays[pattern.format(part="x", split=split)] = random.normal(size=(size, 3))
        arrays[pattern.format(part="y", split=split)] = numpy.arange(size)
    numpy.savez(tmp_path / "a.npz", **arrays)
    data = load(tmp_path / "a.npz", "data.validation_size=4")
    assert [data.size(s) for s in SPLITS] == ([30, 5, 7] if validation else [26, 4, 7])
    test = arrays[pattern.format(part="x", split=test_name)]
    assert torch.equal(data.batch("test", slice(None)), torch.from_numpy(test).float())
    assert data.labels["test"].tolist() == list(range(7))
    assert "(data.test_size is not used)" in caplog.text


AMBIGUOUS = {
    "two names for one": (dict(x=1, features=1), "expected one of x and features"),
    "a test part alone": (dict(x_test=1, y_test=1), "expected arrays called x"),
    "labels without rows": (dict(x_train=1, y_test=1), "expected arrays called x"),
    "labels in one part": (dict(x_train=1, y_train=1, x_test=1), "shape .* with labels, as in"),
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_names_that_leave_a_doubt_are_refused(name, tmp_path):
    names, message = AMBIGUOUS[name]
    numpy.savez(
        tmp_path / "a.npz",
        **{n: numpy.zeros(20, int) if n[0] == "y" else numpy.zeros((20, 3)) for n in names},
    )
    with pytest.raises(ValueError, match=message):
        load(tmp_path / "a.npz")


@pytest.mark.parametrize("kind", ["U", "S", "list"])
def test_labels_by_name_become_the_same_classes_in_all_parts(kind, tmp_path):
    x, names = random.normal(size=(30, 2)), numpy.array(["horse", "cat", "dog"] * 10)
    x[:, 0] = numpy.arange(30) % 3  # which of them it is
    test = numpy.array(["dog", "ant"] * 3)
    if kind == "list":
        file = tmp_path / "a.pt"
        torch.save({"x": torch.from_numpy(x), "y": names.tolist()}, file)
        assert {y for s in SPLITS for y in load(file).labels[s].tolist()} == {0, 1, 2}
        return
    numpy.savez(
        tmp_path / "a.npz",
        x_train=x,
        y_train=names.astype(kind),
        x_test=x[:6],
        y_test=test.astype(kind),
    )
    data = load(tmp_path / "a.npz")
    of = {"ant": 0, "cat": 1, "dog": 2, "horse": 3}
    assert data.labels["test"].tolist() == [of[name] for name in test]
    for split in ("train", "validation"):
        which = data.batch(split, slice(None))[:, 0].long().tolist()
        assert data.labels[split].tolist() == [of[names[number]] for number in which]


@pytest.mark.parametrize("labels", [numpy.arange(30.0) % 3, (numpy.arange(30) % 3)[:, None]])
def test_labels_as_floats_or_as_a_column_are_classes(labels, tmp_path):
    numpy.savez(tmp_path / "a.npz", x=random.normal(size=(30, 2)), y=labels)
    assert set(load(tmp_path / "a.npz").labels["train"].tolist()) <= {0, 1, 2}


WILD = numpy.array([50_000, 0.02, 35, 0]) + random.normal(size=(60, 4)) * [9000, 0.005, 12, 1]


def test_columns_far_from_where_training_begins_are_named_before_it(tmp_path, caplog):
    data = load(npy(tmp_path, WILD), "data.standardize=false")
    data.setup(constraints.real)
    (warning,) = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert "3 of 4 columns are far from" in warning
    assert all(f"{column} (" in warning for column in (0, 1, 2))
    assert "data.standardize=auto" in warning


@pytest.mark.parametrize("case", ["standardised", "unit", "poisson", "constant"])
def test_other_data_are_not_warned_of(case, tmp_path, caplog):
    content = {
        "standardised": (WILD - WILD.mean(0)) / WILD.std(0),
        "unit": random.random((60, 4)) / 1000,
        "poisson": random.poisson(10_000, (60, 4)),
        "constant": random.normal(size=(60, 4)) * [0, 1, 1, 1],
    }
    load(npy(tmp_path, content[case])).setup(
        constraints.nonnegative_integer if case == "poisson" else constraints.real
    )
    assert not [r for r in caplog.records if r.levelname == "WARNING"]


def test_whole_numbers_under_a_likelihood_of_real_ones_are_warned_of_too(tmp_path, caplog):
    load(npy(tmp_path, WILD.round().clip(0))).setup(constraints.real)
    assert "columns are far from" in caplog.text
