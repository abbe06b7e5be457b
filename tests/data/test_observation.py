"""Arrays that a user gives to a trained model, from Python."""

import numpy
import pytest
import torch

import vae_exp
from vae_exp.data.observation import Observation

random = numpy.random.default_rng(0)
LEVELS = random.integers(0, 17, (12, 1, 8, 8), dtype=numpy.uint8)
SHORT = ["network.hidden=[8]", "z_dim=3", "data.validation_size=10", "data.test_size=10"]


def model(*overrides):
    return vae_exp.build(vae_exp.compose(*SHORT, *overrides)).vae.eval()


@pytest.fixture(scope="module")
def vae():
    """One of 8×8 grey levels up to 16."""
    return model()


FORMS = {
    "uint8": LEVELS,
    "int64": LEVELS.astype("int64"),
    "uint16": LEVELS.astype("uint16"),
    "levels as floats": LEVELS.astype("float64"),
    "float64": LEVELS / 16,
    "float16": (LEVELS / 16).astype("float16"),
    "float32 of torch": torch.from_numpy(LEVELS) / 16,
    "uint8 of torch": torch.from_numpy(LEVELS),
    "uint16 of torch": torch.from_numpy(LEVELS).to(torch.uint16),
    "big-endian": (LEVELS / 16).astype(">f4"),
    "in another order": numpy.asfortranarray(LEVELS),
    "backwards": LEVELS[::-1].copy()[::-1],
    "lists": (LEVELS / 16).tolist(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_model_of_images_takes_their_levels_in_any_type(form, vae):
    x = torch.from_numpy(LEVELS) / 16  # as in training
    with torch.no_grad():
        expected = vae.encoder(x).mean, vae.decoder(vae.encoder(x).mean).mean
    torch.testing.assert_close(vae.encode(FORMS[form]), expected[0])
    torch.testing.assert_close(vae.reconstruct(FORMS[form]), expected[1])


def test_an_array_that_cannot_be_written_to_is_taken_and_stays(vae):
    array = LEVELS / 16
    array.setflags(write=False)
    vae.encode(array)
    assert numpy.array_equal(array, LEVELS / 16)
    levels = torch.from_numpy(LEVELS.astype("float32"))
    vae.encode(levels)
    assert torch.equal(levels, torch.from_numpy(LEVELS).float())


def test_one_datum_and_several_axes_are_taken(vae):
    assert vae.encode(LEVELS[0]).shape == (3,)
    assert vae.encode(LEVELS.reshape(3, 4, 1, 8, 8)).shape == (3, 4, 3)
    assert vae.encode(LEVELS[:0]).shape == (0, 3)


REFUSED = {
    "channels last": (
        numpy.moveaxis(LEVELS, 1, -1),
        r"an array .*, got one of shape \(12, 8, 8, 1\); channels come first",
    ),
    "no channel": (LEVELS[:, 0], r"an array .* \(\*, 1, 8, 8\), got one of shape \(12, 8, 8\)"),
    "another shape": (
        LEVELS[..., :7],
        r"an array .* 8, 8\), got one of shape \(12, 1, 8, 7\)",
    ),
    "a level too high": (LEVELS + 1, "numbers from 0 to 1, or grey levels from 0 to 16, got .* 17"),
    "neither": (LEVELS / 8, "numbers from 0 to 1, or grey levels from 0 to 16, got"),
    "negative": (LEVELS / 16 - 1, "numbers from 0 to 1, or grey levels from 0 to 16, got"),
    "infinite": (
        LEVELS + numpy.inf,
        "numbers from 0 to 1, .* got 768 that .* inf",
    ),
    "complex": (LEVELS * 1j, "an array of numbers .* complex128"),
    "complex in torch": (torch.from_numpy(LEVELS) * 1j, "an array of numbers .* torch.complex64"),
    "text": ("digits", "an array of numbers .* got str"),
    "objects": (numpy.array([{}]), "an array of numbers .* got ndarray"),
    "ragged": ([[1, 2], [3]], "an array of numbers .* got list"),
    "nothing": (None, "an array of numbers .* got NoneType"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_datum_is_refused_with_what_is_one(name, vae):
    array, message = REFUSED[name]
    for method in (vae.encode, vae.reconstruct):
        with pytest.raises(ValueError, match=f"^x: expected {message}") as refusal:
            method(array)
        assert "\n" not in str(refusal.value)


def test_a_model_of_bits_takes_bits_and_their_probabilities():
    vae = model("decoder=bernoulli")
    bits = LEVELS % 2
    with torch.no_grad():
        as_bits, as_grey = (
            vae.encoder(torch.from_numpy(x)).mean
            for x in (bits.astype("float32"), LEVELS.astype("float32") / 16)
        )
    for array in (bits, bits.astype(bool), bits.astype("float64")):
        torch.testing.assert_close(vae.encode(array), as_bits)
    for array in (LEVELS, LEVELS / 16):
        torch.testing.assert_close(vae.encode(array), as_grey)


def test_levels_go_to_the_middle_of_their_cell_where_training_was_dequantised():
    vae = model("data.dequantize=true")
    with torch.no_grad():
        expected = vae.encoder((torch.from_numpy(LEVELS) + 0.5) / 17).mean
    torch.testing.assert_close(vae.encode(LEVELS), expected)


def test_counts_are_whole_and_real_numbers_any_that_are_finite():
    counts = model("data=counts", "decoder=poisson")
    assert counts.encode(random.poisson(300, (5, 50))).shape == (5, 3)
    with pytest.raises(ValueError, match=r"x: expected whole numbers from 0, got 1 that .* 0\.5"):
        counts.encode(numpy.eye(50)[:5] * [0.5] + numpy.eye(50)[:5] * (numpy.arange(50) > 0) / 2)
    real = Observation((2,))
    assert real([[300, -4]]).tolist() == [[300, -4]]
    with pytest.raises(ValueError, match=r"x: expected finite numbers, got 1 that are not, .* 1e"):
        real([[1e300, 0]])


@pytest.mark.parametrize("weights", ["best", "last"])
def test_a_saved_model_knows_what_it_takes(saved, weights, cli):
    vae = vae_exp.load(saved, weights=weights)
    assert vae.observe == Observation((1, 8, 8), "bits", 16)
    torch.testing.assert_close(vae.encode(LEVELS), vae.encode(LEVELS / 16))
    with pytest.raises(ValueError, match="x: expected 0 and 1, or numbers between, or grey levels"):
        vae.encode(LEVELS + 1)


def test_a_model_of_an_earlier_version_takes_numbers_as_they_are(saved):
    for name in ("best", "last"):
        file = saved / "checkpoints" / f"{name}.pt"
        state = torch.load(file)
        del state["observation"]
        torch.save(state, file)
    vae = vae_exp.load(saved)
    torch.testing.assert_close(vae.encode(LEVELS / 16), vae.encode((LEVELS / 16).astype("f4")))
    with pytest.raises(ValueError, match="x: expected an array of numbers of shape"):
        vae.encode(LEVELS[:, 0])


STRANGE = [
    {"kind": "evil"},
    {"levels": 0},
    {"levels": 1e30},
    {"dequantize": "x"},
    {"a": 1},
    [1],
    None,
]


@pytest.mark.parametrize("state", STRANGE, ids=str)
def test_a_stranger_s_observation_is_refused(saved, state):
    file = saved / "checkpoints" / "best.pt"
    torch.save({**torch.load(file), "observation": state}, file)
    with pytest.raises(ValueError, match=r"^observation: expected"):
        vae_exp.load(saved)


def test_a_model_without_observation_takes_what_torch_takes(vae):
    vae.observe = torch.as_tensor
    assert vae.encode(LEVELS / 16).shape == (12, 3)
