"""A job from words of a command line, in this process, beside others of its kind."""

from pathlib import Path

import hydra
from omegaconf import OmegaConf, open_dict

from vae_exp.configuration.compose import conf_dir
from vae_exp.configuration.paths import absolute_paths
from vae_exp.runs.job import Job
from vae_exp.tracking.run_metadata import run_metadata


def compose_job(overrides: list[str], folder: Path, number: int, varied: set[str], group: str):
    """The job in ``folder/number``, where it goes on if it was begun and ``resume=auto``.

    Args:
        varied: the keys that differ between the jobs of the group.
        group: of W&B.

    Raises:
        ValueError: a user's mistake, in one line that names the key.
    """
    with hydra.initialize_config_dir(conf_dir(), version_base="1.3"):
        cfg = hydra.compose("config", overrides, return_hydra_config=True)
    config = cfg.hydra
    with open_dict(cfg):
        del cfg["hydra"]
    absolute_paths(cfg)
    with open_dict(config):
        config.job.num = number
    configuration = {
        "config": cfg,
        "hydra": OmegaConf.create({"hydra": {"runtime": {"choices": config.runtime.choices}}}),
        "overrides": config.overrides.task,
    }
    metadata = run_metadata(config, varied, group)
    return Job(cfg, folder / str(number), metadata, configuration)
