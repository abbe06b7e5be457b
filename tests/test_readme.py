"""What the README shows works as it stands."""

import json
import re
from pathlib import Path

import pytest

from tests.conftest import options
from tests.data.image_files import write_all
from tests.pages import README, ROOT, blocks, commands, text
from tests.test_docs import write_own_part

TINY = [
    *("trainer.max_steps=1", "evaluation.importance_samples=2", "evaluation.probe=false"),
    *("plots.names=[]", "network.hidden=[8]"),
]
RUNS = [words for module, *words in commands(README) if module == "run"]
# what test_docs.py, test_run.py, tests/tracking and .ci/run have runs of
ELSEWHERE = ("decoder=mine", "decoder.scale=optimal", "wandb.mode=offline", "kl=schulman")
AFTERWARDS = [words for words in commands(README) if words[0] in ("evaluate", "sample")]


@pytest.fixture
def small(tmp_path, saved, monkeypatch):
    """What makes a command of the README a small one, with what it names there."""

    def small(word):
        if word.startswith("resume="):
            return f"resume={saved}"
        # of a sweep two jobs stand for all
        word = re.sub(
            r"^([\w.]+=)([^,]+),([^,]+),.*", r"\1\2,\3" if "beta" in word else r"\1\2", word
        )
        return word.replace("trainer.epochs=200", "trainer.epochs=3")

    write_all(tmp_path / "pictures", *(f"{c}/{i}.png" for c in ("cats", "dogs") for i in range(10)))
    monkeypatch.syspath_prepend(tmp_path)
    write_own_part(tmp_path)
    return small


def long_if_elsewhere(command):
    marks = [pytest.mark.long] if set(ELSEWHERE) & set(command) else []
    return pytest.param(command, marks=marks, id=" ".join(command))


@pytest.mark.parametrize("command", [long_if_elsewhere(command) for command in RUNS])
def test_every_run_works(cli, small, command, tmp_path):
    words = [small(word) for word in command]
    cache = [f"data.cache={tmp_path}/cache"] if "data=folder" in command else []
    resumed = any(word.startswith("resume=") for word in words)
    tiny = [w for w in TINY if w.startswith(("evaluation", "plots"))] if resumed else TINY
    result = cli(*words, *cache, *tiny, *(["hydra.sweep.dir=sweep"] if "-m" in words else []))
    assert result.exit_code == 0, result.err
    if "-m" in words:
        assert (tmp_path / "sweep" / "compare.html").exists()


@pytest.mark.parametrize("command", AFTERWARDS, ids=" ".join)
def test_the_commands_on_a_run_work(cli, saved, command):
    module, folder, *rest = command
    assert folder.startswith("outputs/")
    result = cli(str(saved), *rest, module=module)
    assert result.exit_code == 0, result.err


def test_the_table_of_groups_is_complete():
    groups = {"encoder", "decoder", "prior", "condition", "kl", "network", "objective", "data"}
    for group in groups | {"optimizer", "scheduler"}:
        row = next(r for r in text(README).splitlines() if r.startswith(f"| [`{group}`"))
        assert all(re.search(rf"\b{option}\b", row) for option in options(group)), group


def test_the_report_that_is_shown_is_of_this_program(saved):
    (shown,) = [block for block in blocks(README, "") if "test set" in block]
    names = re.findall(r"│ (test/\w+) ", shown)
    summary = json.loads((saved / "summary.json").read_text())
    assert len(names) > 10
    assert all(any(k.startswith(name) for k in summary) for name in names), names


def test_continuous_integration_runs_both_commands():
    script = ROOT / ".ci" / "run"
    if not script.exists():  # an installed package
        pytest.skip("no .ci beside tests/")
    ours = [line for block in blocks(README, "sh") for line in block.splitlines() if "&&" in line]
    assert len(ours) == 2
    lines = [
        re.sub("^pip install -q", "pip install", line) for line in script.read_text().splitlines()
    ]
    assert all(any(line.startswith(command) for line in lines) for command in ours)


def test_it_is_short_and_its_pictures_are_small():
    assert len(text(README).splitlines()) <= 150
    pictures = re.findall(r"!\[.+\]\((.+)\)", text(README))
    assert pictures and all(Path(ROOT / p).stat().st_size < 300_000 for p in pictures)
