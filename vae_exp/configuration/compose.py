"""Where the configuration lies, and composing it without a command line."""

import functools
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf


def conf_dir() -> str:
    """The folder of YAML files: inside an installed package, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "conf"
    return str(inside if inside.is_dir() else package.parent / "conf")


@functools.cache
def root_config() -> dict[str, Any]:
    """The file that all others are put together by, as it is written."""
    return OmegaConf.to_container(OmegaConf.load(Path(conf_dir()) / "config.yaml"))


def compose(*overrides: str) -> DictConfig:
    """The configuration that these overrides give, as on the command line.

    >>> compose("decoder=bernoulli", "optimizer.lr=3e-4")

    Raises:
        hydra.errors.HydraException: an unknown group, option or key.
    """
    import hydra

    from vae_exp.configuration.search_path import share_sources

    share_sources()
    with hydra.initialize_config_dir(conf_dir(), version_base="1.3"):
        return hydra.compose("config", list(overrides))


def experiments() -> list[str]:
    """The recipes of the group experiment, but for those that only others are made of."""
    folder = Path(conf_dir()) / "experiment"
    files = [path for path in folder.rglob("*.yaml") if not path.stem.startswith("_")]
    return sorted(path.relative_to(folder).with_suffix("").as_posix() for path in files)


def group_keys() -> list[str]:
    """What chooses an option of a group: decoder, network, network@encoder_network, ..."""
    defaults = root_config()["defaults"]
    return [key for entry in defaults if isinstance(entry, dict) for key in entry]
