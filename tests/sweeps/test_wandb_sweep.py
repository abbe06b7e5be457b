"""conf/wandb_sweep.yaml gives commands that the program takes."""

import pytest
import yaml

from tests.conftest import CONF
from tests.program import TINY
from vae_exp.configuration.compose import compose

SWEEP = yaml.safe_load((CONF / "wandb_sweep.yaml").read_text())


def a_value(parameter, last):
    """One that W&B's agent may draw: a bound of an interval, or one of the values."""
    if "values" in parameter:
        return parameter["values"][-1 if last else 0]
    return parameter["max" if last else "min"]


@pytest.mark.parametrize("last", [False, True])
def test_the_agents_command_is_a_run(cli, last):
    # here, for every process that collects the tests imports what stands above
    from wandb.sdk.launch.sweeps.utils import create_sweep_command, create_sweep_command_args

    drawn = {key: {"value": a_value(p, last)} for key, p in SWEEP["parameters"].items()}
    args = create_sweep_command_args({"args": drawn})["args_no_hyphens"]
    words = create_sweep_command(list(SWEEP["command"]))
    assert words[:4] == ["${env}", "python", "-m", "vae_exp.run"]  # the agent puts in env
    assert words[-1] == "${args_no_hyphens}"
    result = cli(*words[4:-1], *args, *TINY[:3], "plots.names=[]")
    assert (result.exit_code, result.err) == (0, "")
    assert SWEEP["metric"] == {"name": "val/best_elbo", "goal": "maximize"}
    assert SWEEP["metric"]["name"] in result.metrics[1]


def test_the_parameters_are_keys_of_the_configuration():
    words = [f"{key}={a_value(p, False)}" for key, p in SWEEP["parameters"].items()]
    assert compose(*words).z_dim == 2
