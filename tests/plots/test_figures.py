"""What each picture shows, on its figure."""

from types import SimpleNamespace

import numpy
import pytest
import torch
from matplotlib.colors import to_hex
from torch.distributions import constraints

from tests.plots.models import RandomData, random_vae, records
from vae_exp.evaluation.latents import Latents, encode_split
from vae_exp.plots import (
    interpolation,
    kl_per_dimension,
    latent_space,
    learning_curves,
    reconstructions,
    samples,
    traversals,
    tsne,
)
from vae_exp.plots.projection import principal_components
from vae_exp.plots.scatter import class_style, classes
from vae_exp.plots.style import MARKERS


def texts(figure):
    """All that is written in a figure."""
    return " | ".join(text.get_text() for text in figure.findobj(lambda a: hasattr(a, "get_text")))


def of_means(means, kl):
    return Latents(means, kl, means, means, constraints.real)


@pytest.fixture
def shown(monkeypatch):
    """What a picture's function gives to the mosaic."""
    given = {}

    def record(x, title, **settings):
        given.update(x=x, title=title, **settings)

    for module in (reconstructions, samples, traversals, interpolation):
        monkeypatch.setattr(module, "mosaic", record)
    return given


def test_reconstructions_stand_below_their_data(shown):
    vae, data = random_vae((13,), 3), RandomData((13,))
    reconstructions.draw(vae, data)
    assert shown["rows"] == ["data", "mean"] * 3
    assert torch.equal(shown["x"][::2].flatten(0, 1), data.x[:30])
    assert torch.allclose(shown["x"][1::2].flatten(0, 1), vae.reconstruct(data.x[:30]))


def test_samples_are_means_from_the_prior(shown):
    vae, data = random_vae((13,), 3), RandomData((13,))
    samples.draw(vae, data)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        z = vae.prior().sample((60,))
    assert torch.allclose(shown["x"].flatten(0, 1), vae.decoder(z).mean)


@pytest.mark.parametrize("by_kl", [True, False])
def test_traversals_are_sorted_by_use(shown, by_kl):
    vae, data = random_vae((13,), 12), RandomData((13,))
    means = encode_split(vae, data, "test").means
    kl = torch.arange(12.0)[torch.randperm(12)] if by_kl else None
    latents = of_means(means, kl)
    traversals.draw(vae, data, latents)
    use = kl if by_kl else means.var(0)
    subscripts = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
    dimensions = [int(label.split()[0][1:].translate(subscripts)) for label in shown["rows"]]
    assert dimensions == use.argsort(descending=True)[:10].tolist()
    assert shown["rows"][0].endswith("11.00 nats" if by_kl else f"variance {use.max():.2g}")
    assert ("by KL" if by_kl else "by variance") in shown["title"]


def test_a_traversal_changes_one_coordinate(shown):
    vae, data = random_vae((13,), 3, "prior=laplace", "prior.scale=2", "kl=monte_carlo"), None
    data = RandomData((13,))
    vae.decoder.forward = lambda z: SimpleNamespace(mean=z)  # show z itself
    latents = encode_split(vae, data, "test")
    traversals.draw(vae, data, latents)
    deviation = 2 * 2**0.5  # of a Laplace distribution: √2 times its scale
    for row, d in enumerate(latents.order):
        z = shown["x"][row]
        assert z[:, d].numpy() == pytest.approx(deviation * numpy.linspace(-2.5, 2.5, 11), abs=1e-5)
        others = [i for i in range(3) if i != d]
        assert torch.equal(z[:, others], latents.means[0, others].expand(11, 2))
        own = (z[:, d] - latents.means[0, d]).abs().argmin().item()
        assert (row, own) in shown["bold"]
    assert [shown["columns"][i] for i in (0, 5, 10)] == ["−2.5", "0", "2.5"]


def test_interpolation_goes_from_one_datum_to_the_other(shown):
    vae, data = random_vae((13,), 3), RandomData((13,))
    interpolation.draw(vae, data)
    x = shown["x"]
    assert torch.equal(x[:, 0], data.x[0:12:2])
    assert torch.equal(x[:, -1], data.x[1:12:2])
    assert torch.allclose(x[:, 1], vae.reconstruct(data.x[0:12:2]), atol=1e-6)
    assert torch.allclose(x[:, -2], vae.reconstruct(data.x[1:12:2]), atol=1e-6)
    middle = (vae.encode(data.x[0:12:2]) + vae.encode(data.x[1:12:2])) / 2
    assert torch.allclose(x[:, 5], vae.decoder(middle).mean, atol=1e-6)


@pytest.mark.parametrize("kind", [reconstructions, samples])
def test_points_in_the_plane_are_scattered(kind):
    figure = kind.draw(random_vae((2,), 3), RandomData((2,)))
    left, right = figure.axes
    assert (left.get_xlim(), left.get_ylim()) == (right.get_xlim(), right.get_ylim())
    assert len(left.collections[0].get_offsets()) == 40
    assert left.get_xlabel() == "x₀"


@pytest.mark.parametrize(
    "z_dim, names", [(1, ()), (2, ()), (2, ("cat", "dog", "emu", "a long-legged fly")), (5, ())]
)
def test_classes_differ_in_marker_and_have_names(z_dim, names):
    data = RandomData((13,), classes=4, size=80)
    data.class_names = names
    vae = random_vae((13,), z_dim)
    figure = latent_space.draw(vae, data, encode_split(vae, data, "test"))
    panels = [
        [drawn for drawn in axes.collections if len(drawn.get_offsets()) == 20]
        for axes in figure.axes
    ]
    scattered = next(panel for panel in panels if panel)
    outlines = {c.get_paths()[0].vertices.tobytes() for c in scattered}
    assert len(scattered) == len(outlines) == 4
    called = {"cat", "dog", "emu", "a long-legg…"} if names else {"0", "1", "2", "3"}
    assert called <= set(texts(figure).split(" | "))
    assert f"{80} test data" in texts(figure)


def test_ten_classes_differ_in_marker_and_in_the_pair_with_colour():
    styles = [class_style(i) for i in range(len(MARKERS))]
    assert len({style["marker"] for style in styles}) == len(MARKERS) == 10
    assert all(to_hex(style["color"]) for style in styles)
    assert classes(torch.arange(11)) == []
    assert classes(torch.arange(10)) == list(range(10))
    assert classes(None) == []


def test_the_plane_and_its_decoded_grid_have_the_same_range():
    data = RandomData((1, 8, 8), classes=2)
    vae = random_vae((1, 8, 8), 2)
    latents = encode_split(vae, data, "test")
    figure = latent_space.draw(vae, data, latents)
    left, right = (axes for axes in figure.axes if axes.get_xlabel() == "z₀")
    assert (left.get_xlim(), left.get_ylim()) == (right.get_xlim(), right.get_ylim())
    (low, high), (bottom, top) = left.get_xlim(), left.get_ylim()
    assert low <= latents.means[:, 0].min() and latents.means[:, 0].max() <= high
    assert low <= -2 and high >= 2 and bottom <= -2 and top >= 2  # the prior's bulk


def test_grid_cells_show_the_mean_at_their_centre(monkeypatch):
    from vae_exp.plots import latent_plane

    given = []
    make_cells = latent_plane.make_cells
    monkeypatch.setattr(latent_plane, "make_cells", lambda x: given.append(x) or make_cells(x))
    vae, data = random_vae((2,), 2), RandomData((2,))
    vae.decoder.forward = lambda z: SimpleNamespace(mean=z)  # show z itself
    figure = latent_space.draw(vae, data, encode_split(vae, data, "test"))
    low, high = figure.axes[-1].get_xlim()
    bottom, top = figure.axes[-1].get_ylim()
    (z,) = given
    half = (high - low) / 22
    assert z[0, 0].tolist() == pytest.approx([low + half, top - half], abs=1e-4)  # top left
    assert z[-1, -1].tolist() == pytest.approx([high - half, bottom + half], abs=1e-4)


def test_beyond_two_dimensions_there_are_two_projections():
    vae, data = random_vae((13,), 5), RandomData((13,))
    latents = encode_split(vae, data, "test")
    figure = latent_space.draw(vae, data, latents)
    by_kl, components = figure.axes
    offsets = numpy.asarray(by_kl.collections[0].get_offsets())
    assert offsets == pytest.approx(latents.means[:, latents.order[:2]].numpy())
    assert by_kl.get_xlabel().endswith("nats)")
    assert "of the variance" in components.get_xlabel()


def test_tsne_keeps_clusters_apart():
    data = RandomData((13,), classes=2, size=40)
    y = data.labels["test"]
    means = torch.randn(40, 5) + 20 * y.unsqueeze(-1)
    figure = tsne.draw(data, of_means(means, None))
    one, other = (numpy.asarray(drawn.get_offsets()) for drawn in figure.axes[0].collections)
    apart = numpy.linalg.norm(one.mean(0) - other.mean(0))
    assert apart > 2 * max(numpy.linalg.norm(c - c.mean(0), axis=1).max() for c in (one, other))


def test_principal_components_find_the_plane_of_the_data():
    plane = torch.randn(200, 2) * torch.tensor([5.0, 1.0])
    directions = torch.linalg.qr(torch.randn(6, 6)).Q[:2]
    points, shares = principal_components(plane @ directions + 3)
    assert shares.sum() == pytest.approx(1)
    assert shares[0] > 0.9
    centred = plane - plane.mean(0)
    assert torch.allclose(torch.pdist(points), torch.pdist(centred), atol=1e-4)


def bars(axes):
    """The height of each bar from left to right, and whether it is hatched."""
    patches = sorted(axes.patches, key=lambda patch: patch.get_x())
    return [patch.get_height() for patch in patches], [bool(p.get_hatch()) for p in patches]


def test_kl_bars_are_sorted_and_add_up():
    means = torch.randn(50, 4) * torch.tensor([1.0, 0.001, 1.0, 0.001])
    figure = kl_per_dimension.draw(of_means(means, torch.tensor([0.0, 0.25, 2.0, 0.5])))
    heights, hatched = bars(figure.axes[0])
    assert heights == [2.0, 0.5, 0.25, 0.0]
    assert hatched == [False, True, True, False]  # z₁ and z₃ are inactive
    assert "2.75 nats per datum in all, 2 of 4 units active" in texts(figure)
    assert "nats per datum" in figure.axes[0].get_ylabel()
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert labels == ["z₂", "z₃", "z₁", "z₀"]


def test_variances_stand_in_for_a_kl_that_does_not_split_up():
    means = torch.randn(50, 3) * torch.tensor([0.0, 1.0, 0.5])
    figure = kl_per_dimension.draw(of_means(means, None))
    (axes,) = figure.axes
    assert axes.get_yscale() == "log"
    assert bars(axes)[0] == pytest.approx(sorted(means.var(0).clamp(min=1e-6).tolist())[::-1])
    assert "Variance of the posterior means" in texts(figure)
    assert [line.get_ydata()[0] for line in axes.lines] == [0.01]


def test_many_dimensions_have_no_names_on_the_axis():
    figure = kl_per_dimension.draw(of_means(torch.randn(50, 300), torch.rand(300)))
    assert len(figure.axes[0].get_xticks()) < 20


def test_learning_curves_show_records_and_the_best_epoch():
    figure = learning_curves.draw(records(30))
    assert [axes.get_ylabel() for axes in figure.axes] == ["nats per datum"] * 3
    for axes, name in zip(figure.axes, ["elbo", "reconstruction_loss", "kl"]):
        train, validation, best = axes.lines
        expected = [r[f"train/{name}"] for r in records(30) if f"train/{name}" in r]
        assert train.get_ydata().tolist() == expected
        assert len(validation.get_ydata()) == 30
        assert train.get_linestyle() != validation.get_linestyle()
        assert best.get_xdata() == [29, 29]
    assert "best epoch by validation (29)" in texts(figure)


def test_the_first_steps_do_not_set_the_scale():
    low, high = learning_curves.limits([[-1e6, *range(-50, 0)]])
    assert -60 < low < -40 and 0 > -1 > low and high < 5
    assert learning_curves.limits([[0.0, 1.0, 2.0, 3.0, 4.0]]) == pytest.approx((-0.2, 4.2))
    figure = learning_curves.draw(records(30))
    assert "begins at −100, off the scale" in texts(figure)
    # above the axes, where no curve ends
    assert not any(text.get_text() for axes in figure.axes for text in axes.texts)


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_short_runs_have_curves(steps):
    figure = learning_curves.draw(records(steps))
    assert len(figure.axes) == 3
    if steps == 1:
        low, high = figure.axes[0].get_ylim()
        assert low < -100 < high


def test_a_curve_with_values_that_are_not_finite_is_drawn_with_the_others():
    broken = [r | {"val/elbo": float("nan")} if "val/elbo" in r else r for r in records(30)]
    figure = learning_curves.draw(
        [r | {"val/best_epoch": 0} if "val/elbo" in r else r for r in broken]
    )
    low, high = figure.axes[0].get_ylim()
    assert low < -100 / 30 < high
    assert learning_curves.limits([[float("nan")] * 3]) == (0.0, 1.0)


def test_pixels_that_are_not_observed_are_told_from_grey():
    from vae_exp.plots.image_cells import MISSING, ImageCells

    images = torch.full((1, 1, 1, 2, 2), 0.5)
    assert ImageCells(images, "pixels").caption == "pixels"
    images[0, 0, 0, 1, 0] = torch.nan
    cells = ImageCells(images, "pixels")
    assert cells.caption.endswith("blue is not observed")
    assert tuple(cells.pixels[0, 0, 1, 0]) == MISSING
    assert (cells.pixels[0, 0, 0] == 128).all()
