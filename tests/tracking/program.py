"""The program with W&B as a test configures it."""

import os
import subprocess

from tests.forked import Forked

QUICK = ["trainer.epochs=2", "evaluation.importance_samples=8", "evaluation.probe=false"]
KEY = "a" * 40


def run(folder, *arguments, drawn="plots.names=[]", module="run", quick=QUICK, **environment):
    """Run the program in a process; no W&B configuration but the one given."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("WANDB_", "HYDRA_"))}
    home = {"HOME": str(folder), "NETRC": str(folder / "netrc")}
    words = [*arguments, *quick, drawn] if module == "run" else arguments
    process = Forked(folder, words, {**clean, **home, **environment}, module)
    out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(words, process.returncode, out, err)
