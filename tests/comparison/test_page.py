"""The page in a headless Chromium: what it shows, what its controls do, and that it is safe."""

import base64
import csv
import io
import json
import math
import random
import re
import shutil
import struct
import time

import pytest
from PIL import Image

from tests.comparison.conftest import DENSITY, MASS, curve, make_run, png
from vae_exp.comparison.curves import MOST_POINTS, read_curves, thinned
from vae_exp.comparison.page import as_html, page_data
from vae_exp.comparison.ranking import compare
from vae_exp.comparison.result import read

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1400,1000",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
EVIL = (
    "</script><script>window.hacked=1</script>",
    "<img src=x onerror='window.hacked=2'>",
    '"><svg onload=window.hacked=3>',
    "<!--<script>",
    "{{script}} $(alert(4)) &lt;b&gt; \u2028",
)


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    webdriver = pytest.importorskip("selenium.webdriver")
    if not (CHROMIUM and shutil.which("chromedriver")):
        pytest.skip("no chromium and chromedriver on this machine")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in (*ARGUMENTS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """36 runs in two blocks, and three that are not ranked."""
    folder = tmp_path_factory.mktemp("many")
    job = 0
    for decoder, kind in (("gaussian", DENSITY), ("bernoulli", MASS)):
        for z_dim in range(1, 10):
            for seed in range(2):
                value = -100.0 + z_dim + 0.1 * seed
                overrides = (f"decoder={decoder}", f"z_dim={z_dim}", f"seed={seed}")
                make_run(
                    folder / str(job),
                    *overrides,
                    summary={**kind, "test/log_likelihood": value, "test/kl": float(z_dim)},
                    metrics=curve(30, value),
                    pictures={"reconstructions.png": png(job), "samples.png": png(job + 90)},
                )
                job += 1
    make_run(folder / "failed", "z_dim=90", summary={"status": "failed"})
    make_run(folder / "killed", "z_dim=91", summary=None, pictures={"latent_space.png": png(7)})
    make_run(folder / "early", "z_dim=92", summary={"status": "preempted"}, metrics="")
    return folder


class Page:
    """What a test does with the page."""

    def __init__(self, driver, file):
        self.driver = driver
        driver.get_log("browser")
        driver.get(f"file://{file}")

    def js(self, code: str):
        return self.driver.execute_script(f"return {code}")

    def all(self, selector: str) -> list:
        return self.driver.find_elements("css selector", selector)

    def texts(self, selector: str) -> list[str]:
        return self.js(
            f"[...document.querySelectorAll({json.dumps(selector)})].map(e => e.innerText)"
        )

    def click(self, selector: str, number: int = 0) -> None:
        element = self.all(selector)[number]
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def pick(self, control: str, value: str) -> None:
        self.js(
            f"(() => {{ const e = document.getElementById('{control}'); e.value = '{value}';"
            " e.dispatchEvent(new Event('change')); })()"
        )

    def column(self, block: int, number: int) -> list[str]:
        selector = f".block:nth-of-type({block}) tr[data-line] > td:nth-child({number})"
        return self.texts(selector)

    def errors(self) -> list:
        return self.driver.get_log("browser")


@pytest.fixture(scope="module")
def page_of_many(many, tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "compare.html"
    paths = [str(many)]
    file.write_text(as_html(compare(paths, read(paths), None, None)))
    return file


@pytest.fixture
def page(driver, page_of_many):
    page = Page(driver, page_of_many)
    yield page
    assert page.errors() == []


def test_it_shows_every_run_apart_where_not_comparable(page):
    assert page.texts("h1") == ["39 runs side by side"]
    assert page.texts(".block h3") == [
        "digits · density · 128 importance samples",
        "digits, dynamic binarisation · probability mass · 128 importance samples",
        "Not ranked: no test metrics",
    ]
    assert "a density and a probability mass are not comparable" in page.texts("#reasons")[0]
    assert page.column(1, 3) == [str(z) for z in range(9, 0, -1)]
    assert page.column(1, 4)[0] == "-90.950 ± 0.050"
    assert page.column(3, 3) == ["preempted", "failed", "unfinished"]
    assert page.texts("#count") == ["21 of 21 rows"]
    assert any("standard error" in note for note in page.texts("#notes li"))


def test_it_needs_no_network(page):
    assert (
        page.js(
            "performance.getEntriesByType('resource').map(e => e.name)"
            ".filter(n => !n.startsWith('data:'))"
        )
        == []
    )
    assert (
        page.js("document.querySelectorAll('link[rel=stylesheet], script[src], iframe').length")
        == 0
    )
    source = page.driver.page_source
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", source)
    assert "@import" not in source and "url(http" not in source


def test_clicking_a_heading_sorts_and_says_so(page):
    kl = ".block:nth-of-type(1) th button[title^='test/kl']"
    assert "neither end is better" in page.all(kl)[0].get_attribute("title")
    page.click(kl)
    page.click(kl)
    assert page.column(1, 3) == [str(z) for z in range(1, 10)]
    page.click(kl)
    assert page.column(1, 3) == [str(z) for z in range(9, 0, -1)]
    sorted_by = page.js(
        "[...document.querySelectorAll('.block')].map(b => "
        "[...b.querySelectorAll('[aria-sort]')].map(h => h.ariaSort + h.innerText))"
    )
    assert [len(marks) for marks in sorted_by] == [1, 1, 0]
    assert sorted_by[0][0].startswith("descending") and "▼" in sorted_by[0][0]
    page.click(".block:nth-of-type(1) th button[title='z_dim']")
    assert page.column(1, 3)[0] == "1"
    assert page.js("document.activeElement.title") == "z_dim"


def test_how_far_rows_are_behind_the_first_stands_beside_what_ranks(driver, tmp_path, compared):
    for z_dim, values in enumerate([(-90, -80, -70), (-90.3, -80.33, -70.36), (-91, -95, -69)]):
        for seed, value in enumerate(values):
            summary = {**DENSITY, "test/log_likelihood": value, "test/kl": 1.0}
            overrides = f"z_dim={z_dim + 1}", f"seed={seed}"
            make_run(tmp_path / f"{z_dim}{seed}", *overrides, summary=summary)
    file = tmp_path / "compare.html"
    file.write_text(as_html(compared()))
    page = Page(driver, file)
    assert page.texts(".block th")[3:5] == ["log_likelihood▼", "behind the first"]
    assert page.column(1, 5) == ["", "0.330 ± 0.017", "≈ 5.000 ± 5.033"]
    assert any(note.startswith("≈: not told apart from the first") for note in page.texts("li"))
    heading, first, second, _ = page.js("tableLines()")
    place = heading.index("behind_first mean")
    assert heading[place + 2] == "behind_first p_holm"
    assert first[place : place + 3] == [None] * 3
    assert second[place] == pytest.approx(0.33) and second[place + 2] < 0.05
    page.click(".block th button[title='z_dim']")
    page.click(".block th button[title='z_dim']")
    assert page.column(1, 5) == ["≈ 5.000 ± 5.033", "0.330 ± 0.017", ""]
    page.js("(shown.delete('test/log_likelihood'), drawTables())")
    assert "behind the first" not in page.texts(".block th")
    assert page.errors() == []


def test_the_filter_keeps_what_has_all_words(page):
    page.all("#filter")[0].send_keys("z_dim=3 bern")
    assert page.column(2, 3) == ["3"]
    assert page.column(1, 3) == []
    assert page.texts("#count") == ["1 of 21 rows"]
    page.all("#filter")[0].clear()
    page.all("#filter")[0].send_keys("unfinished")
    assert page.column(3, 3) == ["unfinished"]


def test_rows_chosen_are_in_curves_pictures_and_configurations(page):
    def drawn():
        return [
            len(page.all(s))
            for s in (
                "#legend button",
                "#panels path[data-row]",
                "#gallery figure",
                "#difference thead th",
            )
        ]

    assert drawn() == [6, 12, 6, 7]  # the best three of either block, two seeds each
    assert len(page.all("#panels figure")) == 2
    before = page.js("document.querySelector('#gallery img').src")
    page.click(".block:nth-of-type(1) input[data-row]", 0)
    assert drawn() == [5, 10, 5, 6]
    assert page.js("document.querySelector('#gallery img').src") != before
    page.click("#choose-none")
    assert drawn() == [0, 0, 0, 0]
    page.click(".block:nth-of-type(3) input[data-row]", 1)
    assert drawn()[:3] == [1, 1, 1]
    assert page.texts("#panels figcaption") == ["Not ranked"]
    page.all("#filter")[0].send_keys("gaussian z_dim=1")
    page.click("#choose-all")
    assert drawn()[0] == 1
    page.all("#filter")[0].clear()
    page.js("byId('filter').dispatchEvent(new Event('input'))")
    page.click("#choose-all")
    assert drawn()[:3] == [21, 2 * 18 + 2, 21]
    strokes = page.js(
        "[...document.querySelectorAll('#legend line')].map(l => l.classList[0]"
        " + l.getAttribute('stroke-dasharray'))"
    )
    assert len(set(strokes)) == 21
    page.click("#choose-best")
    assert drawn() == [6, 12, 6, 7]


def test_hovering_a_curve_names_it_and_the_point(page):
    from selenium.webdriver import ActionChains

    svg = page.all("#panels svg")[0]
    page.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", svg)
    ActionChains(page.driver).move_to_element_with_offset(svg, 150, 0).perform()
    [tip] = page.texts(".tip:not([hidden])")
    assert re.search(r"^decoder=gaussian z_dim=\d seed \d\nepoch \d+: val/elbo -\d", tip), tip
    assert len(page.all("path.lit")) == 1
    ActionChains(page.driver).move_to_element(page.all("h1")[0]).perform()
    assert page.all(".tip:not([hidden])") == []
    page.js("document.querySelector('#legend button').focus()")
    assert len(page.all("path.lit")) == 2  # both seeds


def test_curves_of_another_metric_over_another_axis_and_means(page):
    axes = page.texts("#panels figure:first-child .axis") or page.js(
        "[...document.querySelectorAll('#panels .axis')].map(e => e.textContent)"
    )
    page.pick("curve-metric", "train/loss")
    page.pick("curve-x", "time/train_seconds")
    now = page.js("[...document.querySelectorAll('#panels .axis')].map(e => e.textContent)")
    assert now[:2] == ["training time, seconds", "train/loss, nats per datum"] != axes[:2]
    page.pick("curve-seeds", "mean")
    assert len(page.all("#panels path[data-row]")) == len(page.all("#panels path.band")) == 6
    robust = page.js("document.querySelector('#panels path[data-row]').getAttribute('d')")
    page.click("#curve-robust")
    full = page.js("document.querySelector('#panels path[data-row]').getAttribute('d')")
    assert full != robust
    heights = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.-]+)", full)]
    assert min(heights) >= 10 and max(heights) <= 300  # nothing is clipped now


def test_pictures_of_another_kind(page):
    kinds = page.js("[...document.querySelectorAll('#picture-kind option')].map(o => o.value)")
    assert kinds == ["reconstructions", "samples", "latent_space"]
    before = page.js("document.querySelector('#gallery img').src")
    page.pick("picture-kind", "samples")
    assert page.js("document.querySelector('#gallery img').src") != before
    page.pick("picture-kind", "latent_space")
    assert page.texts("#gallery .missing") == ["no such picture here"] * 6
    assert page.js("[...document.images].every(i => i.complete && i.naturalWidth === 8)")


def test_a_row_unfolds_into_its_runs(page):
    page.click("[data-unfold]", 0)
    assert page.texts(".runs tbody tr td:first-child") == ["0", "1"]
    assert page.texts(".runs .folder")[0].endswith("/16")
    page.click("[data-unfold]", 0)
    assert page.all(".runs") == []


def test_configurations_show_differences_or_all_keys(page):
    assert page.texts("#difference tbody th") == ["decoder", "z_dim"]
    page.click("#all-keys")
    keys = page.texts("#difference tbody th")
    assert {"optimizer.lr", "seed", "network.hidden", "prior"} <= set(keys)
    marked = page.texts("#difference .differs th")
    assert {"decoder", "z_dim"} <= set(marked) and not {"prior", "optimizer.lr"} & set(marked)


def test_metrics_are_columns_by_choice(page):
    page.click("#metrics summary")
    assert "elbo" in " ".join(page.texts(".block:nth-of-type(1) thead th"))
    page.click("#metrics label:nth-child(2) input")
    assert "elbo" not in " ".join(page.texts(".block:nth-of-type(1) thead th"))


def test_every_control_has_a_name_and_can_be_reached_by_keyboard(page):
    nameless = page.js(
        "[...document.querySelectorAll('button, input, select')].filter(e => "
        "!(e.innerText || e.ariaLabel || e.labels?.[0]?.textContent.trim())).map(e => e.outerHTML)"
    )
    assert nameless == []
    assert page.js("[...document.querySelectorAll('[tabindex]')].every(e => e.tabIndex === 0)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_colour_scheme_and_fits_a_phone(page, scheme):
    feature = {"name": "prefers-color-scheme", "value": scheme}
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    light = page.js("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert light == (scheme == "light")
    page.driver.set_window_size(500, 900)
    try:
        assert page.js("document.documentElement.scrollWidth <= innerWidth")
    finally:
        page.driver.set_window_size(1400, 1000)
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_strings_of_a_strangers_runs_stay_strings(driver, tmp_path, compared):
    runs = tmp_path / "runs"
    for number, evil in enumerate(EVIL):
        make_run(
            runs / evil.replace("/", "∕"),
            summary={**DENSITY, "status": evil, f"test/{evil}": 1.0, "data/binarize": evil},
            metrics=[{"step": 1, "epoch": 1, "val/elbo": -3.0, f"val/{evil}": 2.0}],
            changes={"data.extra": evil, "objective": {"_target_": "x", evil: evil}},
            pictures={f"{evil.replace('/', '∕')}.png": png(), "fake.png": b"<script>"},
        )
        make_run(runs / f"failed{number}", summary={"status": evil}, changes={"z_dim": evil})
    comparison = compared(paths=[str(runs)])
    html = as_html(comparison)
    assert html.count("</script") == 2
    file = tmp_path / "compare.html"
    file.write_text(html)
    page = Page(driver, file)
    page.click("#choose-all")
    page.click("#all-keys")
    for number in range(len(page.all("[data-unfold]"))):
        page.click("[data-unfold]", number)
    for select in ("curve-metric", "picture-kind"):
        page.js(
            f"(() => {{ const e = byId('{select}'); for (const o of e.options) {{ "
            "e.value = o.value; e.dispatchEvent(new Event('change')); } })()"
        )
    assert page.js("window.hacked ?? null") is None
    assert (
        page.js(
            "document.querySelectorAll('#blocks img, #blocks script, #gallery svg[onload]').length"
        )
        == 0
    )
    text = page.js("document.body.innerText")
    assert all(" ".join(evil.split()) in " ".join(text.split()) for evil in EVIL)
    assert "fake" not in page.js("byId('picture-kind').innerText")
    assert page.errors() == []


def test_its_own_policy_stops_what_might_slip_through(driver, tmp_path, compared):
    make_run(tmp_path / "a")
    file = tmp_path / "compare.html"
    file.write_text(as_html(compared()).replace("<main>", f"<main>{EVIL[1]}{EVIL[2]}"))
    page = Page(driver, file)
    assert page.js("window.hacked ?? null") is None
    assert any("Content Security Policy" in error["message"] for error in page.errors())


def test_nothing_to_rank_is_a_page_too(driver, tmp_path, compared):
    make_run(tmp_path / "a", summary=None, metrics="")
    file = tmp_path / "compare.html"
    file.write_text(as_html(compared()))
    page = Page(driver, file)
    assert page.texts(".block h3") == ["Not ranked: no test metrics"]
    assert page.texts("#pictures-note") == ["These runs have no pictures."]
    assert page.errors() == []


@pytest.mark.long
def test_long_curves_are_thinned_and_keep_their_spikes(tmp_path, compared):
    records = curve(30_000)
    records[2 * 20_001 + 1]["val/loss"] = 1e9
    make_run(tmp_path / "a", metrics=records)
    [result] = read([str(tmp_path)])
    kept = thinned(read_curves(result)["val"], "val", MOST_POINTS)
    assert len(kept) <= MOST_POINTS
    assert max(record["val/loss"] for record in kept) == 1e9
    assert [kept[0]["epoch"], kept[-1]["epoch"]] == [1, 30_000]
    assert [r["epoch"] for r in kept] == sorted({r["epoch"] for r in kept})
    assert kept[-1]["time/train_seconds"] == 15_000  # of the training record before
    assert "metrics" not in vars(result.run)
    assert len(as_html(compared())) < 300_000


def test_curves_leave_gaps_where_numbers_are_none(tmp_path):
    make_run(tmp_path / "a", metrics='{"step": 1, "val/elbo": NaN}\n{"step": 2, "val/kl": 1}\n')
    make_run(tmp_path / "b", metrics='{"step": 1, "val/elbo": null, "val/x": [1]}\n')
    a, b = read([str(tmp_path)])
    assert [sorted(record) for record in read_curves(a)["val"]] == [
        ["step", "val/elbo"],
        ["step", "val/kl"],
    ]
    assert read_curves(b) == {"train": [], "val": []}


def test_pictures_beyond_the_budget_are_left_out_and_counted(tmp_path, compared, monkeypatch):
    for z_dim in range(1, 6):
        make_run(tmp_path / str(z_dim), f"z_dim={z_dim}", pictures={"samples.png": png()})
    [one, *_] = page_data(compared())["rows"]
    size = len(base64.b64decode(one["pictures"]["samples"]["uri"].partition(",")[2]))
    monkeypatch.setattr("vae_exp.comparison.gallery.MOST_BYTES", 3 * size)
    data = page_data(compared())
    assert [len(row["pictures"]) for row in data["rows"]] == [1, 1, 1, 0, 0]
    assert data["pictures_left_out"] == 2


def noisy(width, height):
    """A picture as large as a run's, that hardly compresses."""
    noise = Image.frombytes("L", (width, height), random.Random(0).randbytes(width * height))
    stream = io.BytesIO()
    noise.convert("RGB").save(stream, format="PNG")
    return stream.getvalue()


def test_pictures_are_made_smaller_and_the_page_with_them(tmp_path, compared):
    kinds = ("reconstructions", "samples", "traversals", "interpolation", "latent_space")
    picture = noisy(1300, 840)
    for z_dim in range(1, 10):
        pictures = {f"{kind}.png": picture for kind in kinds}
        make_run(tmp_path / str(z_dim), f"z_dim={z_dim}", pictures=pictures)
    comparison = compared()
    assert 9 * len(kinds) * len(picture) > 50e6
    assert len(as_html(comparison)) < 3e6
    uri = page_data(comparison)["rows"][0]["pictures"]["reconstructions"]["uri"]
    with Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) as shown:
        assert shown.width == 640 and shown.height == pytest.approx(413, abs=1)


def test_pictures_that_are_none_or_huge_are_not_opened(tmp_path, compared):
    bomb = png(size=4)
    bomb = bomb[:16] + struct.pack(">II", 2**31 - 1, 2**31 - 1) + bomb[24:]
    broken = {"signature.png": png()[:8], "cut.png": png()[:45], "bomb.png": bomb}
    large = {"large.png": noisy(8, 8)[:16] + struct.pack(">II", 30_000, 30_000) + noisy(8, 8)[24:]}
    make_run(tmp_path / "a", pictures={**broken, **large, "samples.png": png()})
    [row] = page_data(compared())["rows"]
    assert set(row["pictures"]) == {"samples"}


def test_one_metric_against_another_has_a_point_a_configuration(page):
    assert len(page.all("#scatter-panels figure")) == 2
    assert page.js("byId('scatter-x').value") == "test/kl"
    page.pick("scatter-y", "test/log_likelihood")
    points = page.js(
        "[...document.querySelectorAll('#scatter-panels figure:first-child .point')].map(g => ["
        "+g.querySelector('circle').getAttribute('cx'), +g.querySelector('circle').getAttribute("
        "'cy'), g.querySelector('title').textContent])"
    )
    assert len(points) == 9
    for x, y, title in points:
        assert title.splitlines()[0].startswith("decoder=gaussian z_dim=")
        assert [line.split(" ")[0] for line in title.splitlines()[1:]] == [
            *("test/kl", "test/log_likelihood")
        ]
        assert x > 0 and y > 0
    by_x = sorted(points)  # more z_dim, more KL, and a larger log-likelihood in these runs
    heights = [y for _, y, _ in by_x]
    assert heights == sorted(heights, reverse=True)
    names = page.js(
        "[...document.querySelectorAll('#scatter-panels figure:first-child .name')]"
        ".map(e => e.textContent)"
    )
    # what all points of a panel share is not said again
    assert sorted(names) == [f"z_dim={z}" for z in range(1, 10)]
    page.click("#choose-none")
    assert len(page.all("#scatter-panels .point.unchosen")) == 18


def test_a_metric_stands_against_a_key_too(driver, tmp_path, compared):
    """At first, where β varied and disentanglement was measured: on a logarithmic axis."""
    for number, beta in enumerate([1, 4, 16]):
        for seed in range(2):
            words = (f"objective.beta={beta}", f"seed={seed}", "optimizer.lr=1e-3")
            numbers = {"test/mig": 0.1 * number + 0.02 * seed, "test/kl": 9.0 - number}
            make_run(tmp_path / f"{beta}-{seed}", *words, summary={**DENSITY, **numbers})
    diverged = {**DENSITY, "test/mig": None, "test/kl": 1.0}
    make_run(tmp_path / "diverged", "objective.beta=64", summary=diverged)
    file = tmp_path / "compare.html"
    file.write_text(as_html(compared()))
    page = Page(driver, file)
    assert page.js("byId('scatter-x').value") == "key objective.beta"
    assert page.js("byId('scatter-y').value") == "test/mig"
    points = "[...document.querySelectorAll('#scatter-panels circle')]"
    x = sorted(page.js(f"{points}.map(c => +c.getAttribute('cx'))"))
    assert len(x) == 3 and x[1] - x[0] == pytest.approx(x[2] - x[1], rel=1e-3)
    label = page.js("document.querySelector('#scatter-panels svg').getAttribute('aria-label')")
    assert label.startswith("test/mig against objective.beta: ")
    [note] = page.texts("#scatter-panels .quiet")
    assert note.startswith("Rows without a finite number for both axes") and note.endswith(": 1.")
    page.pick("scatter-x", "test/kl")
    assert len(page.all("#scatter-panels circle")) == 3
    keys = [v for v in page.js("[...byId('scatter-x').options].map(o => o.value)") if "key" in v]
    assert keys == ["key objective.beta"]  # no key that is the same everywhere


@pytest.mark.long
def test_names_of_points_cover_nothing_and_are_not_cut(driver, tmp_path, compared):
    for number in range(40):  # in a heap, with long names, some of them at the borders
        values = {"test/kl": 5 + (number % 7) * 0.1, "test/reconstruction_loss": 70 + number // 7}
        changes = {"data.note": "x" * 30}
        make_run(
            tmp_path / str(number),
            f"z_dim={number + 1}",
            f"optimizer.lr={1e-3 * (number + 1):.4f}",
            summary={**DENSITY, **values},
            changes=changes,
        )
    file = tmp_path / "compare.html"
    file.write_text(as_html(compared()))
    page = Page(driver, file)
    frame, names, dots = page.js(
        "(() => { const box = e => { const r = e.getBoundingClientRect();"
        " return [r.left, r.top, r.right, r.bottom]; };"
        " const all = s => [...document.querySelectorAll('#scatter-panels ' + s)].map(box);"
        " return [all('svg')[0], all('.name'), all('circle')]; })()"
    )
    assert len(dots) == 40 and 3 < len(names) < 40
    for left, top, right, bottom in names:
        assert frame[0] <= left < right <= frame[2] and frame[1] <= top < bottom <= frame[3]

    def meet(a, b):
        return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]

    assert not any(meet(a, b) for i, a in enumerate(names) for b in names[:i])
    assert not any(meet(name, dot) for name in names for dot in dots)
    [note] = page.texts("#scatter-panels .quiet")
    assert note.startswith(f"Names without room: {40 - len(names)}.")


def path_of_first(page):
    return page.js("document.querySelector('#panels path[data-row]').getAttribute('d')")


def heights(path):
    return [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.-]+)", path)]


def test_a_log_scale_makes_powers_equal_steps_or_says_why_not(page):
    page.pick("curve-metric", "val/elbo")
    page.pick("curve-scale", "upwards")
    assert page.texts("#panels .frame .quiet") == [
        "No log scale upwards: not all is positive."
    ] * len(page.all("#panels figure"))
    page.pick("curve-metric", "val/loss")
    page.click("#curve-robust")
    assert page.texts("#panels .frame .quiet") == []
    ys = heights(path_of_first(page))
    z = page.js("data.rows[data.best[0]].runs[0].scalars['test/log_likelihood']")
    losses = [-z + 100 / epoch for epoch in range(1, 31)]
    expected = [math.log(loss / losses[-1]) / math.log(losses[0] / losses[-1]) for loss in losses]
    found = [(ys[-1] - y) / (ys[-1] - ys[0]) for y in ys]
    assert found == pytest.approx(expected, abs=2e-3)
    page.pick("curve-scale", "both")
    xs = [float(x) for x in re.findall(r"[ML]([\d.]+) ", path_of_first(page))]
    share = (xs[9] - xs[0]) / (xs[29] - xs[0])
    assert share == pytest.approx(math.log(10) / math.log(30), abs=2e-3)


def test_smoothing_averages_over_the_points_before_and_keeps_them_in_sight(page):
    page.click("#curve-robust")
    assert page.all("#panels path.raw") == []
    raw = heights(path_of_first(page))
    page.js(
        "(() => { const e = byId('curve-smooth'); e.value = 0.9;"
        " e.dispatchEvent(new Event('input')); })()"
    )
    assert len(page.all("#panels path.raw")) == len(page.all("#panels path[data-row]"))
    smooth = page.js("drawnCurves[0].curves[0].points.map((point) => point[1])")
    values = page.js("drawnCurves[0].curves[0].raw.map((point) => point[1])")
    for i in (0, 1, 10, 29):
        weights = [0.9 ** (i - j) for j in range(i + 1)]
        mean = sum(w * v for w, v in zip(weights, values)) / sum(weights)
        assert smooth[i] == pytest.approx(mean)
    assert len(raw) == len(smooth)


def downloaded(page, button):
    """The lines that a click on the button saves."""
    page.js(
        "(() => { window.saved = null; const make = URL.createObjectURL; URL.createObjectURL ="
        " (blob) => { blob.text().then((text) => { window.saved = text; }); return make(blob); };"
        f" byId('{button}').click(); URL.createObjectURL = make; }})()"
    )
    deadline = time.monotonic() + 10
    while (text := page.js("window.saved")) is None:
        assert time.monotonic() < deadline
    return list(csv.reader(io.StringIO(text)))


def test_tables_and_curves_can_be_downloaded(page):
    page.all("#filter")[0].send_keys("bernoulli")
    page.js("byId('filter').dispatchEvent(new Event('input'))")
    head, *lines = downloaded(page, "table-csv")
    assert head[:5] == ["block", "runs", "decoder", "z_dim", "test/log_likelihood"]
    assert [line[2:4] for line in lines] == [["bernoulli", str(z)] for z in range(9, 0, -1)]
    assert float(lines[0][4]) == pytest.approx(-90.95)
    assert float(lines[0][5]) == pytest.approx(0.05)
    head, *lines = downloaded(page, "curve-csv")
    assert head == ["block", "configuration", "curve", "epoch", "val/elbo", "stderr"]
    assert len(lines) == 12 * 30
    page.all("#filter")[0].clear()
    page.js("byId('filter').dispatchEvent(new Event('input'))")


def test_the_scatter_and_the_download_have_the_numbers_of_the_table(driver, tmp_path, compared):
    """A diverged seed leaves no mean; a stderr over the test set is that of a run alone."""
    for seed, (kl, elbo) in enumerate([(20.0, None), (math.nan, -90.0)]):
        numbers = {"test/kl": kl, "test/elbo": elbo, "test/elbo_stderr": 5.0 - seed}
        summary = {**DENSITY, **{k: v for k, v in numbers.items() if v is not None}}
        if elbo is None:
            del summary["test/elbo"]
        make_run(tmp_path / str(seed), f"seed={seed}", summary=summary)
    file = tmp_path / "compare.html"
    file.write_text(as_html(compared()))
    page = Page(driver, file)
    head, line = downloaded(page, "table-csv")
    found = dict(zip(head, line))
    assert "nan" in page.texts("[data-line] td.number")
    assert (found["test/kl"], found["test/kl stderr"]) == ("", "")
    assert (found["test/elbo"], found["test/elbo stderr"]) == ("-90", "")
    page.pick("scatter-x", "test/kl")
    assert page.all("#scatter-panels .point") == []
    page.pick("scatter-x", "test/elbo")
    page.pick("scatter-y", "test/elbo")
    [bar, _] = page.js(
        "[...document.querySelectorAll('.point line')]"
        ".map(e => e.getAttribute('x2') - e.getAttribute('x1'))"
    )
    assert bar == 0


NAMES_OF_OBJECTS = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"]


def test_names_that_every_object_has_are_names_like_others(driver, tmp_path, compared):
    """Keys, metrics and groups called as JavaScript calls what is in each of its objects."""
    for number in range(2):
        names = {f"test/{name}": 1.5 + number for name in NAMES_OF_OBJECTS}
        curve = [
            {
                "step": step,
                "epoch": step,
                **{f"val/{name}": step + 0.5 for name in NAMES_OF_OBJECTS},
            }
            for step in range(1, 4)
        ]
        make_run(
            tmp_path / str(number),
            summary={**DENSITY, **names, **dict.fromkeys(NAMES_OF_OBJECTS, 2.5 + number)},
            metrics=curve,
            changes={n: f"of {n} {number}" for n in (*NAMES_OF_OBJECTS, "isPrototypeOf")},
        )
    comparison = compared()
    keys = NAMES_OF_OBJECTS[1:]  # a key between underscores is none of a configuration's
    assert set(keys) <= set(comparison.columns)
    assert {f"test/{name}" for name in NAMES_OF_OBJECTS} <= set(comparison.metrics)
    assert set(NAMES_OF_OBJECTS) <= set(comparison.metrics)
    file = tmp_path / "compare.html"
    file.write_text(as_html(comparison))
    page = Page(driver, file)
    assert page.js("({}).polluted ?? Object.keys(Object.prototype).length") == 0
    heads = page.texts(".block thead th")
    for name in keys:
        assert name in [head.replace("\n", "") for head in heads]
        assert f"of {name} 1" in page.texts(".block td")
    [title] = page.js(
        "[...document.querySelectorAll('th button')].map(b => b.title)"
        ".filter(t => t.startsWith('isPrototypeOf'))"
    )
    assert title == "isPrototypeOf"  # a key, and no metric with a better end
    page.click("#metrics summary")
    for number in range(len(page.all("#metrics label"))):
        page.js(f"document.querySelectorAll('#metrics input')[{number}].click()")
    for select in ("curve-metric", "scatter-x", "scatter-y"):
        page.js(
            f"(() => {{ const e = byId('{select}'); for (const o of e.options) {{ "
            "e.value = o.value; e.dispatchEvent(new Event('change')); } })()"
        )
    page.click("#all-keys")
    for name in keys:
        page.js(f"byId('blocks').querySelector('button[data-at=\"0 {name}\"]').click()")
        assert page.column(1, 3)[0].startswith("of ")
        assert f"of {name} 0" in page.texts("#difference td")
    assert page.errors() == []


def test_a_download_has_no_formula_of_a_stranger(driver, tmp_path, compared):
    evil = {
        "a": '=HYPERLINK("http://x","y")',
        "b": "+1+cmd|' /C calc'!A0",
        "c": "@SUM(1)",
        "d": "-2",
    }
    for number in range(2):
        changes = {f"data.{key}": f"{text}{number}" for key, text in evil.items()}
        make_run(tmp_path / str(number), changes=changes)
    file = tmp_path / "compare.html"
    file.write_text(as_html(compared()))
    lines = [cell for line in downloaded(Page(driver, file), "table-csv") for cell in line]
    assert not [cell for cell in lines if cell[:1] in "=+@" and cell]
    assert '\'=HYPERLINK("http://x","y")0' in " ".join(lines)
    driver.get_log("browser")
