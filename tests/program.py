"""The program in processes of its own, away from the settings and credentials of whoever tests."""

import json
import os
import subprocess
import sys
import time

from tests.forked import Forked

OURS = ("WANDB_", "HYDRA_", "OMP_", "MKL_", "VAE_EXP_", "SLURM_")
TINY = [
    *("trainer.epochs=2", "evaluation.importance_samples=8", "evaluation.probe=false"),
    *("network.hidden=[32]", "plots.names=[]"),
]


def start(folder, *arguments, module="run", command=None, **environment):
    """Start it in ``folder``, as the head of a process group of its own.

    Where launchers, a command or a path of its own ask for a whole new interpreter it gets one.
    """
    clean = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
    own = {"HOME": str(folder), "NETRC": str(folder / "netrc"), "WANDB_MODE": "disabled"}
    own |= {"OMP_NUM_THREADS": "1"}  # other tests have the other cores
    variables = {**clean, **own, **environment}
    launchers = [word for word in arguments if word.startswith("hydra/launcher=")]
    launched = launchers not in ([], ["hydra/launcher=basic"])
    if command is None and not launched and "PYTHONPATH" not in environment:
        return Forked(folder, arguments, variables, module)
    return subprocess.Popen(
        [*(command or [sys.executable]), "-m", f"vae_exp.{module}", *arguments],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(folder, *arguments, timeout=300, **options):
    """Run it to its end: exit code, standard output, standard error."""
    process = start(folder, *arguments, **options)
    out, err = process.communicate(timeout=timeout)
    return process.returncode, out, err


def wait_for(condition, process, seconds=60):
    """Wait until it holds, while the process is there."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)


def summaries(sweep):
    """``summary.json`` of each job that has one."""
    files = sweep.glob("*/summary.json")
    return {int(file.parent.name): json.loads(file.read_text()) for file in files}


def told(err):
    """The lines on standard error that are ours."""
    return [line for line in err.splitlines() if line.startswith("vae_exp: ")]
