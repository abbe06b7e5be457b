"""The command in a process of its own: what it loads, and how it is completed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import vae_exp
from vae_exp.configuration.command_line import COMMANDS

HEAVY = ("torch", "torchvision", "wandb", "matplotlib", "sklearn", "numpy", "pydantic")


def loaded_by(*arguments):
    """The heavy modules that a command line has imported by its end."""
    script = (
        "import sys, runpy, atexit\n"
        f"heavy = {HEAVY!r}\n"
        "atexit.register(lambda: print('LOADED', *[h for h in heavy if h in sys.modules]))\n"
        f"sys.argv = ['vae-exp', *{list(arguments)!r}]\n"
        "runpy.run_module('vae_exp.run', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    return done.stdout.rpartition("LOADED")[2].split(), done


@pytest.mark.parametrize(
    "flags",
    [
        ["--help"],
        *(
            pytest.param(f, marks=pytest.mark.long)
            for f in (["--cfg", "job"], ["--info", "defaults"])
        ),
    ],
)
def test_nothing_heavy_before_a_job(flags):
    heavy, done = loaded_by(*flags, "decoder=bernoulli")
    assert done.returncode == 0, done.stderr
    assert heavy == []


def test_completion_loads_nothing_heavy_and_knows_the_options():
    environment = {**os.environ, "COMP_LINE": "vae-exp decoder=", "COMP_POINT": "16"}
    script = (
        "import sys; sys.argv = ['vae-exp', '-sc', 'query=bash']\n"
        "from vae_exp.run import main\n"
        "main()\n"
        f"print('LOADED', *[h for h in {HEAVY!r} if h in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment
    )
    words, _, heavy = done.stdout.rpartition("LOADED")
    assert {"decoder=bernoulli", "decoder=gaussian", "decoder=laplace"} <= set(words.split())
    assert heavy.split() == []


def test_what_is_not_asked_for_is_not_loaded(tmp_path):
    heavy, done = loaded_by(
        "trainer.max_steps=1",
        "plots.names=[]",
        "evaluation.importance_samples=8",
        "network.hidden=[8]",
        "wandb.mode=disabled",  # its table of test data has pictures
        f"hydra.run.dir={tmp_path}/run",
        f"wandb.dir={tmp_path}",
    )
    assert done.returncode == 0, done.stderr
    assert "torch" in heavy
    assert not {"torchvision", "matplotlib", "sklearn"} & set(heavy)


@pytest.mark.long
def test_a_terminal_without_greek_does_not_end_a_run(tmp_path):
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    quick = ["trainer.epochs=1", "plots.names=[]", "evaluation.probe=false", "wandb.mode=disabled"]
    quick += ["evaluation.importance_samples=8", "network.hidden=[8]", "z_dim=2"]
    command = [sys.executable, "-m", "vae_exp.run", *quick]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, **ascii_only, "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "test/elbo" in done.stdout


def test_an_unknown_option_is_refused_with_what_there_is(cli):
    for word, instead in {
        "--conditon": "did you mean --condition?",
        "--data": "there are --no-wandb, --allow, --count, --condition, --seed, --out, --device, "
        "--weights",
    }.items():
        result = cli("run", word, "x", module="sample")
        assert result.exit_code == 2
        assert result.err == f"vae_exp: unrecognized arguments: {word} x; {instead}\n"


def test_the_commands_are_known_by_name():
    package = Path(vae_exp.__file__).parent
    run = [file.stem for file in package.glob("*.py") if '"__main__"' in file.read_text()]
    assert sorted(["__main__", *COMMANDS]) == sorted(run)


def test_the_package_lists_its_commands(cli):
    listed = cli(module="__main__")
    assert listed.exit_code == 0 and listed.err == ""
    assert re.findall(r"^python -m vae_exp\.(\w+)  ", listed.out, re.M) == list(COMMANDS)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("words", "instead"),
    [
        (["score", "a run"], "python -m vae_exp.score 'a run'"),
        (["smaple", "a"], "python -m vae_exp.sample a"),
        (["-m", "z_dim=2,3"], "python -m vae_exp.run -m z_dim=2,3"),
    ],
)
def test_the_package_alone_says_which_command_was_meant(cli, words, instead):
    refused = cli(*words, module="__main__")
    (line,) = refused.err.splitlines()
    assert refused.exit_code == 2 and line.endswith(f"got {words[0]}; {instead}")
