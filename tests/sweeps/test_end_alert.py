"""Whom the end of a search is told of, and when it is not told."""

import json

import pytest

from vae_exp.sweeps import end_alert

optuna = pytest.importorskip("optuna")
from optuna.trial import TrialState, create_trial  # noqa: E402

VALUES = [-30.0, -10.0, -20.0]


@pytest.fixture
def searched(tmp_path, monkeypatch):
    """A search of three trials, of which W&B has the first and the last, and what was told."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize")
    spread = optuna.distributions.IntDistribution(2, 9)
    for number, value in enumerate(VALUES):
        trial = create_trial(
            params={"z_dim": number + 2}, distributions={"z_dim": spread}, value=value
        )
        study.add_trial(trial)
        folder = tmp_path / str(number)
        (folder / ".hydra").mkdir(parents=True)
        (folder / ".hydra" / "config.yaml").write_text("wandb: {alerts: true}\n")
        names = ("val/best_elbo", "test/elbo", "test/log_likelihood")
        summary = dict.fromkeys(names, value) | (
            {} if number == 1 else {"wandb/run": f"a/b/{number}"}
        )
        (folder / "summary.json").write_text(json.dumps(summary))
    told = []
    monkeypatch.setattr(end_alert, "alert_of_finished", lambda *words: told.append(words[:3]))
    return study, tmp_path, told


def test_the_best_of_those_that_were_online_is_told(searched):
    study, folder, told = searched
    study.add_trial(create_trial(state=TrialState.FAIL))
    end_alert.alert_search_end(study, folder)
    text = (
        "3 of 4 trials finished. The best is trial 2 (z_dim=4): validation ELBO -20.000, test ELBO "
        "-20.000, log-likelihood -20.000"
    )
    assert told == [("a/b/2", "Search ended", text)]


def test_who_wants_no_alerts_gets_none(searched):
    study, folder, told = searched
    (folder / "2" / ".hydra" / "config.yaml").write_text("wandb: {alerts: false}\n")
    end_alert.alert_search_end(study, folder)
    assert told == []


def test_a_search_that_another_process_goes_on_with_has_not_ended(searched):
    study, folder, told = searched
    study.ask()
    end_alert.alert_search_end(study, folder)
    assert told == []


@pytest.mark.fault
def test_what_goes_wrong_is_a_warning(searched, caplog):
    study, folder, told = searched
    (folder / "0" / "summary.json").write_text("[")
    end_alert.alert_search_end(study, folder)
    assert told == []
    assert "no alert of the search's end: ValueError" in caplog.text
