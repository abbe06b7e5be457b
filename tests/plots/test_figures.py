"""What each picture shows, on its page or figure."""

from types import SimpleNamespace

import numpy
import pytest
import torch
from matplotlib.colors import to_hex
from torch.distributions import constraints

from tests.plots.models import RandomData, random_vae, records
from vae_exp import build, compose
from vae_exp.distribution.bit_codes import BitSpace
from vae_exp.distribution.latent_codes import LatentCodes
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
from vae_exp.plots.axis import Axis
from vae_exp.plots.chart import BESIDE, GAP, TICK, Chart
from vae_exp.plots.classes import classes
from vae_exp.plots.cloud import class_look
from vae_exp.plots.labels import posterior_mean
from vae_exp.plots.latent_codes import draw_codes, side_by_side
from vae_exp.plots.legend import legend
from vae_exp.plots.look import Look
from vae_exp.plots.markers import CIRCLE
from vae_exp.plots.markers import MARKERS as SHAPES
from vae_exp.plots.page import POINT, Page, width_of
from vae_exp.plots.panels import LEFT
from vae_exp.plots.projection import principal_components
from vae_exp.plots.rendering import render
from vae_exp.plots.scatter import class_style, scatter
from vae_exp.plots.style import MARKERS, new_figure


def texts(figure):
    """All that is written on a page or in a figure."""
    if isinstance(figure, Page):
        return " | ".join(figure.words)
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


@pytest.mark.parametrize(("values", "fewer"), [((2, 2, 2), False), ((8, 5, 5), True)])
def test_values_that_are_shown_again_are_told_where_there_are_any(values, fewer):
    (columns, _) = traversals.notes(LatentCodes(values))
    assert ("again" in columns) == fewer


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


@pytest.mark.parametrize("sees", ["encoder", "decoder"])
def test_what_is_conditional_on_classes_says_which(shown, sees):
    other = "decoder" if sees == "encoder" else "encoder"
    cfg = compose("decoder=bernoulli", "condition=labels", f"condition.{other}=false", "z_dim=3")
    experiment = build(cfg)
    vae, data = experiment.vae, experiment.data
    interpolation.draw(vae, data)
    classes = [str(number) for number in data.labels["test"][:12:2].tolist()]
    way = "E[z|x, c] + t E[z|x′, c′]" if sees == "encoder" else "E[z|x] + t E[z|x′]"
    assert shown["rows"] == ([] if sees == "encoder" else classes)
    assert shown["notes"][0].endswith(way)
    assert any("class of x" in note for note in shown["notes"]) == (sees == "decoder")

    traversals.draw(vae, data, encode_split(vae, data, "test"))
    told = f"under the condition of that datum, {classes[0]}"
    assert (told in shown["notes"]) == (sees == "decoder")

    page = kl_per_dimension.draw(encode_split(vae, data, "test"), posterior_mean(vae))
    assert ("E[z|x, c]" in texts(page)) == (sees == "encoder")


@pytest.mark.parametrize("kind", [reconstructions, samples])
def test_points_in_the_plane_are_scattered(kind):
    figure = kind.draw(random_vae((2,), 3), RandomData((2,)))
    left, right = figure.axes
    assert (left.get_xlim(), left.get_ylim()) == (right.get_xlim(), right.get_ylim())
    assert len(left.collections[0].get_offsets()) == 40
    assert left.get_xlabel() == "x₀"


def outlines(drawing, size):
    """The markers of the first clouds of so many points."""
    if isinstance(drawing, Page):
        return [look.marker.tobytes() for look, at in drawing.charts[0].drawn if len(at) == size]
    panels = (
        [
            c.get_paths()[0].vertices.tobytes()
            for c in axes.collections
            if len(c.get_offsets()) == 20
        ]
        for axes in drawing.axes
    )
    return next(panel for panel in panels if panel)


@pytest.mark.parametrize("z_dim", [1, 2, 5])
@pytest.mark.parametrize("names", [(), ("cat", "dog", "emu", "a long-legged fly")])
def test_classes_differ_in_marker_and_have_names(z_dim, names):
    data = RandomData((13,), classes=4, size=80)
    data.class_names = names
    vae = random_vae((13,), z_dim)
    figure = latent_space.draw(vae, data, encode_split(vae, data, "test"))
    scattered = outlines(figure, 20)
    assert len(scattered) == len(set(scattered)) == 4
    called = {"cat", "dog", "emu", "a long-legg…"} if names else {"0", "1", "2", "3"}
    assert called <= set(texts(figure).split(" | "))
    assert f"{80} test data" in texts(figure)


def test_ten_classes_differ_in_marker_and_in_the_pair_with_colour():
    styles = [class_style(i) for i in range(len(MARKERS))]
    assert len({style["marker"] for style in styles}) == len(MARKERS) == 10
    assert all(to_hex(style["color"]) for style in styles)
    looks = [class_look(i, "") for i in range(len(SHAPES))]
    assert len({look.marker.tobytes() for look in looks}) == len(SHAPES) == 10
    assert [look.color for look in looks] == [style["color"] for style in styles]
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


def test_codes_on_one_place_are_all_seen():
    codes = torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    z = codes.repeat_interleave(torch.tensor([60, 25, 15]), 0)
    latents = Latents(z, None, z, z, BitSpace(3))
    figure = draw_codes(latents, torch.arange(100) % 10, (), 500)
    axes = figure.axes[1]
    points = numpy.concatenate([part.get_offsets() for part in axes.collections])
    assert len(numpy.unique(points.round(4), axis=0)) == 100
    assert not axes.texts  # names would hide most of them
    apart = torch.arange(100) % 2 * 5.0
    free = torch.randn(100, 2) + apart.unsqueeze(1)
    assert torch.equal(side_by_side(free), free)
    of_one_code = side_by_side(torch.zeros(9, 2))  # whose places are a share of no range
    assert torch.pdist(of_one_code).min() > 0.005
    axes = new_figure(600, 600).subplots()
    scatter(axes, free.numpy(), apart.long(), ())
    assert len(axes.texts) == 2


def test_cells_are_within_the_poincare_disc():
    vae = random_vae(
        (1, 8, 8), 2, "encoder=wrapped_normal", "prior=wrapped_normal", "kl=monte_carlo"
    )
    data = RandomData((1, 8, 8))
    data.x.zero_()
    vae.decoder.forward = lambda z: SimpleNamespace(mean=z.new_zeros(*z.shape[:-1], 1, 8, 8))
    latents = encode_split(vae, data, "test")
    figure = latent_space.draw(vae, data, latents)
    right = figure.axes[-1]
    black = numpy.argwhere(render(figure)[::-1].max(-1) == 0) + 0.5  # rows from the bottom
    across, up = right.transData.inverted().transform(black[:, ::-1]).T
    low, high = right.get_xlim()
    cells = (low < across) & (across < high) & (low < up) & (up < high)
    radius = numpy.hypot(across, up)[cells]
    assert (radius < 0.5).sum() > 10_000
    assert radius.max() < 1.01  # the circle itself
    assert str(latents.support) == "the Poincaré ball of curvature −1"


def test_titles_of_the_halves_of_a_sphere_are_below_that_of_the_figure():
    vae = random_vae((13,), 2, "encoder=von_mises_fisher", "prior=uniform_sphere")
    data = RandomData((13,), 3)
    figure = latent_space.draw(vae, data, encode_split(vae, data, "test"))
    render(figure)
    above = figure._suptitle.get_window_extent()
    for axes in figure.axes:
        assert axes.title.get_window_extent().y1 + 8 < above.y0
        assert not axes.get_frame_on()  # the circle is
        assert axes.xaxis.label.get_window_extent().y0 > figure.legends[0].get_window_extent().y1


def test_beyond_two_dimensions_there_are_two_projections():
    vae, data = random_vae((13,), 5), RandomData((13,))
    latents = encode_split(vae, data, "test")
    page = latent_space.draw(vae, data, latents)
    by_kl, components = page.charts
    ((_, points),) = by_kl.drawn
    assert points == pytest.approx(latents.means[:, latents.order[:2]].numpy())
    assert texts(page).count("nats)") == texts(page).count("of the variance") == 2
    for chart in (by_kl, components):
        ((_, points),) = chart.drawn
        x, y = chart.x, chart.y
        assert (x.low, y.low) < tuple(points.min(0)) and tuple(points.max(0)) < (x.high, y.high)
        # a circle is one
        assert (x.high - x.low) / chart.width == pytest.approx((y.high - y.low) / chart.height)


def test_names_of_classes_do_not_lie_on_each_other(monkeypatch):
    data = RandomData((13,), classes=5, size=80)
    data.class_names = ["automobile", "airplane", "trousers", "sandal", "bag"]
    means = 1e-3 * torch.randn(80, 4)
    written = []
    write = Page.write

    def record(page, x, y, words, *args, bold=False, **kwargs):
        if bold:
            written.append((words, x, y))
        write(page, x, y, words, *args, bold=bold, **kwargs)

    monkeypatch.setattr(Page, "write", record)
    latent_space.draw(random_vae((13,), 4), data, of_means(means, None))
    assert len(written) == 10
    for names in (written[:5], written[5:]):
        heights = sorted(y for _, _, y in names)
        assert min(numpy.diff(heights)) > 20


@pytest.mark.parametrize("name", ["0", "T-shirt/top", "Women’s coat"])
def test_the_names_of_ten_classes_fit_below_a_page(name):
    page = Page(1120, 60)
    legend(page, 30, [class_look(i, name) for i in range(10)])
    assert page.words == [name] * 10
    assert (page.render()[:, [*range(8), *range(-8, 0)]] == 255).all()


def test_there_is_room_for_numbers_along_y_and_what_they_count():
    for number in ("−800,000", "−1.25e+06", "0.00025"):
        assert TICK + GAP + width_of(number, 9) + BESIDE + 9 * POINT / 2 < LEFT, number


def test_tsne_keeps_clusters_apart():
    data = RandomData((13,), classes=2, size=40)
    y = data.labels["test"]
    means = torch.randn(40, 5) + 20 * y.unsqueeze(-1)
    (chart,) = tsne.draw(data, of_means(means, None)).charts
    one, other = (points for _, points in chart.drawn)
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


def bars(chart):
    """The height of each bar from left to right, and whether it is filled."""
    found = [(*point, look.color != "white") for look, at in chart.drawn for point in at.tolist()]
    _, heights, filled = zip(*sorted(found))
    return list(heights), list(filled)


def test_kl_bars_are_sorted_and_add_up():
    means = torch.randn(50, 4) * torch.tensor([1.0, 0.001, 1.0, 0.001])
    page = kl_per_dimension.draw(of_means(means, torch.tensor([0.0, 0.25, 2.0, 0.5])))
    heights, filled = bars(page.charts[0])
    assert heights == [2.0, 0.5, 0.25, 0.0]
    assert filled == [True, False, False, True]  # z₁ and z₃ are inactive
    assert "2.75 nats per datum in all, 2 of 4 units active" in texts(page)
    assert "KL of the dimension, nats per datum" in page.words
    assert "z₂ | z₃ | z₁ | z₀" in texts(page)


def test_a_kl_may_be_estimated_below_0_or_not_at_all():
    page = kl_per_dimension.draw(of_means(torch.randn(50, 3), torch.tensor([2.0, -0.5, 0.0])))
    assert page.charts[0].y.low < -0.5
    kl_per_dimension.draw(of_means(torch.randn(50, 2), torch.tensor([2.0, torch.nan])))
    kl_per_dimension.draw(of_means(torch.randn(50, 2), torch.zeros(2)))


def test_variances_stand_in_for_a_kl_that_does_not_split_up():
    means = torch.randn(50, 3) * torch.tensor([0.0, 1.0, 0.5])
    page = kl_per_dimension.draw(of_means(means, None))
    (chart,) = page.charts
    assert chart.y.log
    threshold = chart.drawn.pop()[1]
    assert threshold[:, 1].tolist() == [0.01, 0.01]
    assert bars(chart)[0] == pytest.approx(sorted(means.var(0).clamp(min=1e-6).tolist())[::-1])
    assert "Variance of the posterior means" in texts(page)


def test_many_dimensions_have_no_names_on_the_axis():
    page = kl_per_dimension.draw(of_means(torch.randn(50, 300), torch.rand(300)))
    assert len(page.words) < 25


def test_learning_curves_show_records_and_the_best_epoch():
    page = learning_curves.draw(records(30))
    assert page.words.count("nats per datum") == len(page.charts) == 3
    for chart, name in zip(page.charts, ["elbo", "reconstruction_loss", "kl"]):
        (train, at), (validation, at_validation), (_, best) = chart.drawn
        expected = [(r["step"], r[f"train/{name}"]) for r in records(30) if f"train/{name}" in r]
        assert at.tolist() == [list(map(float, point)) for point in expected]
        assert len(at_validation) == 30
        assert (train.dashes is None) != (validation.dashes is None)
        assert best[:, 0].tolist() == [29, 29]
    assert "best epoch by validation (29)" in page.words


def test_the_first_steps_do_not_set_the_scale():
    low, high = learning_curves.limits([[-1e6, *range(-50, 0)]])
    assert -60 < low < -40 and 0 > -1 > low and high < 5
    assert learning_curves.limits([[0.0, 1.0, 2.0, 3.0, 4.0]]) == pytest.approx((-0.2, 4.2))
    assert "begins at −100, off the scale" in learning_curves.draw(records(30)).words


def test_rounding_does_not_set_the_scale():
    kl = [6.9077558, 6.9077557]
    for curves in ([kl, kl], [[9.0, *10 * kl], 10 * kl]):
        low, high = learning_curves.limits(curves)
        assert low < 6.85 and high > 7.1
    low, high = learning_curves.limits([[1e8, 1e8 + 8]])
    assert high - low > 1e6
    ticks = Axis(*learning_curves.limits([kl])).ticks(7)
    assert max(map(len, ticks.values())) <= 4


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_short_runs_have_curves(steps):
    page = learning_curves.draw(records(steps))
    assert len(page.charts) == 3
    if steps == 1:
        assert page.charts[0].y.low < -100 < page.charts[0].y.high


def test_a_curve_with_values_that_are_not_finite_is_drawn_with_the_others():
    broken = [r | {"val/elbo": float("nan")} if "val/elbo" in r else r for r in records(30)]
    page = learning_curves.draw(
        [r | {"val/best_epoch": 0} if "val/elbo" in r else r for r in broken]
    )
    assert page.charts[0].y.low < -100 / 30 < page.charts[0].y.high
    assert learning_curves.limits([[float("nan")] * 3]) == (0.0, 1.0)


def dark(page, row, column, around=3):
    """Whether there is something at that place of a page."""
    near = page.render()[row - around : row + around + 1, column - around : column + around + 1]
    return bool((near < 200).any())


@pytest.mark.parametrize(
    ("x", "y", "log"), [((0, 10), (-5, 5), False), ((-3, 1), (1e-6, 1e2), True)]
)
def test_what_a_chart_shows_lies_where_its_axes_say(x, y, log):
    page = Page(400, 300)
    chart = Chart(page, 50, 20, 300, 200, Axis(*x), Axis(*y, log=log))
    middle = x[0] + 0.25 * (x[1] - x[0]), (1e-4 if log else -2.5)  # a quarter of the way in both
    chart.points(*[[coordinate] for coordinate in middle], Look("black", marker=CIRCLE))
    chart.curve([x[0] + 0.75 * (x[1] - x[0])] * 2, y, Look("black", line=1))
    assert chart.place(*middle) == pytest.approx((125, 170))
    chart.finish("", "")
    assert dark(page, 170, 125, 0) and not dark(page, 170, 135)
    assert all(dark(page, row, 275) for row in (30, 120, 210)) and not dark(page, 120, 265)


def test_a_curve_has_a_gap_where_a_value_is_missing_and_in_a_broken_line():
    page = Page(400, 300)
    chart = Chart(page, 0, 0, 400, 200, Axis(0, 4), Axis(0, 1))
    chart.curve(range(5), [0.5, 0.5, float("nan"), 0.5, 0.5], Look("black", line=1))
    chart.curve(range(5), [0.8] * 5, Look("black", line=1, dashes=(5, 3)))
    chart.finish("", "")
    assert dark(page, 100, 50) and dark(page, 100, 350) and not dark(page, 100, 200, 20)
    strokes = page.render()[40, 5:395, 0] < 128
    assert strokes.mean() == pytest.approx(5 / 8, abs=0.05)
    assert numpy.diff(strokes).sum() == pytest.approx(2 * 400 / (8 * 160 / 72), abs=3)


def test_what_is_far_off_the_scale_comes_from_there():
    page = Page(400, 300)
    chart = Chart(page, 100, 0, 200, 200, Axis(0, 4), Axis(0, 1))
    looks = Look("black", line=1), Look("black", line=1, dashes=(5, 3))
    for x, look in zip((1, 3), looks):
        chart.curve([x - 0.9, x, x + 0.9], [-1e12, 0.5, 1e12], look)
    chart.finish("", "")
    assert dark(page, 100, 150) and dark(page, 100, 250)
    assert not dark(page, 100, 200, 30)


@pytest.mark.parametrize(
    ("axis", "ticks"),
    [
        (Axis(-0.7, 3.2), ["0", "1", "2", "3"]),
        (Axis(0, 1.05), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (Axis(-1.3e5, -2e4), ["−120,000", "−100,000", "−80,000", "−60,000", "−40,000", "−20,000"]),
        (Axis(-1.3e6, 0), ["−1.25e+06", "−1e+06", "−7.5e+05", "−5e+05", "−2.5e+05", "0"]),
        (Axis(0, 1.5, whole=True), ["0", "1"]),
        (Axis(0, 2.1e9), ["0", "5e+08", "1e+09", "1.5e+09", "2e+09"]),
        (Axis(1e-6, 3, log=True), ["1e−06", "0.0001", "0.01", "1"]),
        (Axis(0.01, 0.011), ["0.0100", "0.0102", "0.0104", "0.0106", "0.0108", "0.0110"]),
    ],
)
def test_ticks_are_round_numbers_within_the_axis(axis, ticks):
    found = axis.ticks(6)
    assert list(found.values()) == ticks
    shares = axis.share(numpy.array(list(found)))
    assert (shares >= -1e-9).all() and (shares <= 1 + 1e-9).all()


def test_pixels_that_are_not_observed_are_told_from_grey():
    from vae_exp.plots.image_cells import MISSING, ImageCells

    images = torch.full((1, 1, 1, 2, 2), 0.5)
    assert ImageCells(images, "pixels").caption == "pixels"
    images[0, 0, 0, 1, 0] = torch.nan
    cells = ImageCells(images, "pixels")
    assert cells.caption.endswith("blue is not observed")
    assert tuple(cells.pixels[0, 0, 1, 0]) == MISSING
    assert (cells.pixels[0, 0, 0] == 128).all()
