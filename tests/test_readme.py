"""What the README shows works as it stands."""

import contextlib
import io
import math
import re
from pathlib import Path

import pytest

from tests.conftest import options
from vae_exp.configuration.compose import compose

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, flags=re.S)


def blocks(language):
    return [text for kind, text in BLOCKS if kind == language]


def test_the_python_example_runs_and_is_short():
    (example,) = [text for text in blocks("python") if "vae_exp.compose" in text]
    assert len([line for line in example.splitlines() if line.strip()]) < 15
    out, names = io.StringIO(), {}
    with contextlib.redirect_stdout(out):
        exec(example, names)
    lines = out.getvalue().splitlines()
    assert len(lines) == 11
    assert math.isfinite(float(lines[-1]))
    assert names["reconstructed"].shape == (16, 1, 8, 8)


def test_the_example_of_an_error_is_what_the_program_says(cli):
    (example,) = [text for text in blocks("") if text.startswith("$ python -m vae_exp.run ")]
    command, _, told = example.partition("\n")
    result = cli(*command.split()[4:])
    assert result.exit_code == 2
    assert result.err.split() == told.split()


AFTERWARDS = [
    line.partition("#")[0].split()[2:]
    for text in blocks("sh")
    for line in text.splitlines()
    if re.match(r"python -m vae_exp\.(evaluate|sample|compare)", line)
]


@pytest.mark.parametrize("command", AFTERWARDS, ids=" ".join)
def test_the_commands_on_a_run_work(cli, saved, command):
    module, folder, *rest = command
    assert folder.startswith("outputs/")
    result = cli(str(saved), *rest, module=module.removeprefix("vae_exp."))
    assert result.exit_code == 0, result.err


def test_the_example_of_loading_runs(saved):
    (example,) = [text for text in blocks("python") if "vae_exp.load" in text]
    names = {}
    exec(re.sub(r'"outputs/[^"]*"', repr(str(saved)), example), names)
    assert names["reconstructed"].shape == (16, 1, 8, 8)


def test_the_recipe_for_a_likelihood_works(cli, tmp_path, monkeypatch):
    (module,) = [text for text in blocks("python") if "my_package.py" in text]
    (config,) = blocks("yaml")
    (tmp_path / "my_package.py").write_text(module)
    (tmp_path / "my_conf" / "decoder").mkdir(parents=True)
    (tmp_path / "my_conf" / "decoder" / "mine.yaml").write_text(config)
    monkeypatch.syspath_prepend(tmp_path)
    mine = ["--config-dir", "my_conf", "decoder=mine", "trainer.epochs=2"]
    result = cli(*mine, "decoder.df=5")
    assert result.exit_code == 0, result.err
    assert math.isfinite(result.summary["test/elbo"])
    wrong = cli(*mine, "decoder.df=many")
    assert wrong.exit_code == 2
    assert "decoder.df: expected float, got 'many'" in wrong.err


COMMANDS = [
    line.partition("#")[0].partition("vae_exp.run")[2].split()
    for text in blocks("sh")
    for line in text.splitlines()
    if "vae_exp.run" in line and "--" not in line
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_commands_compose(command):
    values = [word for word in command if not word.startswith("-")]
    # of a sweep, the first value of each key stands for the rest
    is_sweep = "-m" in command
    compose(*[word.partition(",")[0] if is_sweep else word for word in values])
    assert COMMANDS


def test_the_table_of_groups_is_complete():
    groups = {"encoder", "decoder", "prior", "kl", "network", "objective", "data"}
    for group in groups:
        row = next(r for r in README.splitlines() if r.startswith(f"| `{group}`"))
        assert all(re.search(rf"\b{option}\b", row) for option in options(group)), group
