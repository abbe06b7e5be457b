"""Data sets: splits, binarisation, and what is random about them."""

import gzip
import struct
from pathlib import Path

import numpy
import pytest
import torch
from torch.distributions import constraints

import vae_exp.data
from vae_exp.config import compose
from vae_exp.data import SPLITS
from vae_exp.data.digits import Digits
from vae_exp.data.mnist import MNIST
from vae_exp.instantiate import instantiate


def digits(binarize="none", seed=0, support=constraints.real):
    data = Digits(validation_size=180, test_size=360, binarize=binarize, seed=seed)
    data.settle(support)
    return data


def everything(data, split):
    return data.batch(split, slice(None))


def test_digits_are_the_1797_images_split_without_overlap():
    data = digits()
    parts = {split: everything(data, split) for split in SPLITS}
    assert {split: len(x) for split, x in parts.items()} == {
        "train": 1257,
        "validation": 180,
        "test": 360,
    }
    assert data.shape == (1, 8, 8)
    values = torch.cat(list(parts.values()))
    assert values.min() == 0
    assert values.max() == 1
    assert len(values.unique()) == 17
    # the same rows as in the file, each once
    with gzip.open(Path(vae_exp.data.__file__).with_name("digits.csv.gz"), "rt") as file:
        rows = numpy.loadtxt(file, delimiter=",")[:, :-1] / 16
    ours = sorted(map(tuple, values.flatten(1).double().tolist()))
    assert ours == sorted(map(tuple, rows.tolist()))


def test_splits_depend_on_the_datas_own_seed_alone():
    torch.manual_seed(1)
    first = everything(digits(), "test")
    torch.manual_seed(2)
    assert torch.equal(first, everything(digits(), "test"))
    assert not torch.equal(first, everything(digits(seed=1), "test"))


@pytest.mark.parametrize("binarize", ["static", "dynamic", "threshold"])
def test_binarised_data_are_bits(binarize):
    data = digits(binarize)
    for split in SPLITS:
        assert set(everything(data, split).unique().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize(("binarize", "redraws"), [("static", False), ("dynamic", True)])
def test_only_dynamic_training_data_are_drawn_anew(binarize, redraws):
    data = digits(binarize)
    first, second = everything(data, "train"), everything(data, "train")
    assert torch.equal(first, second) is not redraws
    for split in ("validation", "test"):
        assert torch.equal(everything(data, split), everything(data, split))
        assert torch.equal(everything(data, split), everything(digits(binarize), split))


@pytest.mark.parametrize("binarize", ["static", "dynamic"])
def test_bits_have_the_grey_level_as_their_mean(binarize):
    grey, bits = everything(digits(), "train"), everything(digits(binarize), "train")
    error = (bits - grey).sum(0) / (grey * (1 - grey)).sum(0).sqrt().clamp(min=1e-9)
    assert error[(grey * (1 - grey)).sum(0) > 10].abs().max() < 5  # standard errors


def test_threshold_is_one_half():
    grey, bits = everything(digits(), "test"), everything(digits("threshold"), "test")
    assert torch.equal(bits, (grey > 0.5).float())


def test_auto_follows_the_likelihoods_support():
    assert digits("auto", support=constraints.boolean).binarize == "dynamic"
    assert digits("auto", support=constraints.real).binarize == "none"


def write_idx(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(header + array.astype(numpy.uint8).tobytes())


@pytest.fixture
def idx_root(tmp_path):
    """A folder like a downloaded MNIST, with 50 + 10 images of noise."""
    random = numpy.random.default_rng(0)
    for name in ("MNIST", "FashionMNIST"):
        raw = tmp_path / name / "raw"
        for part, size in (("train", 50), ("t10k", 10)):
            write_idx(raw / f"{part}-images-idx3-ubyte", random.integers(0, 256, (size, 28, 28)))
            write_idx(raw / f"{part}-labels-idx1-ubyte", random.integers(0, 10, (size,)))
    return tmp_path


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_files_in_torchvisions_layout_are_read(name, idx_root):
    cfg = compose(f"data={name}", f"data.root={idx_root}", "data.validation_size=5")
    data = instantiate(cfg.data)
    assert data.shape == (1, 28, 28)
    assert [data.size(split) for split in SPLITS] == [45, 5, 10]
    x = everything(data, "test")
    assert x.dtype == torch.float32
    assert 0 <= x.min() < 0.01
    assert 0.99 < x.max() <= 1


def test_a_broken_file_is_named(idx_root):
    (idx_root / "MNIST" / "raw" / "train-images-idx3-ubyte").write_bytes(b"rubbish")
    with pytest.raises(ValueError, match=r"data\.root: .*MNIST"):
        MNIST(str(idx_root), 5, "none", 0)
