"""The end of a W&B run is bounded, and says what went wrong."""

import threading
from types import SimpleNamespace

import pytest

from vae_exp.tracking import bounded_finish as module
from vae_exp.tracking.bounded_finish import finish_within


def test_a_finish_that_fails_says_so():
    def finish(exit_code):
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space left on device"):
        finish_within(SimpleNamespace(finish=finish), 0)


def test_a_finish_that_hangs_ends_the_service(monkeypatch):
    ended = []
    monkeypatch.setattr(module, "FINISH_TIMEOUT", 0.02)
    monkeypatch.setattr(module, "MARGIN", 0.03)
    monkeypatch.setattr(module, "_end_service", lambda: ended.append(True))
    run = SimpleNamespace(finish=lambda exit_code: threading.Event().wait())
    with pytest.raises(TimeoutError, match="uploads were not over"):
        finish_within(run, 0)
    assert ended == [True]
