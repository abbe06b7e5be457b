"""``python -m vae_exp.certify``: a run's numbers between bounds, whatever interrupts it."""

import json
from pathlib import Path

import pytest

from vae_exp.evaluation import annealing
from vae_exp.evaluation.annealed_importance import Annealing
from vae_exp.storage import kept_results
from vae_exp.storage.saved_run import SavedRun

SMALL = ["--count", "4", "--chains", "2", "--temperatures", "6", "--samples", "8"]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Hardly any tuning."""
    monkeypatch.setattr(annealing, "KNOTS", 2)
    monkeypatch.setattr(annealing, "TRIES", 1)


def certify(cli, run, *words):
    return cli(str(run), *SMALL, *words, module="certify")


def of_certificate(run):
    return {n: v for n, v in SavedRun(run).summary.items() if n.startswith("certify/")}


def test_simulated_and_real_data_are_told_apart_and_compared(cli, saved):
    before = SavedRun(saved).summary
    result = certify(cli, saved)
    assert result.exit_code == 0, result.err
    assert "4 SIMULATED data, drawn from the model" in result.out
    assert "4 REAL data of the test set" in result.out
    after = SavedRun(saved).summary
    assert before.items() <= after.items()
    numbers = of_certificate(saved)
    bounds = [numbers[f"certify/simulated/{b}_log_likelihood"] for b in ("lower", "upper")]
    assert numbers["certify/simulated/width"] == pytest.approx(bounds[1] - bounds[0])
    assert "certify/test/upper_log_likelihood" not in numbers
    assert numbers["certify/test/data"] == 4
    assert not (saved / "certify.pt").exists()
    shown = cli(str(saved), "--html", "none", "--csv", "all.csv", module="compare")
    assert "certify/test/lower_log_likelihood" in shown.out
    assert "certify/simulated/width" in Path("all.csv").read_text()
    # of other data of the same kind nothing of before stays
    result = certify(cli, saved, "--on", "simulated", "--count", "3", "--json")
    assert json.loads(result.out)["certify/simulated/data"] == 3
    assert of_certificate(saved)["certify/test/data"] == 4


@pytest.mark.kill
def test_what_was_interrupted_goes_on_to_the_same_numbers(cli, saved, monkeypatch):
    assert certify(cli, saved, "--on", "simulated").exit_code == 0
    expected = of_certificate(saved)
    monkeypatch.setattr(kept_results, "EVERY", 0.0)
    advance, left = Annealing.advance, [9]

    def interrupted(chains):
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        advance(chains)

    monkeypatch.setattr(Annealing, "advance", interrupted)
    result = certify(cli, saved, "--on", "simulated")
    assert (result.exit_code, "what was written stays" in result.err) == (130, True)
    left[0] = 3  # of 4 that were left of the chains that go back
    assert certify(cli, saved, "--on", "simulated").exit_code == 130
    left[0] = 1000
    result = certify(cli, saved, "--on", "simulated")
    assert result.exit_code == 0, result.err
    assert "going on with what" in result.err
    assert 1000 - left[0] < 12  # of 6 for each of two ways
    assert of_certificate(saved) == expected


def test_what_was_kept_of_another_question_is_left_aside(cli, saved, monkeypatch):
    monkeypatch.setattr(kept_results.KeptResults, "remove", lambda kept: None)
    assert certify(cli, saved, "--on", "real").exit_code == 0
    result = certify(cli, saved, "--on", "real", "--seed", "1")
    assert result.exit_code == 0
    assert "of other settings or weights; beginning anew" in result.err


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--count", "1"], "--count: expected 2 or more, got 1"),
        (["--samples", "0"], "--samples: expected 1 or more, got 0"),
        (["--family", "laplace"], "--family: expected --gap with it, got none"),
        (["--gap", "--family", "nonsense"], "--family: expected one of bernoulli, categorical"),
        (
            ["--gap", "--family", "flow"],
            "--family: expected one whose parameters are all a datum's",
        ),
        (["--gap", "--family", "hierarchical"], "--family: expected one with the outputs of one"),
        (["--gap", "--family", "bernoulli"], "--family: expected one on the prior's space"),
        (["--gap", "--on", "simulated"], "--gap: expected real data, got --on simulated"),
        (["--on", "imagined"], "invalid choice: 'imagined'"),
        (["z_dim=3"], "z_dim: expected one of the keys"),
    ],
)
def test_a_wrong_word_is_told_in_one_line(cli, saved, words, told):
    result = certify(cli, saved, *words)
    assert (result.exit_code, result.out, result.err.count("\n")) == (2, "", 1)
    assert told in result.err


@pytest.mark.hostile
def test_what_was_kept_is_read_with_care(cli, saved):
    file = saved / "certify.pt"
    file.write_bytes(b"not one of torch's files")
    result = certify(cli, saved)
    assert (result.exit_code, result.err.count("\n")) == (2, 1)
    assert "certify.pt: expected what an interrupted certification has kept" in result.err
    file.unlink()
    file.symlink_to("/etc/passwd")
    result = certify(cli, saved)
    assert result.exit_code == 2
    assert "expected a file in the run's own folder" in result.err
