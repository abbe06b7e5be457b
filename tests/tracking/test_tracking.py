"""Weights & Biases: what it records, and that its failures harm nothing."""

import contextlib
import http.server
import json
import os
import socket
import threading
import time

import numpy
import pytest
from PIL import Image

from tests.conftest import one_in
from tests.forked import Forked
from tests.runs.test_resume import DOOMED
from tests.tracking.program import KEY, QUICK, run
from tests.tracking.reading import inspect


def records(path):
    """Config, summary and history."""
    return [json.loads(line) for line in inspect(path).splitlines()]


@pytest.fixture(scope="module")
def offline(tmp_path_factory):
    """A sweep of two runs without credentials: mode=auto must go offline, without a prompt."""
    folder = tmp_path_factory.mktemp("offline")
    pictures = "plots.names=[reconstructions,samples]"
    sweep = ["-m", "decoder=bernoulli", "seed=0,1", "hydra.sweep.dir=outputs/sweeps/a/b"]
    done = run(folder, *sweep, drawn=pictures)
    assert done.returncode == 0, done.stderr
    return folder, done


def test_no_credentials_means_offline_in_one_place(offline):
    folder, done = offline
    assert "offline in outputs/wandb" in done.stdout
    assert done.stderr == ""
    assert len(list((folder / "outputs" / "wandb").glob("offline-run-*"))) == 2
    for job in ("0", "1"):
        summary = json.loads((folder / "outputs/sweeps/a/b" / job / "summary.json").read_text())
        assert summary["status"] == "finished"


def test_each_job_is_a_run_of_one_group_with_name_tags_config_and_metrics(offline):
    folder, _ = offline
    names = set()
    for path in sorted((folder / "outputs" / "wandb").glob("offline-run-*")):
        text = json.dumps(everything := records(path))
        run_record = next(r for r in everything if r["type"] == "run")
        names.add(run_record["run"]["display_name"])
        assert run_record["run"]["job_type"] == "train"  # nothing differs but the seed
        assert "a/b" in json.dumps(run_record)
        for needed in ("decoder=bernoulli", "kl=analytic", "prior=standard_normal"):
            assert needed in json.dumps(run_record)
        columns = run_record["run"]["config"]["update"]
        assert (columns["decoder"], columns["kl"]) == ("bernoulli", "analytic")
        # resolved configuration, axes, metrics of every kind, final numbers
        assert "${" not in text.replace("${runSets}", "")  # of a chart of its own
        for needed in (
            "vae_exp.decoder.bernoulli.Bernoulli",  # below settings
            "train/loss",
            "train/learning_rate",
            "train/samples_per_second",
            "train/kl",
            "val/elbo",
            "val/reconstruction_loss",
            "test/log_likelihood",
        ):
            assert needed in text, needed
    assert names == {"seed=0", "seed=1"}


def pixels(path):
    with Image.open(path) as picture:
        return numpy.asarray(picture).tobytes()


def test_stored_pictures_are_the_ones_in_plots(offline):
    folder, _ = offline
    for kind in ("reconstructions", "samples"):
        stored = (folder / "outputs" / "wandb").glob(
            f"offline-run-*/files/media/images/pictures/{kind}*.png"
        )
        drawn = (folder / "outputs" / "sweeps" / "a" / "b").glob(f"*/plots/{kind}.png")
        drawn, stored = set(map(pixels, drawn)), set(map(pixels, stored))
        assert len(drawn) == 2
        assert drawn == stored


@pytest.mark.kill
@pytest.mark.fault
def test_a_killed_run_goes_on_in_wandb_with_each_record_once(tmp_path):
    """Each time it goes on adds a file; together they have every record, and none twice."""
    folder = tmp_path / "run"
    short = ["trainer.epochs=4", *QUICK[1:], "plots.names=[]", "resume=auto"]
    own = [*short, "trainer.checkpoint_every=0", f"hydra.run.dir={folder}"]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("WANDB_")}
    environment = {**clean, "WANDB_MODE": "offline"}
    for doom in ("logging:5", "writing:2", None):
        words, script = (own, None) if doom is None else ([doom, *own], DOOMED)
        process = Forked(tmp_path, words, environment, script=script)
        _, err = process.communicate(timeout=120)
        assert process.returncode == (0 if doom is None else -9), err
    logged = []
    for path in sorted((tmp_path / "outputs" / "wandb").glob("offline-run-*")):
        steps = [r["history"] for r in records(path) if r["type"] == "history"]
        logged += [(step["step"]["num"], step["item"]["step"]) for step in steps]
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    assert logged == [(n, json.loads(line)["step"]) for n, line in enumerate(lines)]


@contextlib.contextmanager
def hanging_server():
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@contextlib.contextmanager
def refusing_server():
    """Answers 401 to everything."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(401)

        do_POST = do_GET

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@contextlib.contextmanager
def absent_server():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    yield port


@pytest.mark.parametrize("server", one_in(3, [refusing_server, hanging_server, absent_server]))
def test_a_server_that_fails_costs_one_warning_and_little_time(server, tmp_path):
    start = time.monotonic()
    with server() as port:
        address = {"WANDB_BASE_URL": f"http://127.0.0.1:{port}", "WANDB_API_KEY": KEY}
        done = run(tmp_path, "hydra.run.dir=run", "wandb.mode=online", **address)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("W&B goes offline for this run") == 1
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["status"] == "finished"
    assert list((tmp_path / "outputs" / "wandb").glob("offline-run-*"))
    # fifteen seconds of waiting at most, beside the start-up and the training
    assert time.monotonic() - start < 15 + 20


def test_a_wrong_key_costs_one_warning(tmp_path):
    done = run(tmp_path, "hydra.run.dir=run", WANDB_API_KEY="short")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("W&B goes offline for this run") == 1
    assert (tmp_path / "run" / "summary.json").exists()


def test_no_folder_for_wandb_costs_one_warning(tmp_path):
    done = run(tmp_path, "hydra.run.dir=run", "wandb.dir=/dev/null/wandb")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("W&B stopped, the run goes on without it") == 1
    assert (tmp_path / "run" / "summary.json").exists()


def test_disabled_leaves_nothing(tmp_path):
    done = run(tmp_path, "hydra.run.dir=run", "wandb.mode=disabled")
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "outputs").exists()
