"""Every picture for every kind of data, and what drawing leaves alone."""

import subprocess
import sys

import numpy
import pytest
import torch
from PIL import Image

from tests.conftest import one_in
from tests.plots.models import SHAPES, RandomData, random_vae, records
from vae_exp.configuration.compose import compose
from vae_exp.configuration.instantiate import instantiate
from vae_exp.evaluation.latents import encode_split
from vae_exp.experiment import build
from vae_exp.plots import DURING_TRAINING, NAMES, Plots, latent_space
from vae_exp.storage.pictures import save_pictures

PLOTS = Plots(list(NAMES), every=10)
MIXTURE = ("prior=mixture", "kl=monte_carlo")
# what there is to see in each: x itself, or what x and z are to one another; the rest is of records
OF_DATA = ["reconstructions", "samples", "traversals", "interpolation"]
OF_LATENTS = [*OF_DATA, "latent_space", "kl_per_dimension"]
ALL = [name for name in NAMES if name != "tsne"]  # which takes a second


def draw(vae, data, names=ALL):
    return PLOTS.draw(vae, data, lambda: records(30), names)


@pytest.mark.parametrize(
    ("shape", "z_dim", "prior", "classes", "names"),
    [
        *one_in(2, ((shape, 2 + 9 * (i % 4), (), None, OF_DATA) for i, shape in enumerate(SHAPES))),
        ((13,), 1, (), 10, [*OF_LATENTS, "tsne"]),
        ((13,), 2, MIXTURE, None, OF_LATENTS),
        ((13,), 300, (), 10, OF_LATENTS),
        *(
            pytest.param((13,), *rest, OF_LATENTS, marks=pytest.mark.long)
            for rest in [(1, MIXTURE, None), (2, (), 3), (20, (), None), (100, MIXTURE, 30)]
        ),
        ((2, 6, 6), 3, (), None, NAMES),
    ],
)
def test_every_picture_is_drawn(shape, z_dim, prior, classes, names):
    pictures = draw(random_vae(shape, z_dim, *prior), RandomData(shape, classes), names)
    assert list(pictures) == list(names)
    for picture in pictures.values():
        height, width, channels = picture.shape
        assert picture.dtype == numpy.uint8
        assert (channels, width >= 1000, height < 2000) == (3, True, True)
        assert (picture[:, [0, -1]] == 255).mean() > 0.95  # nothing sticks out
        assert (picture < 128).any()


def test_codes_are_told_apart_by_class():
    """With fewer variables than classes, and more data than are shown."""
    vae = random_vae((13,), 4, "encoder=fsq", "prior=uniform_levels", "encoder.levels=[3,3,3,3]")
    data = RandomData((13,), 10, size=1000)
    data.class_names = [f"kind {i}" for i in range(10)]
    latents = encode_split(vae, data, "test", data.size("test"))
    figure = latent_space.draw(vae, data, latents)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == data.class_names
    assert list(draw(vae, data, OF_LATENTS)) == OF_LATENTS


def test_a_picture_that_fails_costs_a_warning_and_not_the_others(monkeypatch, caplog):
    monkeypatch.setattr(latent_space, "draw", lambda *_: 1 / 0)
    names = [name for name in OF_LATENTS if name != "latent_space"]
    assert list(draw(random_vae((13,), 3), RandomData((13,), 2), OF_LATENTS)) == names
    assert "no picture latent_space: ZeroDivisionError: division by zero" in caplog.text


@pytest.mark.parametrize("size", [2, 3, pytest.param(11, marks=pytest.mark.long)])
def test_a_few_data_are_enough(size):
    pictures = draw(random_vae((13,), 3), RandomData((13,), 2, size), OF_LATENTS)
    assert list(pictures) == OF_LATENTS


def test_a_collapsed_posterior_is_drawn():
    vae = random_vae((13,), 3)
    with torch.no_grad():
        for parameter in vae.encoder.parameters():
            parameter.zero_()
    assert set(draw(vae, RandomData((13,)), OF_LATENTS)) == set(OF_LATENTS)


def test_a_built_experiment_is_drawn_and_saved(tmp_path):
    experiment = build(compose("network.hidden=[16]", "decoder=bernoulli"))
    pictures = draw(experiment.vae, experiment.data)
    (tmp_path / "plots").mkdir()
    save_pictures(pictures, tmp_path / "plots")
    assert {file.name for file in (tmp_path / "plots").iterdir()} == {f"{n}.png" for n in ALL}
    for name, picture in pictures.items():
        with Image.open(tmp_path / "plots" / f"{name}.png") as image:
            assert (numpy.asarray(image.convert("RGB")) == picture).all()
            assert round(image.info["dpi"][0]) == 160


def test_drawing_leaves_model_and_random_numbers_alone():
    vae, data = random_vae((13,), 4, *MIXTURE).train(), RandomData((13,), 3)
    weights = {name: value.clone() for name, value in vae.state_dict().items()}
    random = torch.get_rng_state(), numpy.random.get_state()[1].copy()
    threads = torch.get_num_threads()
    first = draw(vae, data)
    assert torch.get_num_threads() == threads
    assert vae.training and vae.decoder.training
    assert all(torch.equal(value, weights[name]) for name, value in vae.state_dict().items())
    assert all(parameter.grad is None for parameter in vae.parameters())
    assert torch.equal(torch.get_rng_state(), random[0])
    assert (numpy.random.get_state()[1] == random[1]).all()
    torch.rand(7)  # wherever the stream is, and whatever the mode, the pictures are the same
    assert all((picture == first[name]).all() for name, picture in draw(vae.eval(), data).items())
    assert not (vae.training or vae.decoder.training)


def test_the_training_mode_returns_after_a_failure():
    vae = random_vae((13,), 2).train()
    with pytest.raises(AttributeError):
        draw(vae, None)
    assert vae.training


def test_data_are_encoded_once_and_only_if_asked_for(monkeypatch):
    calls = []
    from vae_exp import plots

    encode = plots.encode_split
    monkeypatch.setattr(plots, "encode_split", lambda *a: calls.append(a) or encode(*a))
    vae, data = random_vae((13,), 3), RandomData((13,))
    draw(vae, data, DURING_TRAINING)
    assert not calls
    draw(vae, data, OF_LATENTS)
    assert [limit for *_, limit in calls].count(data.size("test")) == 1  # besides a trial of few


def test_due_is_every_so_many_epochs():
    assert Plots(["samples", "traversals"], every=3).due(6) == ["samples"]
    assert Plots(["samples"], every=3).due(7) == []
    assert Plots(["samples"], every=None).due(10) == []


def test_the_yaml_names_every_picture_but_the_slow_one():
    assert instantiate(compose().plots).names == [n for n in NAMES if n != "tsne"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("plots.names=[samples,foo]", r"plots\.names: expected each one of .*, got foo"),
        ("plots.every=0", r"plots\.every: expected a positive number, got 0"),
        ("plots.every=often", r"plots\.every: expected int or null, got 'often'"),
    ],
)
def test_wrong_values_are_refused(override, message):
    with pytest.raises(ValueError, match=message):
        instantiate(compose(override).plots)


@pytest.mark.long
def test_matplotlib_comes_with_the_first_chart_and_keeps_its_settings():
    code = """
import sys
from tests.plots.models import RandomData, random_vae
from vae_exp.plots import NAMES, Plots
from vae_exp.storage.pictures import save_pictures
vae, data = random_vae((13,), 3), RandomData((13,))
save_pictures(Plots([], 1).draw(vae, data, list, []), None)
assert not {"matplotlib", "sklearn", "PIL", "torch._dynamo"} & set(sys.modules)
drawn = Plots([], 1).draw(random_vae((1, 8, 8), 3), RandomData((1, 8, 8), 3), list, NAMES[:-1])
assert len(drawn) == len(NAMES) - 1
assert "matplotlib" not in sys.modules
import matplotlib
before = matplotlib.rcParams.copy()
Plots([], 1).draw(vae, data, list, [name for name in NAMES if name != "tsne"])
assert not {"matplotlib.pyplot", "sklearn", "scipy"} & set(sys.modules)
assert matplotlib.rcParams.copy() == before
"""
    subprocess.run([sys.executable, "-c", code], check=True)
