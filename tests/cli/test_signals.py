"""Signals, heard at the right moment."""

import contextlib
import json
import os
import signal
import time

import pytest

from tests.forked import Forked
from vae_exp.cli.signals import Interrupted, SignalHandler


def test_the_first_signal_is_remembered_and_the_second_stops_at_once():
    before = signal.getsignal(signal.SIGINT)
    with SignalHandler() as signals:
        assert not signals.received()
        signal.raise_signal(signal.SIGINT)
        assert signals.received()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_where_nothing_can_be_lost_a_signal_stops_at_once(number, code):
    with SignalHandler() as signals:
        signals.raise_immediately()
        with pytest.raises(Interrupted) as caught:
            signal.raise_signal(number)
    assert caught.value.exit_code == code
    with SignalHandler() as signals:
        signal.raise_signal(number)
        with pytest.raises(Interrupted):
            signals.raise_immediately()


def test_a_run_stopped_while_it_is_evaluated_has_only_that_left_to_do(tmp_path):
    folder = tmp_path / "run"
    short = ["trainer.epochs=2", "network.hidden=[16]", "plots.names=[]", "evaluation.probe=false"]
    own = [*short, f"hydra.run.dir={folder}", "evaluation.importance_samples=10000000"]
    environment = {**os.environ, "WANDB_MODE": "disabled"}
    process = Forked(tmp_path, own, environment)
    deadline = time.monotonic() + 60
    # one checkpoint at the beginning, one at the end of training
    while not (folder / "checkpoints" / "best.pt").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err.count("\n")) == (143, 1)
    before = (folder / "metrics.jsonl").read_text()
    few = "evaluation.importance_samples=4"
    again = Forked(tmp_path, [f"resume={folder}", few], environment)
    assert again.wait(timeout=60) == 0
    after = (folder / "metrics.jsonl").read_text()
    assert after.startswith(before)
    (last,) = after.removeprefix(before).splitlines()
    assert "test/elbo" in json.loads(last)
    assert json.loads((folder / "summary.json").read_text())["status"] == "finished"


def test_after_a_stop_another_signal_is_only_remembered():
    with SignalHandler() as signals:
        signals.raise_immediately()
        with pytest.raises(Interrupted):
            signal.raise_signal(signal.SIGTERM)
        signals.only_remember()
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):  # but a third one stops at once
            signal.raise_signal(signal.SIGINT)


def test_what_one_around_it_has_received_is_not_lost():
    """As numpy's import does, which torch may do without: it swallows the exception."""
    with SignalHandler() as signals:
        signals.raise_immediately()
        with contextlib.suppress(BaseException):
            signal.raise_signal(signal.SIGTERM)
        with SignalHandler() as inner:  # that of the training
            assert inner.received()
            with pytest.raises(Interrupted) as caught:
                inner.raise_immediately()
        assert caught.value.exit_code == 143
    with SignalHandler() as signals:
        assert not signals.received()
