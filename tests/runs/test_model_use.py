"""A command with a model of W&B is a run there, which has used the model and has the numbers."""

import json
import re
from argparse import Namespace
from pathlib import Path

import pytest

import vae_exp
from tests.tracking.program import run
from tests.tracking.server import Server, serving
from vae_exp.runs import model_use as module
from vae_exp.runs.model_use import model_use
from vae_exp.tracking.model_artifact import FILES

MODEL = "wandb:me/vae_exp/model-1a2b3c4d:best"
QUICK = ["evaluation.importance_samples=8", "evaluation.probe=false"]


@pytest.fixture
def shop(trained):
    """A server that has the model."""
    server = Server()
    server.publish("model-1a2b3c4d", trained, [f for f in FILES if (trained / f).exists()])
    with serving(server) as address:
        yield server, address


def used(server):
    """The one run there is, which has used the model: what was told of it."""
    ((name, given),) = server.runs.items()
    (use,) = server.named("UseArtifact")
    assert (use["artifactID"], use["runName"]) == ("artifact-0", name)
    assert (given["entity"], given["project"]) == ("me", "vae_exp")
    return given, server.stream(name)


def test_an_evaluation_is_a_run_that_used_the_model(shop, tmp_path):
    server, address = shop
    done = run(tmp_path, MODEL, *QUICK, "--json", module="evaluate", **address)
    assert done.returncode == 0, done.stderr
    numbers = json.loads(done.stdout)
    given, stream = used(server)
    assert (given["jobType"], given["displayName"]) == ("evaluate", "evaluate model-1a2b3c4d:v0")
    config = server.config()
    assert config["model"] == "me/vae_exp/model-1a2b3c4d:v0"
    assert config["overrides"] == QUICK
    assert stream["summary"]["test/log_likelihood"] == numbers["log_likelihood"]
    assert stream["exit_code"] == 0
    assert "charts/kl_per_latent_table" in stream["summary"]
    assert done.stderr.startswith("W&B run evaluate model-1a2b3c4d:v0: http://127.0.0.1:")
    assert done.stderr.count("\n") == 1


@pytest.mark.long
@pytest.mark.parametrize("command", ["sample", "encode", "reconstruct", "impute", "compress"])
def test_each_command_is_a_run_that_used_the_model(shop, tmp_path, command):
    server, address = shop
    holes = ["data.missing=0.5"] if command == "impute" else []
    done = run(tmp_path, MODEL, *holes, module=command, **address)
    assert done.returncode == 0, done.stderr
    given, stream = used(server)
    assert (given["jobType"], stream["exit_code"]) == (command, 0)
    assert ("pictures/samples" in stream["summary"]) == (command == "sample")
    assert len(server.artifacts) == 1  # what was made of data stays on this machine


@pytest.mark.long
@pytest.mark.fault
@pytest.mark.parametrize("status", [403, 500, None])
@pytest.mark.parametrize("operation", ["UpsertBucket", "UseArtifact", "CreateArtifact"])
def test_wandb_fails_and_the_command_does_not(shop, tmp_path, operation, status):
    server, address = shop
    server.fails = lambda path, body: f" {operation}".encode() in body
    server.status = status
    words = [MODEL, "--samples", "8", "--out", "mine.csv"]
    done = run(tmp_path, *words, module="score", **address)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "mine.csv").exists()
    assert "Traceback" not in done.stderr


def test_the_commands_are_those_that_there_are():
    """W&B's page of a project leaves them out by these names."""
    package = Path(vae_exp.__file__).parent
    texts = "".join(file.read_text() for file in package.glob("*.py"))
    assert sorted(re.findall(r'model_use\("(\w+)"', texts)) == sorted(module.COMMANDS)


FOLDER = Path("outputs/artifacts/me/vae_exp/model-1-v3")


@pytest.fixture
def opened(monkeypatch):
    """The runs that were opened; W&B cannot be had."""
    monkeypatch.delenv("WANDB_MODE")
    runs = []

    def fail(*_, **arguments):
        runs.append(arguments)
        raise OSError("no W&B\x1b[2J\nat all")

    monkeypatch.setattr(module, "open_online", fail)
    return runs


@pytest.mark.parametrize(
    ("run", "no_wandb", "mode"),
    [(MODEL, True, ""), (MODEL, False, "disabled"), (MODEL, False, "offline"), ("a", False, "")],
)
def test_no_run_is_opened_where_none_is_wanted(opened, monkeypatch, capsys, run, no_wandb, mode):
    monkeypatch.setenv("WANDB_MODE", mode)
    with model_use("score", FOLDER, Namespace(run=run, no_wandb=no_wandb)) as use:
        use.log_numbers({"a": 1.0})
        use.log_file("scores", Path("nothing"))
    assert (opened, capsys.readouterr().err) == ([], "")


@pytest.mark.fault
def test_without_wandb_the_work_is_done_and_one_line_says_so(opened, capsys):
    with model_use("score", FOLDER, Namespace(run=MODEL, no_wandb=False, split="test")) as use:
        use.log_numbers({"a": 1.0})
    (arguments,) = opened
    assert (arguments["entity"], arguments["project"]) == ("me", "vae_exp")
    assert arguments["name"] == "score model-1:v3"
    assert capsys.readouterr().err == (
        "W&B has not, or not all of, this use of the model: OSError: no W&B\ufffd[2J at all\n"
    )


def test_a_command_that_fails_is_a_run_that_failed(opened, monkeypatch):
    run, ends = object(), []
    monkeypatch.setattr(module, "finish_within", lambda run, code: ends.append((run, code)))
    for error in (RuntimeError, KeyboardInterrupt):
        given = Namespace(run="a folder", no_wandb=False)
        with pytest.raises(error), model_use("score", FOLDER, given) as use:
            use.run = run
            raise error
    assert ends == [(run, 1), (run, 1)]
