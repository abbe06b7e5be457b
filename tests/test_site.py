"""What the documentation says of the program is what the program says and has."""

import functools
import importlib.util
import json
import re
import subprocess
import sys

import pytest

from tests.conftest import CONF, options

ROOT = CONF.parent
DOCS = ROOT / "docs"
MATHEMATICS = ("encoder", "decoder", "prior", "kl", "objective", "condition", "network")
PICTURED = ("encoder", "decoder", "prior", "network", "data")
TROUBLES = DOCS / "troubleshooting.md"

if not TROUBLES.exists():
    pytest.skip("an installed package, with no docs beside conf/", allow_module_level=True)


def blocks(page):
    return re.findall(r"```text\n(.*?)\n```", page.read_text(), flags=re.S)


def commands(page):
    pairs = (block.partition("\n") for block in blocks(page) if block.startswith("$ "))
    return [(command.split()[4:], told) for command, _, told in pairs]


@functools.cache
def source():
    """All code, with the parts of a text that stand side by side joined."""
    files = (path.read_text() for path in (ROOT / "vae_exp").rglob("*.py"))
    return re.sub(r'"\s*f?"', "", "\n".join(files))


def is_said(message):
    parts = [re.escape(part) for part in message.split("…")]
    return re.search(r"\{.{1,80}?\}".join(parts), source()) is not None


@pytest.mark.parametrize("message", [b for b in blocks(TROUBLES) if not b.startswith("$ ")])
def test_the_messages_of_troubleshooting_are_the_programs(message):
    for prefix in ("vae_exp: ", "FloatingPointError: "):
        message = message.removeprefix(prefix)
    assert is_said(message)


def test_a_message_that_the_program_does_not_have_would_be_noticed():
    assert is_said("kl: expected a pair with a closed form for kl=analytic")
    assert not is_said("kl: expected a closed form for …")


@pytest.mark.long
@pytest.mark.parametrize("command, told", commands(TROUBLES), ids=str)
def test_the_commands_of_troubleshooting_are_refused_in_these_words(cli, command, told):
    result = cli(*command)
    assert result.exit_code == 2
    assert result.err.strip() == told


@pytest.mark.parametrize("group", MATHEMATICS)
def test_a_page_of_the_mathematics_has_each_option(group):
    page = (DOCS / "mathematics" / f"{group}.md").read_text()
    sections = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", page, flags=re.S | re.M))
    assert sorted(sections) == options(group)
    for option, text in sections.items():
        code = (ROOT / "vae_exp" / group / f"{option}.py").read_text()
        assert "$$" in text and "**When:**" in text and "**Cost:**" in text, option
        assert "Source: " in text or "Source: " in code, option


@pytest.mark.parametrize("group", MATHEMATICS)
def test_what_each_option_costs_was_measured(group):
    costs = json.loads((DOCS / "mathematics" / "costs.json").read_text())
    assert {f"{group}={option}" for option in options(group)} <= costs.keys()
    assert sum(costs[f"{group}={option}"] == {"default": True} for option in options(group)) == 1
    for option in options(group):
        measured = costs[f"{group}={option}"]
        if measured == {"default": True}:
            continue
        assert any(word.endswith(f"={option}") for word in measured["words"])
        assert 0.2 < measured["step"] < 50 and measured["parameters"] > 0


NOT_HERE = {"fashion_mnist", "kmnist", "emnist", "omniglot", "cifar10", "svhn", "celeba"}


@pytest.mark.parametrize("group", PICTURED)
def test_each_option_has_a_small_picture_of_a_run(group):
    runs = json.loads((DOCS / "gallery" / "runs.json").read_text())
    for option in set(options(group)) - (NOT_HERE if group == "data" else set()):
        assert runs[f"{group}={option}"]["seconds"] <= 60
        assert (DOCS / "gallery" / f"{group}-{option}.webp").stat().st_size <= 40_000


def test_pictures_are_small_together():
    files = [*DOCS.rglob("*.webp"), *DOCS.rglob("*.png"), *DOCS.rglob("*.ipynb")]
    assert sum(file.stat().st_size for file in files) < 6e6


@pytest.mark.long
def test_the_site_builds_and_opens_from_disk(tmp_path):
    pytest.importorskip("material", reason="pip install -e '.[docs]'")
    pytest.importorskip("mkdocstrings")
    built = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", built],
        cwd=ROOT,
        check=True,
    )
    for page in built.rglob("*.html"):
        text = page.read_text()
        loaded = re.findall(r'<(?:script|img|link|iframe)\b[^>]*?(?:src|href)="([^"]+)"', text)
        away = [url for url in loaded if re.match(r"(https?:)?//", url)]
        assert not away, (page.name, away)
        assert 'class="arithmatex"' not in text, page.name


def load(script):
    """A module of docs/making."""
    spec = importlib.util.spec_from_file_location(script, DOCS / "making" / f"{script}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names(output):
    """The metrics and the errors that an output has."""
    return set(re.findall(r"\b(?:test|val)/\w+|vae_exp: .*", output))


@pytest.mark.long
def test_the_tutorial_prints_what_it_shows(tmp_path):
    executed = load("executed")
    page = (DOCS / "tutorial.md").read_text()
    kept = []
    again = executed.executed(page, tmp_path, lambda file, name: kept.append((file, name)))
    shown, found = dict(executed.outputs(page)), dict(executed.outputs(again))
    assert shown.keys() == found.keys()
    for command, output in shown.items():
        assert names(found[command]) == names(output), command
    for file, name in kept:
        assert file.exists() and (DOCS / name).exists()


@pytest.mark.long
@pytest.mark.parametrize("path", sorted((DOCS / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_a_notebook_runs(path, tmp_path):
    nbformat = pytest.importorskip("nbformat", reason="pip install -e '.[docs]'")
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.read(path, as_version=4)
    stored = [bool(cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]
    client = nbclient.NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    printed = [bool(cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]
    assert printed == stored and any(stored)
    assert path.stat().st_size < 200_000
