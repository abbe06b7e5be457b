"""A search tries what it is told to, finds the best of it, and survives being killed."""

import os
import signal
from argparse import Namespace
from pathlib import Path

import pytest

from tests.program import TINY, run, start, summaries, told, wait_for
from vae_exp.sweeps import search_space, search_study

optuna = pytest.importorskip("optuna")

SEARCH = ["--folder", "search", *TINY]


def search(folder, *arguments):
    return run(folder, *arguments, module="search")


def study(folder):
    storage = f"sqlite:///{folder / 'study.db'}"
    return optuna.load_study(storage=storage, study_name=folder.name)


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """The folder where four trials have been made, in two goes, and what the second one said."""
    folder = tmp_path_factory.mktemp("searched")
    words = [*SEARCH, "optimizer.lr=tag(log,interval(1e-4,1e-1))", "z_dim=range(2,5)"]
    words += ["decoder=gaussian,laplace"]
    first = search(folder, *words, "--trials", "2")
    assert first[0] == 0, first[2]
    second = search(folder, *words, "--trials", "4")
    assert second[0] == 0, second[2]
    return folder, second[1]


def test_trials_are_runs_with_the_values_that_were_drawn(searched):
    folder, _ = searched
    jobs = summaries(folder / "search")
    assert sorted(jobs) == list(range(4))
    trials = study(folder / "search").trials
    assert len({str(trial.params) for trial in trials}) == 4
    for trial in trials:
        assert trial.value == jobs[trial.number]["val/best_elbo"]
        overrides = (
            folder / "search" / str(trial.number) / ".hydra" / "overrides.yaml"
        ).read_text()
        for key, value in trial.params.items():
            assert f"- {key}={value}" in overrides
        assert 1e-4 <= trial.params["optimizer.lr"] <= 1e-1
        assert trial.params["z_dim"] in (2, 3, 4)
        assert trial.params["decoder"] in ("gaussian", "laplace")


def test_the_best_is_told_with_the_command_that_trains_it(searched):
    folder, second = searched
    best = max(study(folder / "search").trials, key=lambda trial: trial.value)
    assert f"{best.value:.3f}" in second
    command = second.splitlines()[-1]
    for key, value in best.params.items():
        assert f"{key}={value}" in command.replace("'", "")
    again = [word for word in command.split()[3:] if not word.startswith("hydra.")]
    again = [word.strip("'") for word in again]
    code, _, err = run(folder, *again, "hydra.run.dir=again")
    assert (code, err) == (0, "")


@pytest.mark.long
@pytest.mark.kill
def test_a_search_that_is_killed_goes_on_with_its_trial(tmp_path):
    words = [*SEARCH[:2], *TINY[1:], "trainer.epochs=40", "trainer.checkpoint_every=0"]
    words += ["z_dim=range(2,50)", "--trials", "2"]
    process = start(tmp_path, *words, module="search")
    folder = tmp_path / "search"
    metrics = folder / "0" / "metrics.jsonl"
    wait_for(lambda: metrics.exists() and metrics.read_text().count("\n") > 9, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    (left,) = study(folder).trials
    assert left.state == optuna.trial.TrialState.RUNNING
    code, out, err = search(tmp_path, *words)
    assert (code, err) == (0, "")
    assert "resuming after step" in out
    trials = study(folder).trials
    assert [trial.state.name for trial in trials] == ["COMPLETE", "COMPLETE"]
    assert trials[0].params == left.params


@pytest.mark.long
def test_trials_that_fall_behind_are_ended(tmp_path):
    words = ["--folder", "search", *TINY[1:], "trainer.epochs=6", "--prune", "--trials", "9"]
    code, _, err = search(tmp_path, *words, "optimizer.lr=1e-2,1e-6")
    assert (code, err) == (0, "")
    trials = study(tmp_path / "search").trials
    pruned = [trial for trial in trials if trial.state.name == "PRUNED"]
    assert pruned
    for trial in pruned:
        summary = summaries(tmp_path / "search")[trial.number]
        assert summary["epoch"] < 6 and summary["status"] == "finished"
        assert "test/elbo" in summary
        assert trial.params["optimizer.lr"] == "1e-06"


def test_without_anything_to_try_the_usual_space_is_searched():
    keys = set(search_space.read([]))
    assert keys == {"optimizer.lr", "objective.beta", "z_dim", "network.hidden"}
    assert set(search_space.read(["z_dim=3", "decoder=bernoulli"])) == keys - {"z_dim"}
    assert search_space.fixed(["z_dim=3", "seed=1,2"]) == ["z_dim=3"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("z_dim=range(2,65)", optuna.distributions.IntDistribution(2, 64)),
        ("z_dim=range(2,9,2)", optuna.distributions.IntDistribution(2, 8, step=2)),
        ("z_dim=int(interval(2,64))", optuna.distributions.IntDistribution(2, 64)),
        ("optimizer.lr=interval(0.1,1)", optuna.distributions.FloatDistribution(0.1, 1)),
        (
            "optimizer.lr=tag(log,interval(1e-4,1e-1))",
            optuna.distributions.FloatDistribution(1e-4, 1e-1, log=True),
        ),
        (
            "kl=glob(schulman*)",
            optuna.distributions.CategoricalDistribution(["schulman", "schulman_k3"]),
        ),
        (
            "network.hidden=choice([10],[20,30])",
            optuna.distributions.CategoricalDistribution(["[10]", "[20,30]"]),
        ),
    ],
)
def test_hydras_words_are_optunas_distributions(word, expected):
    (found,) = search_space.read([word]).values()
    assert found == expected


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["z_dim=tag(log,interval(0,5))"], "z_dim=tag(log,interval(0,5)): "),
        (["decoder=foo"], "decoder: expected one of"),
        (["z_dimm=range(1,3)"], "did you mean z_dim"),
        (["--trials", "0"], "--trials: expected a positive number, got 0"),
        (["--storage", "nonsense"], "--storage: expected"),
        (["--folder", "/proc/none"], "--folder: expected"),
        (["decoder"], "decoder: expected key=value"),
        (["--folder", ""], "--folder: expected a value, got nothing"),
        (["--storage", ""], "--storage: expected a value, got nothing"),
        (["--config-dir", ""], "--config-dir: expected a value, got nothing"),
        (["--config-dir", "/nope"], "--config-dir: expected a folder, got /nope"),
        (["--seed", "-1"], "--seed: expected 0 to"),
        (["resume=auto"], "resume: expected no such key in a search"),
        (["sweep.resume=true"], "sweep.resume: expected no such key in a search"),
        (["hydra.run.dir=x"], "hydra.run.dir: expected no key of Hydra's in a search"),
        (["decoder=gaussian", "decoder=laplace"], "decoder: expected one option, got gaussian and"),
        (["decoder=[gaussian,laplace]"], "decoder: expected the name of an option"),
        (["decoder=nope,gaussian"], "decoder: expected one of"),
        (["decoder=gaussian,nope", "z_dim=2,3"], "decoder: expected one of"),
        (["z_dim=2,3", "z_dim=4"], "z_dim: expected it once, got it 2 times"),
        (["z_dim=a,b"], "z_dim: expected int"),
        (["device=tpu", "z_dim=2,3"], "device: expected auto"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_one_line(tmp_path, words, expected):
    code, _, err = search(tmp_path, *TINY, *words)
    (line,) = err.splitlines()
    assert code == 2
    assert expected in line and line.startswith("vae_exp: ")
    assert not list(tmp_path.rglob("*.db"))


def test_one_trial_that_is_refused_is_told_and_the_others_go_on(tmp_path):
    words = [*SEARCH, "prior=standard_normal,mixture", "--trials", "6", "--seed", "2"]
    code, _, err = search(tmp_path, *words)
    assert code == 0
    states = [trial.state.name for trial in study(tmp_path / "search").trials]
    assert set(states) == {"COMPLETE", "FAIL"}
    assert len(told(err)) == states.count("FAIL")
    assert Path(tmp_path / "search" / "study.db").exists()


@pytest.mark.bad_input
def test_a_folder_belongs_to_the_command_its_search_was_begun_with(searched):
    folder, _ = searched
    code, _, err = search(folder, *SEARCH, "decoder=bernoulli", "--trials", "7")
    (line,) = err.splitlines()
    assert code == 2 and "--folder: expected the command that its search was begun with" in line
    assert len(study(folder / "search").trials) == 4


@pytest.fixture
def opened(tmp_path):
    """Open the search of a folder: the study, the folder, and the database where it is new."""

    def call(name, **changed):
        given = {"storage": None, "seed": 0, "prune": False, "overrides": [], **changed}
        return search_study.open_study(Namespace(folder=str(tmp_path / name), **given))

    return call


def test_a_renamed_folder_has_its_trials_and_keeps_them(opened, tmp_path):
    first, folder, new = opened("a")
    assert new == folder / "study.db"
    first.tell(first.ask(), state=optuna.trial.TrialState.FAIL)
    folder.rename(tmp_path / "b")
    second, folder, new = opened("b", seed=1)
    assert new is None and len(second.trials) == 1
    search_study.remove_study(second, folder, new)  # of which no trial was more than refused
    again, *_ = opened("b")
    assert not again.trials  # begun anew, in the database that another process may have open
    again.tell(again.ask(), 1.0)
    search_study.remove_study(again, folder, folder / "study.db")
    assert len(study(folder).trials) == 1


@pytest.mark.bad_input
def test_which_of_several_searches_a_folder_has_is_asked(opened, tmp_path):
    _, folder, _ = opened("a")  # earlier versions began a second one where it was renamed
    optuna.create_study(storage=f"sqlite:///{folder / 'study.db'}", study_name="b")
    assert opened("a")[0].study_name == "a"
    folder.rename(tmp_path / "c")
    with pytest.raises(ValueError, match=r"--folder: expected one search in .*, got a, b; "):
        opened("c")


def test_another_storage_that_is_refused_leaves_the_folders_own(opened, tmp_path):
    _, folder, _ = opened("a")
    other, _, new = opened("a", storage=f"sqlite:///{tmp_path / 'other.db'}")
    search_study.remove_study(other, folder, new)
    assert (folder / "study.db").exists()


@pytest.mark.long
def test_several_search_together(tmp_path):
    words = [*SEARCH, "z_dim=range(2,9)", "--trials", "4"]
    both = [start(tmp_path, *words, module="search", OMP_NUM_THREADS="1") for _ in range(2)]
    for process in both:
        _, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, "")
    trials = study(tmp_path / "search").trials
    assert len(trials) == 4
    assert {trial.state.name for trial in trials} == {"COMPLETE"}
