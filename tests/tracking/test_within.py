"""Work that hangs is not waited for, and work that fails says so."""

import threading

import pytest

from vae_exp.tracking.within import within


def test_what_hangs_is_not_waited_for():
    with pytest.raises(TimeoutError, match="no answer within 0 s"):
        within(0.05, threading.Event().wait)


def test_what_fails_says_so_and_what_does_not_is_done():
    done = []
    within(10, lambda: done.append(1))
    assert done == [1]
    with pytest.raises(ZeroDivisionError):
        within(10, lambda: 1 / 0)
