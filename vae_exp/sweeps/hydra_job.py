"""What Hydra knows of the job that it is running."""

import os
import sys
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from vae_exp.configuration.options_folder import in_a_command, options_folder
from vae_exp.configuration.overrides import override_key
from vae_exp.sweeps.sweep import swept_keys
from vae_exp.tracking.run_metadata import run_metadata


def configuration(cfg: DictConfig) -> dict[str, Any]:
    """What Hydra would write to ``.hydra``: the configuration, its own part, the overrides.

    They are those of the run, whichever command it goes on by: a folder to resume is left out.
    """
    config, words = HydraConfig.get(), HydraConfig.get().overrides.task
    if cfg.resume not in (None, "auto"):
        cfg = OmegaConf.merge(cfg, {"resume": None})
        words = OmegaConf.create([word for word in words if override_key(word) != "resume"])
    return {"config": cfg, "hydra": OmegaConf.create({"hydra": config}), "overrides": words}


def own_options() -> str:
    """What stands in a command line for the folder of this job's own options, if it has one."""
    hydra = OmegaConf.to_container(HydraConfig.get(), resolve=False)
    return in_a_command(options_folder(hydra))


def wandb_metadata() -> dict[str, Any]:
    """What tells this run from others in W&B, see ``run_metadata``."""
    config = HydraConfig.get()
    if config.mode != RunMode.MULTIRUN:
        return run_metadata(config, None, None)
    sweep = Path(config.sweep.dir)
    return run_metadata(config, swept_keys(sweep), "/".join(sweep.parts[-2:]))


def work_in(folder: str) -> None:
    """Work where the command was given: a cluster starts its jobs elsewhere."""
    os.chdir(folder)
    if folder not in sys.path:
        sys.path.append(folder)  # where a user's own parts lie
