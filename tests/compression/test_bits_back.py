"""What was compressed comes back, every number of it, and takes the bits that the model says."""

import copy
import inspect

import numpy
import pytest
import torch

pytest.importorskip("constriction")

from tests.compression.models import KINDS, build
from tests.conftest import options
from vae_exp.compression.alphabet import alphabet
from vae_exp.compression.bits_back import BitsBack, groups
from vae_exp.compression.collect import promised_bits
from vae_exp.configuration.option_facts import option_class

LATENTS = {
    "gaussian": [],
    "laplace": ["encoder=laplace", "prior=laplace"],
    "gaussian, laplace": ["prior=laplace", "prior.loc=0.5", "prior.scale=2"],
    "bits": ["encoder=bernoulli", "prior=bernoulli"],
    "categories": ["encoder=categorical", "encoder.values=4", "prior=uniform_categorical"],
    "grid": ["encoder=fsq", "encoder.levels=[8,5,2]", "prior=uniform_levels"],
}


def draws(vae, count):
    torch.manual_seed(1)
    x = vae.sample(count)
    found = alphabet(vae.decoder.support, int(x.max()))
    return found, found.symbols(x)


def comes_back(vae, count):
    found, symbols = draws(vae, count)
    words = BitsBack(vae, found).encode(symbols)
    decoded = numpy.zeros_like(symbols)
    BitsBack(vae, found).decode(words, decoded)
    assert (decoded == symbols).all()
    assert torch.equal(found.x(decoded), found.x(symbols))
    return found, symbols, words


@pytest.mark.parametrize("decoder", KINDS)
def test_data_of_each_likelihood_come_back(decoder):
    comes_back(build(decoder), 20)


@pytest.mark.parametrize("latents", LATENTS)
def test_data_come_back_with_each_kind_of_latents(latents):
    comes_back(build("bernoulli", *LATENTS[latents]), 34)


def test_each_discrete_likelihood_is_tried():
    parts = {name: option_class("decoder", name) for name in options("decoder")}
    discrete = {
        name
        for name, part in parts.items()
        if "levels" in inspect.signature(part).parameters
        or getattr(getattr(part, "support", None), "is_discrete", False)
    }
    assert {*discrete, "mixed"} == set(KINDS)


@pytest.mark.parametrize(
    "latents", ["gaussian", pytest.param("categories", marks=pytest.mark.long)]
)
def test_the_rate_is_within_a_hundredth_of_the_elbo(latents):
    vae = build("categorical", *LATENTS[latents])
    found, symbols = draws(vae, 2000)  # a draw of z costs ± 7 bits a datum, ± 0.3 % of all
    words = BitsBack(vae, found).encode(symbols)
    promised = promised_bits(vae, found, symbols, 10**6)
    assert -0.01 < 32 * len(words) / promised - 1 < 0.01


def test_data_that_the_model_thinks_impossible_come_back():
    vae = copy.deepcopy(build("bernoulli"))
    for parameter in vae.decoder.parameters():
        parameter.data.mul_(1e4)
    found = alphabet(vae.decoder.support, 1)
    symbols = numpy.random.default_rng(0).integers(0, 2, (30, 1, 3, 4)).astype(numpy.uint8)
    words = BitsBack(vae, found).encode(symbols)
    decoded = numpy.zeros_like(symbols)
    BitsBack(vae, found).decode(words, decoded)
    assert (decoded == symbols).all()
    assert 32 * len(words) < 30 * (12 * 24 + 3 * 48)  # no number takes more than 24 bits


def test_another_model_is_noticed():
    vae = build("bernoulli")
    other = copy.deepcopy(vae)
    next(other.encoder.parameters()).data.mul_(1.01)
    found, symbols = draws(vae, 60)
    words = BitsBack(vae, found).encode(symbols)
    assert BitsBack(vae, found).fingerprint() == BitsBack(vae, found).fingerprint()
    assert BitsBack(other, found).fingerprint() != BitsBack(vae, found).fingerprint()
    with pytest.raises(ValueError, match=r"expected (an empty stack|more words)"):
        BitsBack(other, found).decode(words, numpy.zeros_like(symbols))


def test_groups_take_each_datum_once_and_grow():
    for count in (1, 5, 16, 17, 300, 2000):
        found = list(groups(count, 64))
        assert [place.start for place in found] == [0, *(place.stop for place in found[:-1])]
        assert found[-1].stop == count
        sizes = [place.stop - place.start for place in found]
        assert sizes[:16] == [1] * min(count, 16)
        assert max(sizes) <= 64
        assert all(size <= max(1, place.start / 16) for size, place in zip(sizes, found))


REFUSED = {
    "decoder: expected a probability of discrete data": ("gaussian", []),
    "decoder: expected a probability": ("beta", []),
    "encoder: expected independent dimensions": ("bernoulli", ["encoder=full_gaussian"]),
    "encoder: expected a Gaussian or a Laplace": ("bernoulli", ["encoder=student_t"]),
    "prior: expected independent dimensions": ("bernoulli", ["prior=mixture", "kl=monte_carlo"]),
    "decoder.offset: expected none": ("poisson", ["decoder.offset=library"]),
}


@pytest.mark.bad_input
@pytest.mark.parametrize("message", REFUSED)
def test_what_is_not_coded_is_refused_with_the_key(message):
    decoder, words = REFUSED[message]
    with pytest.raises(ValueError, match=f"^{message}") as refused:
        vae = build(decoder, *words)
        BitsBack(vae, alphabet(vae.decoder.support, 5))
    assert "\n" not in str(refused.value)


@pytest.mark.bad_input
def test_conditional_models_are_refused():
    vae = copy.deepcopy(build("bernoulli"))
    vae.condition.hides = True
    with pytest.raises(ValueError, match=r"^condition: expected none"):
        BitsBack(vae, alphabet(vae.decoder.support, 1))


@pytest.mark.bad_input
def test_counts_without_measure_are_refused():
    vae = build("poisson")
    with pytest.raises(ValueError, match=r"^data: expected counts below"):
        alphabet(vae.decoder.support, 10**6)


def test_rates_of_others_are_those_of_their_own_tools():
    import bz2
    import gzip
    import lzma

    from vae_exp.compression.baselines import baselines, plain_bytes

    rng = numpy.random.default_rng(0)
    levels = (rng.random((20, 1, 8, 8)) ** 4 * 255).astype(numpy.uint8)
    found = baselines(levels)
    plain = levels.tobytes()
    assert found["gzip"] == len(gzip.compress(plain, 9))
    assert found["bz2"] == len(bz2.compress(plain))
    assert found["lzma"] == len(lzma.compress(plain))
    assert plain_bytes(levels) == len(plain) < found["png"]
    assert found["png_mosaic"] < found["png"]
    bits = (levels > 99).astype(numpy.uint8)
    assert plain_bytes(bits) == len(plain) / 8
    assert baselines(bits)["gzip"] <= len(gzip.compress(numpy.packbits(bits).tobytes(), 9))
    assert "png" not in baselines(levels.reshape(20, 64))
    assert plain_bytes(levels.astype(numpy.uint16)) == 2 * len(plain)
