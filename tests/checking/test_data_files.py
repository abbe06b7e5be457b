"""Data sets that read files pass the checks of data sets, on small files in their own formats."""

import numpy
import pytest
import scipy.io

from tests.checking.test_options import DATA
from tests.conftest import options
from tests.data.image_files import write_all
from tests.data.test_torchvision_images import LIKE_MNIST, write_idx
from vae_exp.checking.find import find
from vae_exp.checking.verdict import verdicts

# of pinned sums, which no small files have: tests/data/test_torchvision_images.py reads theirs
PINNED = ("cifar10", "svhn")
TRAIN, TEST = 60, 20


def noise(*shape):
    return numpy.random.default_rng(0).integers(0, 256, shape)


def idx(raw, train, test):
    for part, size in ((train, TRAIN), (test, TEST)):
        images = noise(TRAIN + TEST, 28, 28)
        rows = images[:TRAIN] if size == TRAIN else images[TRAIN:]
        write_idx(raw / f"{part}-images-idx3-ubyte", rows)
        write_idx(raw / f"{part}-labels-idx1-ubyte", noise(size) % 10)


def like_mnist(name):
    return lambda folder: idx(folder / LIKE_MNIST[name] / "raw", "train", "t10k")


def emnist(folder):
    idx(folder / "EMNIST" / "raw", "emnist-balanced-train", "emnist-balanced-test")


def omniglot(folder):
    columns = noise(28 * 28, TRAIN + TEST) / 255
    kinds = numpy.eye(50)[:, noise(TRAIN + TEST) % 50]
    content = {"data": columns[:, :TRAIN], "testdata": columns[:, TRAIN:]}
    content |= {"target": kinds[:, :TRAIN], "testtarget": kinds[:, TRAIN:]}
    scipy.io.savemat(folder / "chardata.mat", content)


def celeba(folder):
    names = [f"{number:06}.jpg" for number in range(1, 13)]
    write_all(folder / "celeba" / "img_align_celeba", *names, height=218, width=178)
    parts = "\n".join(f"{name} {number // 5}" for number, name in enumerate(names))
    (folder / "celeba" / "list_eval_partition.txt").write_text(f"{parts}\n")


def pictures(folder):
    write_all(folder, *(f"{number}.png" for number in range(60)))


def array(folder):
    numpy.save(folder / "own.npy", noise(60, 5) / 255)


def table(folder):
    rows = "\n".join(f"{a},{b / 7:.3f},{'xyz'[c % 3]}" for a, b, c in noise(60, 3))
    (folder / "own.csv").write_text(f"first,second,third\n{rows}\n")


HELD = ["data.validation_size=10", "data.test_size=10"]
SETS = {
    **{name: (like_mnist(name), ["data.root=.", HELD[0]]) for name in LIKE_MNIST},
    "emnist": (emnist, ["data.root=.", "data.split=balanced", HELD[0]]),
    "omniglot": (omniglot, ["data.root=.", HELD[0]]),
    "celeba": (celeba, ["data.root=.", "data.cache=cache", "data.size=8"]),
    "folder": (pictures, ["data.path=.", "data.cache=cache", *HELD]),
    "array": (array, ["data.path=own.npy", *HELD]),
    "table": (table, ["data.path=own.csv", *HELD]),
}


def test_every_data_set_is_checked_somewhere():
    assert sorted([*DATA, *SETS, *PINNED]) == options("data")


@pytest.mark.long
@pytest.mark.parametrize("name", SETS)
def test_a_data_set_of_files_passes(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write, words = SETS[name]
    write(tmp_path)
    found = find([f"data={name}", *words])
    each = list(verdicts(found.checks, found.subject))
    assert {one.verdict for one in each} <= {"ok", "skipped"}, each
    assert "ok" in {one.verdict for one in each}
