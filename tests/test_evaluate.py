"""``python -m vae_exp.evaluate``: a run's numbers again, better or otherwise."""

import json

import pytest

from vae_exp.storage.saved_run import SavedRun


def test_the_same_question_gets_the_same_answer(cli, saved):
    before = SavedRun(saved).summary
    result = cli(str(saved), module="evaluate")
    assert result.exit_code == 0, result.err
    assert SavedRun(saved).summary == before
    assert f"{before['test/elbo']:.3f}" in result.out
    assert "KL estimators" in result.out


def test_more_samples_tighten_the_bound_and_are_written(cli, saved):
    before = SavedRun(saved).summary
    result = cli(str(saved), "evaluation.importance_samples=500", module="evaluate")
    assert result.exit_code == 0, result.err
    after = SavedRun(saved).summary
    assert (before["test/importance_samples"], after["test/importance_samples"]) == (8, 500)
    assert after["test/log_likelihood"] > before["test/log_likelihood"]
    assert after["status"] == "finished"
    assert "written to" in result.out


@pytest.mark.parametrize("override", ["data.binarize=threshold", "evaluation.weights=last"])
def test_another_question_is_answered_but_not_written(cli, saved, override):
    before = (saved / "summary.json").read_text()
    result = cli(str(saved), override, module="evaluate")
    assert result.exit_code == 0, result.err
    assert f"not written, since {override.partition('=')[0]} changed" in result.out
    assert (saved / "summary.json").read_text() == before


def test_json_is_all_there_is_on_standard_output(cli, saved):
    result = cli(str(saved), "--json", "evaluation.probe=false", module="evaluate")
    numbers = json.loads(result.out)
    assert numbers["elbo"] == SavedRun(saved).summary["test/elbo"]
    assert "knn_accuracy" not in numbers
    assert len(numbers["kl_estimators"]) == 8


def test_a_run_that_was_killed_can_be_evaluated(cli, saved):
    (saved / "summary.json").unlink()
    assert cli(str(saved), module="evaluate").exit_code == 0
    assert "test/elbo" in SavedRun(saved).summary


@pytest.mark.bad_input
def test_a_summary_that_does_not_read_is_refused_first(cli, saved):
    (saved / "summary.json").write_text('{"a": ')
    result = cli(str(saved), module="evaluate")
    assert (result.exit_code, result.out) == (2, "")
    assert "summary.json: expected JSON" in result.err


WRONG = {
    "{run} z_dim=3": "z_dim: expected one of the keys device, threads, evaluation",
    "{run} decoder=gaussian": "decoder: expected one of the keys",
    "{run} evaluation.K=3": "evaluation.K: expected one of the keys",
    "{run} evaluation._target_=os.system": "evaluation._target_: expected one of the keys",
    "{run} evaluation.importance_samples=0": "importance_samples: expected a positive number",
    "{run} evaluation.importance_samples=many": "expected int or one of auto, got 'many'",
    "{run} evaluation.importance_samples=1,2": "expected key=value",
    "{run} evaluation.max_elements=-1": "max_elements: expected a positive number",
    "{run} evaluation.weights=worst": "evaluation.weights: expected one of best, last",
    "{run} evaluation.probe=maybe": "evaluation.probe: expected bool",
    "{run} device=tpu": "device: expected auto",
    "{run} device=cuda:7": "device: expected a device of this machine",
    "{run} data.test_size=1": "data.test_size: expected a number from 2",
    "{run} data.binarize=none": "decoder: expected data in the support",
    "{run} +data.more=1": "expected key=value",
    "{run} ~data.seed": "expected key=value",
    "{run} evaluation.probe": "expected key=value",
    "{run} --nonsense": "unrecognized arguments: --nonsense",
    "{run}/checkpoints": "expected the folder of a run",
    "nowhere": "expected the folder of a run",
    "": "the following arguments are required",
}


@pytest.mark.bad_input
@pytest.mark.parametrize("command", WRONG)
def test_wrong_command_line_is_refused_in_one_line(cli, trained, command):
    result = cli(*command.format(run=trained).split(), module="evaluate")
    assert result.exit_code == 2, result.err
    assert result.err.count("\n") == 1, result.err
    assert WRONG[command] in result.err
    assert "Traceback" not in result.err
