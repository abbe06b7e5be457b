"""What a person sees while a run goes on."""

import logging
import multiprocessing
import os
import pty
import subprocess
import sys

import pytest

from vae_exp.cli import progress
from vae_exp.cli.progress import DataProgress, EvaluationProgress, duration, name_lines
from vae_exp.configuration.compose import compose
from vae_exp.data.progress import tell
from vae_exp.experiment import build

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


def test_without_a_terminal_a_long_evaluation_says_a_line_now_and_then(monkeypatch, caplog):
    now = 0.0
    monkeypatch.setattr(progress, "perf_counter", lambda: now)
    with caplog.at_level("INFO"), EvaluationProgress() as told:
        for now in range(25):
            told("log-likelihood", now / 100)
        now = 36.0
        told("probes", 0)
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        "evaluating: log-likelihood, 10% done",
        "evaluating: log-likelihood, 20% done",
        "evaluating: probes",
    ]


def test_a_data_set_that_takes_long_to_make_says_a_line_now_and_then(monkeypatch, caplog, capfd):
    now = 0.0
    monkeypatch.setattr(progress, "perf_counter", lambda: now)
    with caplog.at_level("INFO"), DataProgress():
        for now in range(25):
            tell(50 * int(now), 1250)
    tell(1, 2)  # nobody waits any more
    lines = [record.getMessage() for record in caplog.records]
    assert lines == ["decoding images: 500 of 1,250", "decoding images: 1,000 of 1,250"]
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
