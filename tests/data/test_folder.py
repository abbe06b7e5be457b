"""A folder of image files: which are taken, their classes and splits, and what is amiss."""

import os

import numpy
import pytest
import torch
from PIL import Image
from torch.distributions import constraints

from tests.data.image_files import levels, write, write_all
from vae_exp.configuration.compose import compose
from vae_exp.data import SPLITS
from vae_exp.data.images import Images
from vae_exp.data.mapped_rows import MappedRows
from vae_exp.experiment import build_data

SIZE = {"height": 12, "width": 12}
NAMES = [f"{kind}/{i}.png" for kind in ("cats", "dogs") for i in range(10)]


@pytest.fixture
def load(tmp_path):
    """The data set of a folder, kept beside it."""

    def load(*overrides, path=tmp_path / "images"):
        words = [f"data.path='{path}'", f"data.cache='{tmp_path}/cache'", "data.size=12"]
        return build_data(compose("data=folder", *words, *overrides).data)

    return load


@pytest.fixture
def images(tmp_path):
    """A folder of twenty in two classes."""
    write_all(tmp_path / "images", *NAMES, **SIZE)
    return tmp_path / "images"


def by_name(data):
    """Every image as it is given out, by the name of its file."""
    return {name: x for s in SPLITS for name, x in zip(data.ids[s], data.batch(s, slice(None)))}


def sizes(data):
    return [data.size(split) for split in SPLITS]


@pytest.mark.parametrize("mapped", [False, True])
def test_every_image_is_given_out_under_its_name(mapped, load, images, monkeypatch):
    monkeypatch.setattr("vae_exp.data.mapped_rows.LARGE", 0 if mapped else 2**30)
    data = load()
    assert isinstance(data, Images)
    assert isinstance(data.values["train"], MappedRows) is mapped
    assert (data.shape, sizes(data)) == ((3, 12, 12), [16, 2, 2])
    found = by_name(data)
    assert list(map(len, data.ids.values())) == [16, 2, 2]
    for number, name in enumerate(NAMES):
        expected = torch.from_numpy(levels(number, **SIZE)).movedim(-1, 0) / 255
        assert torch.equal(found[name], expected)
    some = torch.tensor([3, 1, 7])
    picked = [found[data.ids["train"][i]] for i in some]
    assert torch.equal(data.batch("train", some), torch.stack(picked))


def test_subfolders_are_classes(load, images):
    write(images / "dogs" / "puppies" / "1.png", 99, **SIZE)
    data = load()
    assert data.class_names == ["cats", "dogs"]
    for split in SPLITS:
        expected = [int(name.startswith("dogs")) for name in data.ids[split]]
        assert data.labels[split].tolist() == expected


def test_images_beside_the_classes_are_one_and_a_single_class_is_none(load, tmp_path, images):
    write(images / "a.png", 99, **SIZE)
    assert load().class_names == [".", "cats", "dogs"]
    write_all(tmp_path / "flat", *(f"{i}.png" for i in range(6)))
    write_all(tmp_path / "one", *(f"only/{i}.png" for i in range(6)))
    for folder in ("flat", "one"):
        data = load(path=tmp_path / folder)
        assert (data.labels, data.class_names) == (None, [])


@pytest.mark.parametrize("mapped", [False, True])
def test_they_are_binarised_and_dequantised(mapped, load, images, monkeypatch):
    monkeypatch.setattr("vae_exp.data.mapped_rows.LARGE", 0 if mapped else 2**30)
    data = load()
    data.setup(constraints.boolean)
    assert data.batch("train", slice(None)).unique().tolist() == [0, 1]
    assert data.batch("test", slice(None)).unique().tolist() == [0, 1]
    data = load("data.dequantize=true")
    data.setup(constraints.real)
    x = data.batch("train", slice(None))
    k = torch.stack([torch.from_numpy(levels(NAMES.index(n), **SIZE)) for n in data.ids["train"]])
    assert torch.equal((x * 256).floor(), k.movedim(-1, 1).float())


def test_channels_are_grey_where_all_images_are(load, tmp_path):
    write_all(tmp_path / "images", *(f"{i}.png" for i in range(6)), **SIZE, channels=1)
    data = load()
    assert data.shape == (1, 12, 12)
    for name, x in by_name(data).items():
        grey = torch.from_numpy(levels(int(name[0]), **SIZE, channels=1))
        assert torch.equal(x, grey[None] / 255)
    assert load("data.channels=rgb").shape == (3, 12, 12)
    write(tmp_path / "images" / "9.png", 9, **SIZE)
    assert load().shape == (3, 12, 12)
    assert load("data.channels=grey").shape == (1, 12, 12)


@pytest.mark.parametrize("validation", ["val", "Valid", "validation", None])
@pytest.mark.parametrize("train, test_name", [("train", "test"), ("training", "testing")])
def test_folders_of_splits_are_the_splits(validation, train, test_name, load, tmp_path, caplog):
    caplog.set_level("INFO")
    counts = {train: 12, test_name: 3} | ({validation: 4} if validation else {})
    for split, count in counts.items():
        names = [f"{split}/{'ab'[i % 2]}/{i}.png" for i in range(count)]
        write_all(tmp_path / "images", *names)
    write(tmp_path / "images" / "extra" / "1.png", 0)
    data = load("data.validation_size=0.25")
    assert sizes(data) == ([12, 4, 3] if validation else [9, 3, 3])
    assert all(name.startswith(f"{test_name}/") for name in data.ids["test"])
    assert data.class_names == ["a", "b"]
    assert data.labels["test"].tolist() == [0, 0, 1]  # 0, 2 are in a
    assert "1 images beside the folders" in caplog.text
    assert "(data.test_size is not used)" in caplog.text


def test_a_split_without_classes_leaves_no_labels(load, tmp_path):
    names = [f"train/{'ab'[i % 2]}/{i}.png" for i in range(8)]
    write_all(tmp_path / "images", *names, "test/1.png", "test/2.png")
    assert load().labels is None


def test_the_split_is_that_of_its_seed(load, images):
    assert load().ids == load().ids != load("data.seed=1").ids


BROKEN = {
    "empty.jpg": b"",
    "rubbish.png": b"rubbish",
    "\x1b[31m.png": b"rubbish",
}


def test_broken_files_are_named_and_left_out(load, images, caplog):
    for name, content in BROKEN.items():
        (images / name).write_bytes(content)
    good = (images / NAMES[0]).read_bytes()
    (images / "dogs" / "half.png").write_bytes(good[: len(good) // 2])
    (images / "nowhere.png").symlink_to("nowhere")
    (images / "self.png").symlink_to("self.png")
    os.mkfifo(images / "pipe.png")
    for _ in range(2):  # decoded, and found decoded
        caplog.clear()
        data = load()
        assert sum(sizes(data)) == 20
        (warning,) = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
        assert "7 of 27 images cannot be read" in warning
        assert "nowhere.png (No such file" in warning
        assert warning.isprintable()
    named = (images.parent / "cache").glob("*.json").__next__().read_text()
    assert all(name in named for name in ("empty.jpg", "half.png", "pipe.png"))


def test_a_decompression_bomb_is_a_broken_file(load, images, caplog, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 200)
    write(images / "bomb.png", 0, height=21, width=20)
    write(images / "warned.png", 0, height=15, width=20)
    assert sum(sizes(load())) == 21
    assert "1 of 22 images cannot be read" in caplog.text
    assert "bomb.png (Image size (420 pixels)" in caplog.text


def test_links_are_followed_but_never_around(load, images, tmp_path):
    write_all(tmp_path / "elsewhere", "1.png", "deep/2.png")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "elsewhere")
    (images / "birds").symlink_to(tmp_path / "elsewhere")
    (images / "again").symlink_to(images / "cats")
    (images / "up").symlink_to(tmp_path)
    (images / "dogs" / "linked.png").symlink_to(tmp_path / "elsewhere" / "1.png")
    data = load()
    more = {"birds/1.png", "birds/deep/2.png", "dogs/linked.png"}
    assert set(by_name(data)) == {*NAMES, *more}


def test_a_folder_is_decoded_once_however_it_is_spelt(load, images, tmp_path, caplog):
    caplog.set_level("INFO")
    (tmp_path / "link").symlink_to(tmp_path / "images")
    spellings = (tmp_path / "images", tmp_path / "images" / ".." / "images", tmp_path / "link")
    given = [load(path=path).batch("train", slice(0, 4)) for path in spellings]
    assert all(torch.equal(x, given[0]) for x in given)
    (line,) = [r.getMessage() for r in caplog.records if "decoding" in r.getMessage()]
    assert "the largest square in the middle (data.fit=crop)" in line


def test_what_is_no_image_or_hidden_is_not_looked_at(load, images, caplog):
    caplog.set_level("INFO")
    for name in ("notes.txt", "Thumbs.db", ".hidden.png", "photo.heic", "other.heic"):
        (images / name).write_bytes(b"x")
    write(images / ".thumbnails" / "1.png", 0)
    (images / "UPPER.PNG").write_bytes((images / NAMES[0]).read_bytes())
    assert sum(sizes(load())) == 21
    assert "of other kinds are not looked at: 2 .heic, 1 .db, 1 .txt" in caplog.text


def path(kind):
    return rf"^data\.path: expected {kind}"


REFUSED = {
    "no path": (["data.path=null"], path("the path of a folder of images, got null")),
    "nothing there": (["data.path=nowhere"], path("a folder of images, got .*not there")),
    "a file": (["data.path='{file}'"], path("a folder .* a file .data=array takes")),
    "an empty folder": (["data.path='{empty}'"], path(r"images .* got none$")),
    "no image": (["data.path='{notes}'"], path(r"images .* got other files alone: 1 \.txt")),
    "broken images alone": (["data.path='{broken}'"], path(r"images .* got 1 that cannot be read")),
    "too few": (["data.path='{few}'"], path("6 images or more, two each for train and .* got 3")),
    "two folders of a split": (["data.path='{two}'"], path("one of the folders val and valid")),
    "no training data": (["data.path='{test}'"], path("a folder train beside test, got none")),
    "one test image": (["data.path='{one}'"], path("2 images or more, .* for test, .*test, got 1")),
    "other levels": (["data.levels=16"], r"data\.levels: expected 255"),
    "no pixels": (["data.size=0"], r"data\.size: expected .* from 1 to 1024"),
    "a word": (["data.size=big"], r"data\.size: expected int, got 'big'"),
    "another fit": (["data.fit=pad"], r"data\.fit: expected one of crop, stretch"),
    "other channels": (["data.channels=4"], r"data\.channels: expected one of auto, grey, rgb"),
    "too many held out": (["data.test_size=19"], r"data\.test_size: expected a number from 2 to"),
    "a file for a cache": (["data.cache='{file}'"], r"data\.cache: expected a folder to keep"),
    "under a file": (["data.cache='{file}/a'"], r"data\.cache: expected a folder to keep"),
}


@pytest.mark.bad_input
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_amiss_is_told_in_one_line(name, load, images, tmp_path):
    overrides, message = REFUSED[name]
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("a")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "a.png").write_bytes(b"a")
    write_all(tmp_path / "few", *(f"{i}.png" for i in range(3)))
    write_all(tmp_path / "two", "train/1.png", "val/1.png", "valid/1.png")
    write_all(tmp_path / "test", "test/1.png", "cats/1.png")
    write_all(tmp_path / "one", *(f"train/{i}.png" for i in range(6)), "test/1.png")
    places = {p.name: p for p in tmp_path.iterdir()} | {"file": images / NAMES[0]}
    with pytest.raises(ValueError, match=message) as refusal:
        load(*(word.format(**places) for word in overrides))
    assert "\n" not in str(refusal.value)


def test_a_run_trains_evaluates_and_resumes(cli, images, tmp_path, monkeypatch):
    monkeypatch.setattr("vae_exp.data.mapped_rows.LARGE", 0)
    (images / "broken.png").write_bytes(b"a")
    short = ["network=conv", "network.channels=[4]", "trainer.epochs=1", "plots.names=[]"]
    short += ["evaluation.importance_samples=2", "data.size=16", "z_dim=2"]
    run = cli("data=folder", "data.path=images", "data.cache=cache", *short)
    assert run.exit_code == 0, run.err
    assert "1 of 21 images cannot be read" in run.out
    assert "test/knn_accuracy" in run.summary
    cache = sorted((tmp_path / "cache").iterdir())
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    # the user's own word is needed for what is read, and for where is written
    refused = cli(str(run.folder), module="evaluate")
    assert (refused.exit_code, "add data.path=" in refused.err) == (2, True)
    refused = cli(str(run.folder), f"data.path={images}", module="evaluate")
    assert (refused.exit_code, "add data.cache=" in refused.err) == (2, True)
    named = [f"data.path={images}", f"data.cache={tmp_path}/cache"]
    again = cli(str(run.folder), *named, module="evaluate")
    assert (again.exit_code, "written to" in again.out) == (0, True), again.err
    resumed = cli(f"resume={run.folder}", "trainer.epochs=2", f"hydra.run.dir={run.folder}")
    assert resumed.exit_code == 0, resumed.err
    assert sorted((tmp_path / "cache").iterdir()) == cache  # decoded once


def test_a_cache_may_be_elsewhere_when_a_run_is_resumed(cli, images, tmp_path):
    short = ["network=linear", "z_dim=2", "trainer.epochs=1", "plots.names=[]"]
    short += ["evaluation.importance_samples=2", "evaluation.probe=false"]
    run = cli("data=folder", "data.path=images", "data.cache=cache", "data.size=4", *short)
    assert run.exit_code == 0, run.err
    words = [f"resume={run.folder}", "trainer.epochs=2", f"hydra.run.dir={run.folder}"]
    resumed = cli(*words, f"data.cache={tmp_path}/other")
    assert resumed.exit_code == 0, resumed.err
    assert numpy.load(next((tmp_path / "other").glob("*.npy"))).shape == (20, 3, 4, 4)


def test_a_conditional_model_reads_classes_from_subfolders_and_says_so(
    cli, images, tmp_path, monkeypatch
):
    monkeypatch.setenv("HOME", str(tmp_path))  # in which other folders' images are kept decoded
    cache = f"data.cache={tmp_path}/cache"
    short = ["network=linear", "z_dim=2", "trainer.epochs=1", "plots.names=[]", "data.size=4"]
    short += ["evaluation.importance_samples=2", "evaluation.probe=false", "condition=labels"]
    run = cli("data=folder", "data.path=images", cache, *short)
    assert run.exit_code == 0, run.err
    write_all(tmp_path / "new", "1.png", "2.png")
    write_all(tmp_path / "told", "cats/1.png", "dogs/2.png")
    write_all(tmp_path / "birds", "cats/1.png", "birds/2.png")

    def scored(*words):
        made = cli(str(run.folder), *words, module="score")
        assert made.exit_code == 0, made.err
        lines = (run.folder / "scores.csv").read_text().splitlines()[1:]
        return [line.split(",")[:2] for line in lines]

    of_cats = scored("new", "--condition", "cats")
    assert [name for name, _ in of_cats] == ["1.png", "2.png"]
    assert scored("told")[0] == ["cats/1.png", of_cats[0][1]]
    assert scored("new/1.png", "--condition", "cats") == of_cats[:1]
    both = cli(str(run.folder), "new", "--condition", "cats,dogs", module="score")
    assert both.exit_code == 2
    assert both.err.endswith("got cats,dogs; several are --condition cats dogs\n")
    classes, told = "--condition: expected a class of cats, dogs", "--condition says it"
    for path, got in {
        "new": "got none; the class of a picture is the subfolder of new that it lies in",
        "birds": "got birds; the class of a picture is the subfolder of birds that",
        "new/1.png": "got none; of a picture",
    }.items():
        for module in ("score", "encode"):
            refused = cli(str(run.folder), path, module=module)
            assert refused.exit_code == 2 and refused.err.count("\n") == 1
            assert all(words in refused.err for words in (classes, got, told)), refused.err


def test_a_condition_without_subfolders_is_refused_in_words_of_folders(cli, tmp_path):
    write_all(tmp_path / "flat", *(f"{i}.png" for i in range(6)))
    words = ["data=folder", "data.path=flat", f"data.cache={tmp_path}/cache", "condition=labels"]
    refused = cli(*words)
    assert refused.exit_code == 2
    assert "got data without; the subfolders of data.path are the classes, where" in refused.err
