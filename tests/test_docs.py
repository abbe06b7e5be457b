"""What the pages of docs/ show can be done: examples run, commands and links are good."""

import contextlib
import inspect
import io
import math
import re
import tomllib

import pytest
import yaml
from omegaconf import OmegaConf

import vae_exp
from tests.conftest import options
from tests.pages import PAGES, ROOT, anchors, blocks, commands, first_values, links, text
from vae_exp.cli.parser import Parser
from vae_exp.configuration.compose import compose

DOCS = ROOT / "docs"
OPTIONS = DOCS / "options.md"
MADE = {DOCS / "reference", DOCS / "gallery.md"}  # while the site is built
pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="no docs/ beside tests/")


def own_part():
    """The module and the file of docs/own_part.md."""
    (module,) = [block for block in blocks(DOCS / "own_part.md", "python") if "my_package" in block]
    (config,) = blocks(DOCS / "own_part.md", "yaml")
    return module, config


def write_own_part(folder):
    """Put them where the page has them."""
    module, config = own_part()
    (folder / "my_package.py").write_text(module)
    (folder / "my_conf" / "decoder").mkdir(parents=True)
    (folder / "my_conf" / "decoder" / "mine.yaml").write_text(config)


def test_the_python_example_runs_and_is_short():
    (example,) = [b for b in blocks(DOCS / "python.md", "python") if "vae_exp.compose" in b]
    assert len([line for line in example.splitlines() if line.strip()]) < 15
    out, names = io.StringIO(), {}
    with contextlib.redirect_stdout(out):
        exec(example, names)
    lines = out.getvalue().splitlines()
    assert len(lines) == 11
    assert math.isfinite(float(lines[-1]))
    assert names["reconstructed"].shape == (16, 1, 8, 8)


def test_the_example_of_loading_runs(saved):
    (example,) = [b for b in blocks(DOCS / "trained_model.md", "python") if "vae_exp.load" in b]
    names = {}
    exec(re.sub(r'"outputs/[^"]*"', repr(str(saved)), example), names)
    assert names["reconstructed"].shape == (16, 1, 8, 8)
    assert names["from_one_to_the_other"].shape == (9, 1, 8, 8)


@pytest.mark.parametrize("page", ["python.md", "trained_model.md"])
def test_a_condition_is_given_by_the_name_that_the_methods_have(page):
    calls = re.findall(r"`vae\.(\w+)\([^`]*?, (\w+)=\"[^`]*\)`", (DOCS / page).read_text())
    assert calls
    for method, argument in calls:
        assert argument in inspect.signature(getattr(vae_exp.VAE, method)).parameters


def test_the_example_of_an_error_is_what_the_program_says(cli):
    (example,) = [b for b in blocks(DOCS / "command_line.md", "") if b.startswith("$ python -m")]
    command, _, told = example.partition("\n")
    result = cli(*command.split()[4:])
    assert result.exit_code == 2
    assert result.err.split() == told.split()


def test_the_recipe_for_a_likelihood_works(cli, tmp_path, monkeypatch):
    write_own_part(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    quick = ["evaluation.importance_samples=2", "evaluation.probe=false", "plots.names=[samples]"]
    mine = ["--config-dir", "my_conf", "decoder=mine", "trainer.epochs=1", *quick]
    result = cli(*mine, "decoder.scale=0.2")
    assert result.exit_code == 0, result.err
    assert math.isfinite(result.summary["test/elbo"])
    conditional = cli(*mine, "condition=labels")
    assert conditional.exit_code == 0, conditional.err
    checked = cli("decoder=mine", "--config-dir", "my_conf", module="check")
    assert checked.exit_code == 0, checked.out
    wrong = cli(*mine, "decoder.scale=many")
    assert wrong.exit_code == 2
    assert "decoder.scale: expected float, got 'many'" in wrong.err


@pytest.mark.long
def test_the_example_of_a_table_runs_as_it_is_written(cli, tmp_path):
    page = DOCS / "own_table.md"
    made, used = blocks(page, "python")
    exec(made, {})
    quick = ["trainer.max_steps=3", "plots.names=[]", "network.hidden=[8]"]
    quick += ["evaluation.importance_samples=2", "evaluation.part_seconds=null"]
    for module, *words in commands(page):
        result = cli(*words, *(quick if module == "run" else []), module=module)
        assert result.exit_code == 0, (words, result.err)
    told = [f"{name}.csv" for name in ("complete", "complete_draws", "scores", "samples/samples")]
    assert all((tmp_path / name).exists() for name in [*told, "compare.html"])
    names = {}
    exec(f"import pandas, vae_exp\n{used}", names)
    assert names["complete"]["income"].notna().all() and len(names["drawn"]) == 5


SHOWN = {tuple(words): page.name for page in PAGES for words in commands(page)}
RUNS = sorted(w[1:] for w in SHOWN if w[0] == "run" and "--" not in " ".join(w))
OTHERS = sorted(words for words in SHOWN if words[0] != "run")


@pytest.mark.parametrize("command", RUNS, ids=" ".join)
def test_the_runs_compose(command):
    words = [word for word in command if not word.startswith("-")]
    compose(*(first_values(words) if "-m" in command else words))


class Accepted(BaseException):
    """The arguments were."""


def test_the_other_commands_are_accepted(cli, monkeypatch):
    for name in ("parse_args", "parse_intermixed_args"):
        parse = getattr(Parser, name)

        def accept(self, *arguments, parse=parse):
            parse(self, *arguments)
            raise Accepted

        monkeypatch.setattr(Parser, name, accept)
    for module, *words in OTHERS:
        with pytest.raises(Accepted):
            raise AssertionError(cli(*words, module=module).err)


def test_links_lead_somewhere():
    for page in PAGES:
        for link in links(page):
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            made = target.with_suffix(".ipynb").exists() or MADE & {target, *target.parents}
            assert target.exists() or made, (page.name, link)
            if anchor and target.suffix == ".md":
                assert anchor in anchors(target), (page.name, link)


def test_the_extras_that_are_named_exist():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    named = {e for page in PAGES for e in re.findall(r"'\.\[(\w+)\]'", text(page))}
    assert "flows" in named and named <= set(extras)


def test_the_defaults_of_docs_options_are_those_of_runs():
    named = re.findall(r"`((?:trainer|condition|evaluation)\.\w+)=([\w.]+)`", text(OPTIONS))
    cfg = compose("condition=labels")
    for key, value in named:
        if key != "condition.quadrants":
            assert OmegaConf.select(cfg, key) == yaml.safe_load(value), key
    assert len(named) > 10


def test_docs_options_has_every_option():
    sections = re.split("^## ", text(OPTIONS), flags=re.M)
    for group in ("encoder", "decoder", "prior", "condition", "kl", "network", "objective", "data"):
        (section,) = [s for s in sections if s.startswith(f"{group}\n")]
        assert all(re.search(rf"\b{option}\b", section) for option in options(group)), group
