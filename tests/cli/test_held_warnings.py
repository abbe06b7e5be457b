"""What is refused is told in one line, without the warnings that came before it."""

import warnings

import pytest

from vae_exp.cli.errors import BEFORE_TRAINING, DURING_TRAINING, Failure, report_errors


@pytest.fixture
def shown(monkeypatch):
    """The warnings that a user has seen."""
    seen = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", lambda *words: seen.append(str(words[0])))
        yield seen


def test_of_what_is_refused_no_warnings_are_shown(shown, capsys):
    with pytest.raises(Failure), report_errors(BEFORE_TRAINING):
        warnings.warn("a zero-element tensor", stacklevel=1)
        raise ValueError("key: expected a number, got none")
    warnings.warn("of something else", stacklevel=1)
    assert shown == ["of something else"]
    assert capsys.readouterr().err.count("\n") >= 1


def test_of_what_is_not_refused_they_come_at_the_end(shown):
    with report_errors(BEFORE_TRAINING):
        warnings.warn("a zero-element tensor", stacklevel=1)
        warnings.filterwarnings("ignore", "quiet")  # as libraries do when they are imported
        assert shown == []
    warnings.warn("quiet from now on", stacklevel=1)
    assert shown == ["a zero-element tensor"]


def test_while_training_they_come_at_once(shown):
    with report_errors(DURING_TRAINING):
        warnings.warn("a zero-element tensor", stacklevel=1)
        assert shown == ["a zero-element tensor"]
