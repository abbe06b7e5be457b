"""Sets that torchvision reads, from small files in their own formats."""

import hashlib
import pickle
import struct
import zipfile

import numpy
import pytest
import scipy.io
import torch
from PIL import Image
from torchvision import datasets

from vae_exp.configuration.compose import compose
from vae_exp.data import SPLITS
from vae_exp.data.mnist import MNIST
from vae_exp.experiment import build_data

LIKE_MNIST = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST", "kmnist": "KMNIST"}
SETS = [*LIKE_MNIST, "emnist", "cifar10", "svhn", "omniglot"]


def load(name, root, *overrides):
    cfg = compose(f"data={name}", f"data.root={root}", "data.validation_size=5", *overrides)
    return build_data(cfg.data)


def write_idx(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(header + array.astype(numpy.uint8).tobytes())


def md5(path):
    return hashlib.md5(path.read_bytes()).hexdigest()


@pytest.fixture
def random():
    return numpy.random.default_rng(0)


@pytest.fixture
def idx_root(tmp_path, random):
    """A folder like a downloaded MNIST, with 50 + 10 images of noise."""
    for name in LIKE_MNIST.values():
        raw = tmp_path / name / "raw"
        for part, size in (("train", 50), ("t10k", 10)):
            write_idx(raw / f"{part}-images-idx3-ubyte", random.integers(0, 256, (size, 28, 28)))
            write_idx(raw / f"{part}-labels-idx1-ubyte", random.integers(0, 10, (size,)))
    return tmp_path


@pytest.mark.parametrize("name", LIKE_MNIST)
def test_files_in_torchvisions_layout_are_read(name, idx_root):
    data = load(name, idx_root)
    assert data.shape == (1, 28, 28)
    assert [data.size(split) for split in SPLITS] == [45, 5, 10]
    x = data.batch("test", slice(None))
    assert x.dtype == torch.float32
    assert 0 <= x.min() < 0.01
    assert 0.99 < x.max() <= 1
    assert data.values["test"].dtype == torch.uint8


def test_a_broken_file_is_named(idx_root):
    (idx_root / "MNIST" / "raw" / "train-images-idx3-ubyte").write_bytes(b"rubbish")
    with pytest.raises(ValueError, match=r"data\.root: .*MNIST"):
        MNIST(str(idx_root), 5, 255, "none", False, 0)


@pytest.mark.parametrize("name", SETS)
def test_levels_other_than_those_of_bytes_are_refused(name, tmp_path):
    with pytest.raises(ValueError, match=r"data\.levels: expected 255, .*got 16"):
        load(name, tmp_path, "data.levels=16")


@pytest.mark.parametrize("name", SETS)
def test_files_that_are_nowhere_are_told_in_one_line(name, tmp_path, monkeypatch):
    import urllib.request

    def refuse(*args, **kwargs):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    with pytest.raises(ValueError, match=r"data\.root: .* could not download") as refusal:
        load(name, tmp_path)
    assert "\n" not in str(refusal.value)
    assert "set data.root" in str(refusal.value)


@pytest.mark.parametrize("split", ["balanced", "letters"])
def test_emnist_is_turned_upright(split, tmp_path, random):
    upright = random.integers(0, 256, (60, 28, 28))
    labels = random.integers(0, 10, (60,))
    for part, rows in (("train", slice(50)), ("test", slice(50, 60))):
        name = tmp_path / "EMNIST" / "raw" / f"emnist-{split}-{part}"
        write_idx(name.with_name(f"{name.name}-images-idx3-ubyte"), upright[rows].swapaxes(1, 2))
        write_idx(name.with_name(f"{name.name}-labels-idx1-ubyte"), labels[rows])
    data = load("emnist", tmp_path, f"data.split={split}")
    assert data.shape == (1, 28, 28)
    assert [data.size(s) for s in SPLITS] == [45, 5, 10]
    assert torch.equal(data.values["test"].squeeze(1), torch.from_numpy(upright[50:]).byte())
    assert torch.equal(data.labels["test"], torch.from_numpy(labels[50:]))


def test_cifar10_has_its_channels_first(tmp_path, monkeypatch, random):
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    images = random.integers(0, 256, (60, 3, 32, 32), dtype=numpy.uint8)
    labels = random.integers(0, 10, 60).tolist()
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    for i, name in enumerate(names):
        rows = slice(10 * i, 10 * i + 10)
        batch = {"data": images[rows].reshape(10, -1), "labels": labels[rows]}
        (folder / name).write_bytes(pickle.dumps(batch))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": list("abcdefghij")}))
    sums = [(name, md5(folder / name)) for name in names]
    monkeypatch.setattr(datasets.CIFAR10, "train_list", sums[:5])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", sums[5:])
    meta = {**datasets.CIFAR10.meta, "md5": md5(folder / "batches.meta")}
    monkeypatch.setattr(datasets.CIFAR10, "meta", meta)

    data = load("cifar10", tmp_path)
    assert data.shape == (3, 32, 32)
    assert [data.size(split) for split in SPLITS] == [45, 5, 10]
    assert torch.equal(data.values["test"], torch.from_numpy(images[50:]))
    assert data.labels["test"].tolist() == labels[50:]


def test_svhn_has_its_channels_first_and_zeros_called_0(tmp_path, monkeypatch, random):
    images = random.integers(0, 256, (60, 3, 32, 32), dtype=numpy.uint8)
    labels = random.integers(1, 11, (60, 1), dtype=numpy.uint8)  # 10 is its word for 0
    parts = {}
    for part, rows in (("train", slice(50)), ("test", slice(50, 60))):
        file = tmp_path / f"{part}_32x32.mat"
        content = {"X": images[rows].transpose(2, 3, 1, 0), "y": labels[rows]}
        scipy.io.savemat(file, content)
        parts[part] = ["https://nowhere", file.name, md5(file)]
    monkeypatch.setattr(datasets.SVHN, "split_list", parts)

    data = load("svhn", tmp_path)
    assert data.shape == (3, 32, 32)
    assert [data.size(split) for split in SPLITS] == [45, 5, 10]
    assert torch.equal(data.values["test"], torch.from_numpy(images[50:]))
    assert data.labels["test"].tolist() == (labels[50:, 0] % 10).tolist()


def test_svhn_without_scipy_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("vae_exp.data.svhn.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"data: expected scipy, .* pip install scipy"):
        load("svhn", tmp_path)


@pytest.fixture
def omniglot_root(tmp_path, monkeypatch):
    """Two alphabets for background and one for evaluation, 10 drawings of 2 characters each."""
    folder, sums = tmp_path / "omniglot-py", {}
    for part, alphabets in (("images_background", "AB"), ("images_evaluation", "C")):
        for number, alphabet in enumerate(alphabets):
            for character in ("character01", "character02"):
                place = folder / part / alphabet / character
                place.mkdir(parents=True)
                for drawing in range(10):
                    paper = numpy.full((105, 105), 255, numpy.uint8)
                    paper[:15, : 30 * (number + 1 + 2 * (alphabet == "C"))] = 0  # ink is black
                    image = Image.fromarray(paper).convert("1")
                    image.save(place / f"{drawing:02}.png")
        with zipfile.ZipFile(folder / f"{part}.zip", "w"):
            pass
        sums[part] = md5(folder / f"{part}.zip")
    monkeypatch.setattr(datasets.Omniglot, "zips_md5", sums)
    return tmp_path


def test_omniglot_is_made_small_with_ink_as_1(omniglot_root):
    data = load("omniglot", omniglot_root, "data.test_size=10")
    assert data.shape == (1, 28, 28)
    assert [data.size(split) for split in SPLITS] == [45, 5, 10]
    for split in SPLITS:
        x = data.batch(split, slice(None))
        width = data.labels[split] + 1  # alphabets A, B, C have 1, 2, 3 of 30 × 15 pixels inked
        assert x[:, 0, 0, 0].unique().tolist() == [1]
        assert x[:, 0, -1, -1].unique().tolist() == [0]
        # averages over areas keep the share of ink, to the rounding of levels
        torch.testing.assert_close(
            x.mean((1, 2, 3)), width * 30 * 15 / 105**2, rtol=0, atol=1 / 255
        )


@pytest.fixture
def burdas_root(tmp_path, random):
    """A chardata.mat of 50 + 10 images: an image is a column, and lies on its side in it."""
    upright = random.random((60, 28, 28))
    columns = upright.swapaxes(1, 2).reshape(60, -1).T
    labels = random.integers(0, 50, 60)
    one_hot = numpy.eye(50)[:, labels]
    content = {
        "data": columns[:, :50],
        "target": one_hot[:, :50],
        "testdata": columns[:, 50:],
        "testtarget": one_hot[:, 50:],
    }
    scipy.io.savemat(tmp_path / "chardata.mat", content)
    return tmp_path, torch.from_numpy(upright), torch.from_numpy(labels)


def test_burdas_omniglot_is_preferred_and_keeps_its_split(burdas_root):
    root, upright, labels = burdas_root
    data = load("omniglot", root)
    assert [data.size(split) for split in SPLITS] == [45, 5, 10]
    x = data.batch("test", slice(None)).squeeze(1)
    torch.testing.assert_close(x, upright[50:].float(), rtol=0, atol=0.5 / 255 + 1e-6)
    assert torch.equal(data.labels["test"], labels[50:])
    held = sorted(torch.cat([data.labels["train"], data.labels["validation"]]).tolist())
    assert held == sorted(labels[:50].tolist())


def test_a_broken_chardata_is_named(tmp_path):
    (tmp_path / "chardata.mat").write_bytes(b"rubbish" * 100)
    with pytest.raises(ValueError, match=r"data\.root: expected the chardata\.mat"):
        load("omniglot", tmp_path)
    scipy.io.savemat(tmp_path / "chardata.mat", {"other": numpy.zeros(3)})
    with pytest.raises(ValueError, match=r"data\.root: expected the chardata\.mat"):
        load("omniglot", tmp_path)
