"""What wandb would import without a use for it here: more than wandb itself is."""

import sys
from typing import Any

import wandb

LAUNCH = "wandb.sdk.launch"  # whoever stages an input of a launch job has imported it


def skip_unused_imports() -> None:
    """Have wandb do without pandas, and without its launch jobs, unless something imported them.

    A run that opens looks for inputs that were staged for a launch job, and for that imports all of
    them, with W&B's public API. Whatever is logged might be pandas' own, and without pandas is told
    by the name of its class. Neither is public, and may move: then it is imported as before.
    """
    look = getattr(wandb.Run, "_detect_and_apply_job_inputs", None)
    if look is not None and look.__module__ != __name__:

        def look_if_staged(run: Any) -> None:
            if LAUNCH in sys.modules:
                look(run)

        wandb.Run._detect_and_apply_job_inputs = look_if_staged
    if "pandas" not in sys.modules:
        wandb.util.pd_available = False
