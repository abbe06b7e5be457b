"""What ``${...:}`` of our own in ``conf/`` stands for."""

from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from vae_exp.sweeps.sweep import count_jobs


def register_resolvers() -> None:
    """Let OmegaConf know ``new_folder`` and ``jobs_at_once``."""
    OmegaConf.register_new_resolver("new_folder", new_folder, use_cache=True, replace=True)
    OmegaConf.register_new_resolver("jobs_at_once", jobs_at_once, replace=True)


def new_folder(name: str) -> str:
    """Make a folder of that name, or with -2, -3, ... behind it where another run has it."""
    path, number = Path(name), 1
    while True:
        try:
            path.mkdir(parents=True)  # of two runs in the same second, one gets it
            return str(path)
        except FileExistsError:
            number += 1
            path = Path(f"{name}-{number}")


def jobs_at_once(_root_: DictConfig) -> int:
    """How many jobs of a sweep run side by side: one for each core, or all where they are fewer."""
    from joblib import cpu_count

    return min(cpu_count(), count_jobs(_root_.hydra) or cpu_count())
