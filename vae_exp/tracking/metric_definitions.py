"""What W&B is told of each metric: which of its values the runs' table has, and what is hidden.

Of a metric with a summary of its own the table has that below its name, ``val/elbo.max``; of the
others the last value. Units are nats per datum, but for times (seconds), counts and shares.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import wandb

# axes and clocks, which are no charts of their own
HIDDEN = ("step", "epoch", "samples", "time/train_seconds", "val/best_epoch")
# of what is not the last value; the others are: a number of the test set is logged but once
SUMMARIES = {
    "val/elbo": "max",
    "val/loss": "min",
    "val/reconstruction_loss": "min",
    "train/bad_steps": "max",
    "val/nonfinite": "max",
}


def define_metrics(run: "wandb.Run") -> None:
    """Tell W&B: the axis of all is ``step``; of ``val/elbo`` the runs' table has the largest."""
    run.define_metric("*", step_metric="step")
    for name in HIDDEN:
        own_axis = {} if name == "step" else {"step_metric": "step"}
        run.define_metric(name, hidden=True, **own_axis)
    for name, summary in SUMMARIES.items():
        run.define_metric(name, step_metric="step", summary=summary)
