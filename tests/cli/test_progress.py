"""What a person sees while a run goes on."""

import logging
import multiprocessing
import os
import pty
import re
import subprocess
import sys
from time import perf_counter, sleep

import pytest

from vae_exp.cli import heartbeat, progress
from vae_exp.cli.heartbeat import Heartbeat
from vae_exp.cli.progress import Bar, DataProgress, EvaluationProgress, duration, name_lines
from vae_exp.configuration.compose import compose
from vae_exp.data.progress import tell
from vae_exp.experiment import build
from vae_exp.vae import VAE

TINY = ["network.hidden=[8]", "z_dim=2", "trainer.max_steps=2", "evaluation.importance_samples=64"]


def test_an_evaluation_tells_its_parts_and_how_far_they_are():
    experiment = build(compose(*TINY, "evaluation.max_elements=2000000"))
    list(experiment.train())
    told = []
    experiment.evaluate(progress=lambda part, share: told.append((part, share)))
    parts = list(dict.fromkeys(part for part, _ in told))
    assert parts == [
        *("log-likelihood", "training loss", "latents"),
        *("mutual information", "KL estimators", "probes"),
    ]
    shares = [share for part, share in told if part == "log-likelihood"]
    assert len(shares) > 2 and shares == sorted(shares) and (shares[0], shares[-1]) == (0, 1)


@pytest.fixture
def quick_heartbeat(monkeypatch):
    """A line every twentieth of a second instead of ten."""
    monkeypatch.setattr(heartbeat, "EVERY", 0.05)


def wait_for(lines, count):
    until = perf_counter() + 10
    while len(lines()) < count and perf_counter() < until:
        sleep(0.01)


def test_without_a_terminal_a_long_evaluation_says_a_line_now_and_then(quick_heartbeat, caplog):
    def lines():
        return [record.getMessage() for record in caplog.records]

    with caplog.at_level("INFO"), EvaluationProgress() as told:
        told("log-likelihood", 0)
        told("log-likelihood", 0.25)
        wait_for(lines, 1)
        told("probes", 0)  # which tells nothing more, and is heard of all the same
        wait_for(lambda: [line for line in lines() if "probes" in line], 2)
    first = next(line for line in lines() if "log-likelihood" in line)
    assert re.fullmatch(r"evaluating: log-likelihood, 25% done, [\d.]+ s left", first)
    assert re.fullmatch(r"evaluating: probes, [\d.]+ s so far", lines()[-1])
    count = len(lines())
    sleep(0.12)
    assert len(lines()) == count  # it is over


def test_the_time_left_is_of_the_part_and_of_what_was_done_of_it_here(monkeypatch):
    """Half of a resumed training was done before: what counts is the pace of the rest."""
    now = 0.0
    monkeypatch.setattr(progress, "perf_counter", lambda: now)
    bar = Bar("training", 100)
    bar.move(50, "")
    assert bar.left() == ""
    now = 10.0
    bar.move(75, "")
    assert bar.left() == "10 s left"
    bar.move(10, "again", part="other")  # from where it is now
    assert bar.left() == ""
    now = 40.0
    bar.move(40, "again", part="other")
    assert bar.left() == "1 min 00 s left"


def test_a_slow_command_that_is_piped_says_so_on_standard_error(
    quick_heartbeat, cli, trained, tmp_path, monkeypatch
):
    """One part of it, which tells nothing: sampling, made slow."""
    monkeypatch.setattr(VAE, "sample_latent", slow(VAE.sample_latent))
    monkeypatch.setattr(progress, "say", lambda line: print(line, file=sys.stderr))
    result = cli(str(trained), "--count", "3", "--out", str(tmp_path / "s"), module="sample")
    assert result.exit_code == 0, result.err
    assert "sampling: drawing, 0." in result.err and "so far" in result.err
    assert "sampling" not in result.out


def slow(function):
    def slowly(*arguments):
        sleep(0.15)
        return function(*arguments)

    return slowly


def test_lines_become_rarer_and_a_night_has_few(monkeypatch):
    beat = Heartbeat(lambda: None)
    for passed, pause in ((0, 10), (100, 10), (3600, 180)):
        beat.last = passed
        assert beat._due() - passed == pause


def test_a_command_without_a_log_speaks_on_standard_error(monkeypatch, capsys):
    monkeypatch.setattr(progress.log, "hasHandlers", lambda: False)
    progress.say("evaluating: probes")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "evaluating: probes\n")


def test_a_data_set_that_takes_long_to_make_says_a_line_now_and_then(
    quick_heartbeat, caplog, capfd
):
    def lines():
        return [record.getMessage() for record in caplog.records]

    with caplog.at_level("INFO"), DataProgress():
        tell(0, 1250)
        tell(500, 1250)
        wait_for(lines, 1)
    tell(1, 2)  # nobody waits any more
    assert lines()[0].startswith("preparing: decoding images, 500 of 1,250, 40% done, ")
    capfd.readouterr()
    with DataProgress():  # most have nothing to tell, and no bar
        pass
    assert capfd.readouterr().out == ""


def test_a_run_keeps_a_line_of_how_long_it_trained_and_what_was_best(cli):
    result = cli(*TINY, "plots.names=[]", "evaluation.probe=false")
    assert result.exit_code == 0, result.err
    (line,) = [line for line in result.out.splitlines() if line.startswith("trained in ")]
    assert line.endswith(" s, best epoch 1")
    assert "evaluating" not in result.out  # it took no ten seconds


def test_a_terminal_shows_a_bar_of_the_evaluation_and_it_goes(tmp_path):
    words = [*TINY, "plots.names=[]", "evaluation.probe=false", "threads=1", "wandb.mode=disabled"]
    here, there = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-m", "vae_exp.run", *words],
        cwd=tmp_path,
        stdout=there,
        stderr=there,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
    )
    os.close(there)
    out = b""
    try:
        while part := os.read(here, 65536):
            out += part
    except OSError:  # as a pseudo-terminal ends
        pass
    os.close(here)
    assert run.wait() == 0, out.decode()
    text = out.decode()
    assert "evaluating" in text and "KL estimators" in text
    assert text.index("trained in") < text.index("evaluating") < text.index("test set, nats")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((0.44, "0.4 s"), (13.2, "13 s"), (59.7, "1 min 00 s"), (135, "2 min 15 s")),
        *((3599.8, "1 h 00 min"), (11_000, "3 h 03 min")),
    ],
)
def test_a_duration_is_in_the_words_of_who_waited(seconds, words):
    assert duration(seconds) == words


def test_only_jobs_side_by_side_name_their_lines(monkeypatch, tmp_path):
    console, file = logging.StreamHandler(), logging.FileHandler(tmp_path / "run.log")
    monkeypatch.setattr(logging.getLogger(), "handlers", [console, file])
    record = logging.LogRecord("x", logging.INFO, "", 1, "epoch 3", (), None)
    name_lines("job 2")
    assert console.format(record) == "epoch 3"
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: "the sweep")
    name_lines("job 2")
    assert (console.format(record), file.format(record)) == ("job 2: epoch 3", "epoch 3")
    file.close()
