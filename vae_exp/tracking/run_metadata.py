"""What tells a run from others in W&B's lists: its overrides, its options, its sweep."""

from typing import Any

from omegaconf import DictConfig

from vae_exp.configuration.overrides import override_key
from vae_exp.tracking.config_columns import chosen_options

TAGGED_GROUPS = ("encoder", "decoder", "prior", "kl", "objective", "network", "data", "experiment")
NOT_IN_NAME = ("device", "threads", "wandb.", "data.root", "data.cache", "hydra.", "hydra/")
NOT_IN_NAME += ("resume", "sweep.")
LONGEST = 120  # characters of a name in W&B


def run_metadata(config: DictConfig, varied: set[str] | None, group: str | None) -> dict[str, Any]:
    """``name``, ``job_type``, ``tags``, ``group`` and ``options`` of a run.

    One of several is named by what differs between them; its ``job_type`` is that but for the
    seed, so that W&B, grouping by it, shows many seeds as one line with its spread.

    Args:
        config: the run's ``hydra`` configuration.
        varied: the keys and groups that differ between the runs of its group, none for a run of
            its own, or where that is not known.
        group: of W&B.
    """
    words = [o for o in config.overrides.task if not o.lstrip("+~").startswith(NOT_IN_NAME)]
    if varied is not None:
        words = [word for word in words if override_key(word) in varied]
    options = {name: config.runtime.choices.get(name) for name in TAGGED_GROUPS}
    return {
        "name": _joined(words) or ("defaults" if group is None else f"job {config.job.num}"),
        "job_type": _joined([word for word in words if override_key(word) != "seed"]) or "train",
        "tags": [f"{name}={option}"[:64] for name, option in options.items() if option],
        "group": group,
        "options": chosen_options(config.runtime.choices),
    }


def _joined(words: list[str]) -> str:
    return " ".join(words)[:LONGEST]
