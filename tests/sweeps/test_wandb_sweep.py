"""conf/wandb_sweep.yaml gives commands that the program takes, and what an agent stops is kept."""

import json
import os
import signal
import subprocess
import sys

import pytest
import yaml

from tests.conftest import CONF, one_in
from tests.dashboard.wandb_server import WandbServer, serving
from tests.forked import Forked
from tests.program import TINY, run, wait_for
from vae_exp.configuration.compose import compose

SWEEP = yaml.safe_load((CONF / "wandb_sweep.yaml").read_text())


def a_value(parameter, last):
    """One that W&B's agent may draw: a bound of an interval, or one of the values."""
    if "values" in parameter:
        return parameter["values"][-1 if last else 0]
    return parameter["max" if last else "min"]


def agents_words(drawn):
    """The command that the agent makes of the sweep's for these values, without its first words."""
    # here, for every process that collects the tests imports what stands above
    from wandb.sdk.launch.sweeps.utils import create_sweep_command, create_sweep_command_args

    values = {key: {"value": value} for key, value in drawn.items()}
    args = create_sweep_command_args({"args": values})["args_no_hyphens"]
    words = create_sweep_command(list(SWEEP["command"]))
    assert words[:4] == ["${env}", "python", "-m", "vae_exp.run"]  # the agent puts in env
    assert words[-1] == "${args_no_hyphens}"
    return [*words[4:-1], *args]


@pytest.mark.long
@pytest.mark.parametrize("last", one_in(2, [False, True]))
def test_the_agents_command_is_a_run(cli, last, monkeypatch, tmp_path):
    monkeypatch.setenv("WANDB_SWEEP_ID", "abc")
    monkeypatch.setenv("WANDB_RUN_ID", "run1")
    drawn = {key: a_value(p, last) for key, p in SWEEP["parameters"].items()}
    result = cli(*agents_words(drawn), *TINY[:3], "plots.names=[]")
    assert (result.exit_code, result.err) == (0, "")
    result.folder = tmp_path / "outputs" / "wandb_sweeps" / "abc" / "run1"
    assert SWEEP["metric"] == {"name": "val/best_elbo", "goal": "maximize"}
    assert SWEEP["metric"]["name"] in result.metrics[1]
    # a value for each epoch, by which hyperband counts
    assert sum(SWEEP["metric"]["name"] in record for record in result.metrics) == 2
    # the agent starts it again, as after a preemption: it goes on, and there is nothing left
    again = cli(*agents_words(drawn), *TINY[:3], "plots.names=[]")
    assert (again.exit_code, again.err) == (0, "")


def test_hyperband_stops_at_epochs_that_a_run_has(cli):
    early = SWEEP["early_terminate"]
    assert (early["type"], early["eta"]) == ("hyperband", 3)
    assert 1 < early["min_iter"] < early["min_iter"] * early["eta"] < compose().trainer.epochs


def test_the_parameters_are_keys_of_the_configuration():
    words = [f"{key}={a_value(p, False)}" for key, p in SWEEP["parameters"].items()]
    assert compose(*words).z_dim == 2


# the agent's SIGTERM, then W&B's own SIGINT within the process, while the summary is written
TWICE = """
import os, signal, sys
from vae_exp.storage.run_folder import RunFolder
write = RunFolder.write_summary
def interrupted(self, summary):
    os.kill(os.getpid(), signal.SIGINT)
    write(self, summary)
RunFolder.write_summary = interrupted
from vae_exp.run import main
main()
"""


@pytest.mark.kill
def test_a_run_that_wandb_stops_is_preempted_and_can_be_evaluated(tmp_path):
    words = agents_words(
        {"trainer.epochs": 100000, "z_dim": 4, **dict(w.split("=") for w in TINY[1:])}
    )
    agents = {"WANDB_SWEEP_ID": "abc", "WANDB_RUN_ID": "run1", "WANDB_MODE": "disabled"}
    clean = {k: v for k, v in os.environ.items() if not k.startswith("WANDB_")}
    process = Forked(tmp_path, words, clean | agents, script=TWICE)
    folder = tmp_path / "outputs" / "wandb_sweeps" / "abc" / "run1"
    metrics = folder / "metrics.jsonl"
    wait_for(lambda: metrics.exists() and "val/elbo" in metrics.read_text(), process)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert err.startswith("vae_exp: interrupted; what was written stays; ")
    assert process.returncode == -signal.SIGTERM  # an exit code above 0 the agent calls a failure
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["status"] == "preempted" and "test/elbo" not in summary
    code, out, err = run(tmp_path, str(folder), module="evaluate")
    assert (code, err) == (0, f"{folder} is preempted: these are its best weights so far\n")
    assert "test/log_likelihood" in out
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["status"] == "preempted" and summary["test/elbo"] < 0


@pytest.mark.long
def test_wandbs_agent_stops_six_runs_and_starts_the_next(tmp_path):
    """A real agent and W&B's protocol: after five exit codes above 0 it would have ended."""
    sweep = tmp_path / "outputs" / "wandb_sweeps" / "abc"
    given = {key: a_value(p, False) for key, p in SWEEP["parameters"].items()}
    given |= {"trainer.epochs": 100000, "plots.names": "[]"}
    started, stopped, told = [], [], []

    def commands(states):
        live = [name for name, alive in states.items() if alive]
        if not live:
            if len(started) == 6:
                told.append("exit")
                return [{"type": "exit"}]
            started.append(f"run{len(started)}")
            args = {key: {"value": value} for key, value in given.items()}
            return [{"type": "run", "run_id": started[-1], "args": args, "program": None}]
        metrics = sweep / live[0] / "metrics.jsonl"
        if metrics.exists() and "val/elbo" in metrics.read_text():
            stopped.append(live[0])
            return [{"type": "stop", "run_id": live[0]}]
        return []

    server = WandbServer(sweep=(CONF / "wandb_sweep.yaml").read_text(), commands=commands)
    clean = {k: v for k, v in os.environ.items() if not k.startswith("WANDB_")}
    own = {"HOME": str(tmp_path), "WANDB_MODE": "offline", "WANDB_AGENT_REPORT_INTERVAL": "0"}
    with serving(server):
        agent = [sys.executable, "-m", "wandb", "agent", "me/vae_exp/abc"]
        environment = clean | own | server.environment
        subprocess.run(agent, cwd=tmp_path, env=environment, capture_output=True, timeout=500)
    assert (len(started), set(stopped), told) == (6, set(started), ["exit"])
    for name in started:
        assert json.loads((sweep / name / "summary.json").read_text())["status"] == "preempted"
