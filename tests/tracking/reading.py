"""What W&B itself reads back from an offline run."""

import subprocess

from wandb.util import get_core_path


def inspect(folder, *flags):
    """The lines of ``wandb leet inspect --json``, from what that command hands this to: its own
    imports take seconds.
    """
    (file,) = folder.glob("*.wandb")
    command = [get_core_path(), "leet", "inspect", "--no-observability", "--json", *flags]
    command += ["--run-file", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
