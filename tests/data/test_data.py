"""Data of any kind: splits, binarisation, dequantisation, and what is random about them."""

import gzip
import math
from pathlib import Path

import numpy
import pytest
import torch
from torch.distributions import constraints

import vae_exp.data
from tests.conftest import options
from vae_exp.condition import UNKNOWN
from vae_exp.configuration.compose import compose
from vae_exp.data import SPLITS, Data
from vae_exp.data.digits import Digits
from vae_exp.data.images import Images
from vae_exp.experiment import build_data


def digits(binarize="none", seed=0, support=constraints.real, dequantize=False):
    data = Digits(180, 360, levels=16, binarize=binarize, dequantize=dequantize, seed=seed)
    data.setup(support)
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


def test_a_seed_means_these_splits_and_bits():
    """The recipe written out, so that no change of the code changes the numbers of a seed."""
    with gzip.open(Path(vae_exp.data.__file__).with_name("digits.csv.gz"), "rt") as file:
        rows = torch.from_numpy(numpy.loadtxt(file, delimiter=",", dtype=numpy.float32))
    rows = rows[:, :-1].reshape(-1, 1, 8, 8) / 16
    rest, test = (part := torch.randperm(1797, generator=seeded(3)))[360:], part[:360]
    train, validation = (part := rest[torch.randperm(1437, generator=seeded(3))])[180:], part[:180]
    grey = {"train": rows[train], "validation": rows[validation], "test": rows[test]}
    for split in SPLITS:
        assert torch.equal(everything(digits(seed=3), split), grey[split])

    generator, data = seeded(3), digits("static", seed=3)
    for split in SPLITS:
        bits = [x.bernoulli(generator=generator) for x in grey[split].split(1000)]
        assert torch.equal(everything(data, split), torch.cat(bits))

    generator, data = seeded(3), digits("dynamic", seed=3)
    for split in ("validation", "test"):
        bits = grey[split].bernoulli(generator=generator)
        assert torch.equal(everything(data, split), bits)
    torch.manual_seed(5)
    bits = everything(data, "train")
    torch.manual_seed(5)
    assert torch.equal(bits, grey["train"].bernoulli())


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def test_images_and_bits_take_a_byte_a_pixel():
    for binarize in ("none", "static", "dynamic", "threshold"):
        stored = digits(binarize).values
        assert sum(values.nbytes for values in stored.values()) == 1797 * 64


def test_dequantised_data_fill_the_bins_of_their_levels():
    levels = (16 * everything(digits(), "train")).round()
    x = everything(digits(dequantize=True), "train")
    assert x.min() > 0
    assert x.max() < 1
    assert torch.equal((x * 17).floor(), levels)
    u = (x.double() * 17 - levels).flatten()
    standard_error = (1 / 12 / len(u)) ** 0.5
    assert abs(u.mean() - 0.5) < 4 * standard_error
    assert abs(u.var() - 1 / 12) < 4 * (1 / 180 / len(u)) ** 0.5


def test_dequantised_training_data_alone_are_drawn_anew():
    data = digits(dequantize=True)
    assert not torch.equal(everything(data, "train"), everything(data, "train"))
    for split in ("validation", "test"):
        assert data.values[split].dtype == torch.float32
        assert torch.equal(everything(data, split), everything(data, split))
        torch.manual_seed(9)
        assert torch.equal(everything(data, split), everything(digits(dequantize=True), split))
        other = Images(digits().values, None, 16, "none", True, seed=1)
        other.setup(constraints.real)
        assert not torch.equal(everything(data, split), everything(other, split))


@pytest.mark.parametrize("u", [0.0, 1 - 2**-24])
def test_rounding_does_not_take_dequantised_data_out_of_the_open_interval(monkeypatch, u):
    monkeypatch.setattr(torch, "rand", lambda shape, **_: torch.full(shape, u))
    images = {split: torch.arange(256, dtype=torch.uint8).reshape(4, 1, 8, 8) for split in SPLITS}
    data = Images(images, None, 255, "none", True, 0)
    data.setup(constraints.real)
    for split in SPLITS:
        assert everything(data, split).min() > 0
        assert everything(data, split).max() < 1


def test_a_uniform_density_on_dequantised_data_is_a_uniform_mass_on_levels():
    """log p(x) − D log(L + 1) of the uniform density is that of all (L + 1)^D images alike."""
    x = everything(digits(dequantize=True), "test").flatten(1)
    p_x = torch.distributions.Uniform(torch.zeros(64), torch.ones(64), validate_args=False)
    bound = p_x.log_prob(x).sum(-1) - 64 * torch.tensor(17.0).log()
    assert torch.allclose(bound, torch.full_like(bound, -64 * torch.tensor(17.0).log().item()))


@pytest.mark.parametrize("binarize", ["static", "dynamic", "threshold"])
def test_bits_are_not_dequantised(binarize):
    with pytest.raises(ValueError, match=r"data\.dequantize: expected false .*got true; "):
        digits(binarize, dequantize=True)
    with pytest.raises(ValueError, match=r"data\.dequantize: .*decoder that is not of bits"):
        digits("auto", dequantize=True, support=constraints.boolean)


def test_levels_that_are_not_the_sets_own_are_refused():
    with pytest.raises(ValueError, match=r"data\.levels: expected 16, .*got 255"):
        build_data(compose("data.levels=255").data)
    images = {split: torch.full((3, 1, 2, 2), 7, dtype=torch.uint8) for split in SPLITS}
    with pytest.raises(ValueError, match=r"data\.levels: .*at least 7, got 6"):
        Images(images, None, 6, "none", False, 0)


KINDS = {
    "counts": torch.arange(40, dtype=torch.int32).reshape(5, 8),
    "real sequences": torch.linspace(-3, 3, 60).reshape(5, 4, 3),
    "doubles": torch.linspace(-3, 3, 60, dtype=torch.float64).reshape(5, 12),
    "one number": torch.arange(5.0).reshape(5, 1),
}


@pytest.mark.parametrize("kind", KINDS)
def test_other_kinds_are_given_out_as_they_are_in_floats(kind):
    values = KINDS[kind]
    data = Data(dict.fromkeys(SPLITS, values), None, 1, "auto", 0)
    data.setup(constraints.boolean)
    assert data.binarize == "none"
    assert data.shape == values.shape[1:]
    assert data.known_log_likelihood("test") is None
    index = torch.tensor([3, 0])
    for x in (data.batch("train", index), torch.cat(list(data.batches("train", 2)))[index]):
        assert x.dtype == torch.float32
        assert torch.equal(x, values[index].float())


@pytest.mark.parametrize("binarize", ["static", "dynamic", "threshold"])
def test_data_without_grey_levels_are_not_binarised(binarize):
    with pytest.raises(ValueError, match=f"data.binarize: expected none or auto, .*got {binarize}"):
        Data(dict.fromkeys(SPLITS, KINDS["counts"]), None, 1, binarize, 0)


META = torch.device("meta")  # whoever asks it for a number gets an error


@pytest.mark.parametrize("kind", ["none", "static", "dynamic", "threshold", "dequantize"])
@pytest.mark.parametrize("available", [1000, math.inf])
def test_batches_are_drawn_where_they_are_given_out(kind, available, monkeypatch):
    monkeypatch.setattr(vae_exp.data, "available_bytes", lambda device: available)
    data = digits("none", dequantize=True) if kind == "dequantize" else digits(kind)
    data.to(META)
    assert data.storage.type == ("cpu" if available == 1000 else "meta")
    for split in SPLITS:
        for index in (slice(0, 5), data.shuffled(split)[:5]):
            x = data.batch(split, index)
            assert (x.device, x.dtype, x.shape) == (META, torch.float32, (5, 1, 8, 8))


@pytest.mark.parametrize("option", options("data"))
def test_every_option_says_its_levels_if_it_can_be_dequantised(option):
    keys = compose(f"data={option}").data.keys()
    assert ("levels" in keys) == ("dequantize" in keys)
    assert {"binarize", "seed"} <= set(keys)


def labelled(count):
    data = digits()
    data.keep_labels(count)
    data.condition_on("labels")
    return data


def test_labels_are_kept_of_as_many_data_of_each_class_the_same_ones_always():
    data = labelled(23)
    c = data.conditions["train"]
    known = c != UNKNOWN
    assert known.sum() == 23
    assert torch.equal(c[known], data.labels["train"][known])
    assert sorted(c[known].bincount().tolist()) == [2] * 7 + [3] * 3
    assert torch.equal(c, labelled(23).conditions["train"])
    for split in ("validation", "test"):
        assert torch.equal(data.conditions[split], data.labels[split])
    assert data.classes == tuple(range(10))
    assert (labelled(1257).conditions["train"] != UNKNOWN).all()


def test_the_labelled_are_evenly_spread_over_an_epoch():
    data = labelled(20)
    order = data.shuffled("train")
    assert sorted(order.tolist()) == list(range(1257))
    known = data.conditions["train"][order] != UNKNOWN
    counts = [int(part.sum()) for part in known.split(63)]  # a twentieth, rounded up
    assert set(counts) == {1}
    assert not torch.equal(order, data.shuffled("train"))
    assert len(labelled(1257).shuffled("train")) == 1257


@pytest.mark.parametrize("count", [0, 9, 1258, 2.5, True])
def test_labels_of_no_such_number_are_refused(count):
    with pytest.raises(ValueError, match=r"data\.labelled: expected a number from 10"):
        digits().keep_labels(count)
