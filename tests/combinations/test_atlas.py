"""The command: it trains what is missing, remembers what is refused, and writes the page."""

import json
import signal

import pytest

from tests.conftest import options
from tests.program import run, start, wait_for
from vae_exp.combinations.training import Trained

TINY = ["trainer.max_steps=2", "evaluation.importance_samples=2", "seeds=[0]"]


@pytest.mark.parametrize(
    "words, line",
    [
        (
            ["nope"],
            "maps: expected of priors, inference, objectives, likelihoods, networks, got nope",
        ),
        (["--processes", "0"], "--processes: expected a number from 1, got 0"),
        *(
            ([f"seeds={seeds}"], f"seeds: expected different whole numbers, as [0,1,2], got {got}")
            for seeds, got in {"[]": "[]", "0": "0", "0,1": "0,1", "[0,-1]": "[0, -1]"}.items()
        ),
    ],
)
@pytest.mark.bad_input
def test_what_cannot_work_is_refused(cli, words, line):
    result = cli(*words, module="atlas")
    assert (result.exit_code, result.err) == (2, f"vae_exp: {line}\n")


@pytest.mark.bad_input
def test_other_words_than_those_of_the_folder_are_refused(cli, tmp_path):
    from vae_exp.combinations.atlas_map import read_atlas
    from vae_exp.combinations.refusals import Refusals

    Refusals(tmp_path / "a", read_atlas(["z_dim=2"])).save()
    result = cli("objectives", "--folder", str(tmp_path / "a"), module="atlas")
    assert result.exit_code == 2 and "take another folder" in result.err


@pytest.mark.bad_input
def test_a_word_that_no_combination_takes_is_told_at_the_end(cli, monkeypatch, tmp_path):
    def refuse(combinations, *_):
        return (Trained(one, "trainer.epoch: expected another key") for one in combinations)

    monkeypatch.setattr("vae_exp.combinations.training.train_all", refuse)
    words = ["objectives", "trainer.epoch=1", "--folder", str(tmp_path / "a")]
    result = cli(*words, module="atlas")
    assert result.exit_code == 2
    assert "vae_exp: trainer.epoch: expected another key (of all " in result.err


@pytest.mark.long
def test_it_goes_on_where_it_was_killed(tmp_path):
    words = ["networks", *TINY, "--folder", "here", "--processes", "2"]
    process = start(tmp_path, *words, module="atlas", PYTHONPATH="")
    wait_for(lambda: len(list(tmp_path.glob("here/*/0/summary.json"))) > 3, process, 300)
    process.send_signal(signal.SIGKILL)
    process.communicate()  # which closes its pipes
    found = tmp_path.glob("here/*/0/summary.json")  # and some that its workers were stopped in
    done = [p for p in found if json.loads(p.read_text())["status"] == "finished"]
    before = {p: p.stat().st_mtime_ns for p in done}
    assert len(before) > 2
    code, _, err = run(tmp_path, *words, module="atlas", PYTHONPATH="", timeout=900)
    told = [line for line in err.splitlines() if not line.startswith("training: combinations, ")]
    assert (code, told) == (0, [])
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in before.items())
    refused = json.loads((tmp_path / "here/atlas.json").read_text())["refused"]
    finished = [json.loads(p.read_text()) for p in tmp_path.glob("here/*/0/summary.json")]
    assert {summary["status"] for summary in finished} == {"finished"}
    assert len(refused) + len(finished) == len(options("encoder")) * len(options("network"))
    assert len(finished) > 40
    assert (tmp_path / "here/atlas.html").exists()
