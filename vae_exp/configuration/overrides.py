"""Overrides: the words ``key=value`` and ``group=option`` of a command line."""

from pathlib import Path

import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, Quote, QuotedString

from vae_exp.configuration.compose import conf_dir


def override_key(word: str) -> str:
    """The key or group of an override."""
    return word.lstrip("+~").partition("=")[0]


def override_value(word: str) -> str:
    """What stands behind its equals sign."""
    return word.partition("=")[2]


def quoted(path: Path) -> str:
    """A path as a value on Hydra's command line."""
    return QuotedString(str(path.absolute()), Quote.single).with_quotes()


def parse_overrides(words: list[str]) -> list[Override]:
    """What Hydra makes of them, the options of groups by ``glob`` included."""
    if GlobalHydra.instance().is_initialized():
        return OverridesParser.create(GlobalHydra.instance().config_loader()).parse_overrides(words)
    with hydra.initialize_config_dir(conf_dir(), version_base="1.3"):
        return parse_overrides(words)
