"""What wandb imports only where there is a use for it."""

import sys

import wandb

from vae_exp.tracking.unused_imports import LAUNCH, skip_unused_imports


def test_inputs_are_looked_for_where_something_may_have_staged_them(monkeypatch):
    looked = []
    monkeypatch.setattr(wandb.Run, "_detect_and_apply_job_inputs", looked.append)
    monkeypatch.setattr(wandb.util, "pd_available", wandb.util.pd_available)
    monkeypatch.delitem(sys.modules, LAUNCH, raising=False)
    skip_unused_imports()
    look = wandb.Run._detect_and_apply_job_inputs
    look("run")
    assert looked == []
    monkeypatch.setitem(sys.modules, LAUNCH, object())
    look("run")
    assert looked == ["run"]
    skip_unused_imports()
    assert wandb.Run._detect_and_apply_job_inputs is look


def test_a_table_of_pandas_is_told_without_pandas(monkeypatch):
    monkeypatch.setattr(wandb.util, "pd_available", True)
    monkeypatch.delitem(sys.modules, "pandas", raising=False)
    monkeypatch.setattr(wandb.Run, "_detect_and_apply_job_inputs", lambda run: None)
    skip_unused_imports()
    frame = type("DataFrame", (), {"__module__": "pandas.core.frame"})
    assert wandb.util.is_pandas_data_frame(frame())
    assert not wandb.util.is_pandas_data_frame([1])
    assert "pandas" not in sys.modules
