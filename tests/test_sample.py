"""``python -m vae_exp.sample``: draws from a trained model."""

import json

import numpy
import pytest
import torch
from PIL import Image

import vae_exp
from vae_exp.runs.read_condition import read_condition
from vae_exp.sample import rows_of_picture


def test_draws_are_those_of_the_model(cli, saved):
    result = cli(str(saved), "--count", "25", "--seed", "3", module="sample")
    assert result.exit_code == 0, result.err
    assert "replaced" not in result.out
    arrays = numpy.load(saved / "samples" / "samples.npz")
    assert {name: arrays[name].shape for name in arrays} == {
        "z": (25, 20),
        "mean": (25, 1, 8, 8),
        "x": (25, 1, 8, 8),
    }
    torch.manual_seed(3)
    vae = vae_exp.load(saved)
    with torch.no_grad():
        z = vae.prior().sample((25,))
        assert numpy.array_equal(arrays["z"], z)
        assert numpy.array_equal(arrays["mean"], vae.decoder(z).mean)
    assert set(numpy.unique(arrays["x"])) == {0.0, 1.0}
    with Image.open(saved / "samples" / "samples.png") as picture:
        assert picture.size[0] > 300
    again = cli(str(saved), module="sample")
    assert "earlier samples are replaced; --out has another folder" in again.out


def test_the_seed_decides(cli, saved, tmp_path):
    def draw(seed, name):
        out = tmp_path / name
        result = cli(str(saved), "--seed", str(seed), "--out", str(out), module="sample")
        assert result.exit_code == 0, result.err
        return numpy.load(out / "samples.npz")["x"]

    first = draw(1, "a")
    assert numpy.array_equal(first, draw(1, "b"))
    assert not numpy.array_equal(first, draw(2, "c"))


@pytest.mark.parametrize("count", [1, 7, 133])
def test_any_count(cli, saved, count):
    assert cli(str(saved), "--count", str(count), module="sample").exit_code == 0
    assert len(numpy.load(saved / "samples" / "samples.npz")["x"]) == count


def test_a_run_that_has_not_finished_is_said_to_have_not(cli, saved, caplog):
    cli(str(saved), module="sample")
    assert not caplog.messages
    summary = json.loads((saved / "summary.json").read_text())
    (saved / "summary.json").write_text(json.dumps(summary | {"status": "preempted"}))
    assert cli(str(saved), module="sample").exit_code == 0
    assert caplog.messages.pop() == f"{saved} is preempted: these are its best weights so far"
    (saved / "summary.json").write_text(json.dumps({"status": "\x1b[2J[red]"}))  # a stranger's
    assert cli(str(saved), module="sample").exit_code == 0
    assert caplog.messages.pop() == f"{saved} is unfinished: these are its best weights so far"
    (saved / "summary.json").unlink()
    assert cli(str(saved), "--weights", "last", module="sample").exit_code == 0
    assert caplog.messages.pop() == f"{saved} is unfinished: these are its last weights so far"
    (saved / "checkpoints" / "best.pt").unlink()
    early = cli(str(saved), module="sample")
    assert early.exit_code == 2
    assert "expected a checkpoint, found only the last weights of a run that is unf" in early.err
    (saved / "summary.json").write_text("{")  # of no importance here
    assert cli(str(saved), "--weights", "last", module="sample").exit_code == 0


WRONG = {
    "{run} --count 0": "--count: expected a positive number, got 0",
    "{run} --count 99999999999": "--count: expected at most ",
    "{run} --count many": "argument --count: invalid int value: 'many'",
    "{run} --seed -1": "--seed: expected a number from 0",
    "{run} --device tpu": "device: expected auto",
    "{run} --weights worst": "weights: expected best or last, got worst",
    "{run} --out /dev/null/there": "--out: expected a folder to write to",
    "{run} --out=": "--out: expected a folder to write to, got nothing",
    "{run} extra": "unrecognized arguments: extra",
    "nowhere": "expected the folder of a run",
    "": "the following arguments are required: run",
}


@pytest.mark.bad_input
@pytest.mark.parametrize("command", WRONG)
def test_wrong_command_line_is_refused_in_one_line(cli, trained, command):
    result = cli(*command.format(run=trained).split(), module="sample")
    assert result.exit_code == 2, result.err
    assert result.err.count("\n") == 1, result.err
    assert WRONG[command] in result.err


@pytest.mark.parametrize(
    ("count", "conditions", "shape", "firsts"),
    [
        (60, 4, (4, 10), [0, 15, 30, 45]),  # a row each
        (12, 4, (4, 3), [0, 3, 6, 9]),
        (1000, 12, (10, 10), [0, 84, 168, 252, 336, 419, 502, 585, 668, 751]),
        (13, 4, (4, 3), [0, 4, 7, 10]),
        (25, 1, (2, 10), [0, 10]),
        (3, 3, (1, 3), [0]),  # a condition for each draw
        (3, 7, (1, 3), [0]),
    ],
)
def test_the_picture_has_a_row_for_each_condition(count, conditions, shape, firsts):
    rows = rows_of_picture(count, conditions)
    assert rows.shape == shape
    assert rows[:, 0].tolist() == firsts
    assert rows.max() < count
    if conditions > 1 and shape[0] > 1:
        given = torch.arange(count).remainder(conditions).sort().values
        assert (given[rows] == given[rows[:, :1]]).all()


@pytest.mark.bad_input
def test_a_part_as_condition_is_said_to_be_a_file():
    vae = vae_exp.build(vae_exp.compose("condition=part", "network=linear", "z_dim=2")).vae
    with pytest.raises(
        ValueError, match=r"^--condition: expected .*, as in --condition file\.npy$"
    ):
        read_condition(vae, None)
