"""What a search tries: Hydra's words for sweeps, as Optuna's distributions."""

from pathlib import Path
from typing import TYPE_CHECKING

import hydra
from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep
from omegaconf import OmegaConf

from vae_exp.configuration.command_line import check_overrides
from vae_exp.configuration.compose import conf_dir, group_keys
from vae_exp.configuration.overrides import parse_overrides

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


def read(overrides: list[str]) -> dict[str, "BaseDistribution"]:
    """The space of a command line, by key: of its sweeps, or else that of ``conf/search.yaml``
    without what the command line fixes.

    Raises:
        ValueError: something that Optuna cannot draw from.
    """
    given = parse_overrides(overrides)
    swept = [override for override in given if override.is_sweep_override()]
    if not swept:
        fixed = {override.key_or_group for override in given}
        usual = OmegaConf.to_container(OmegaConf.load(Path(conf_dir()) / "search.yaml"))
        swept = parse_overrides(
            [f"{key}={text}" for key, text in usual.items() if key not in fixed]
        )
    return {override.get_key_element(): distribution(override) for override in swept}


def fixed(overrides: list[str]) -> list[str]:
    """The words that are the same in every trial."""
    return [o.input_line for o in parse_overrides(overrides) if not o.is_sweep_override()]


def check_search(overrides: list[str]) -> None:
    """Refuse what no trial could do anything with.

    Raises:
        ValueError: a key of Hydra's own, or one that resumes something.
    """
    check_overrides(overrides)
    for override in parse_overrides(overrides):
        key = override.get_key_element().lstrip("+~")
        if key in ("resume", "sweep.resume"):
            raise ValueError(
                f"{key}: expected no such key in a search, got {override.input_line}; --folder "
                "goes on with one"
            )
        if key.startswith(("hydra.", "hydra/")) and key != "hydra.searchpath":
            raise ValueError(
                f"{key}: expected no key of Hydra's in a search, got {override.input_line}; "
                "--folder says where it goes"
            )
    keys = [override.get_key_element().lstrip("+~") for override in parse_overrides(overrides)]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"{key}: expected it once, got it {keys.count(key)} times")


def check(fixed: list[str], space: dict[str, "BaseDistribution"]) -> None:
    """Compose a configuration with each option of each group that is tried.

    Raises:
        HydraException: an option or a key that does not exist.
    """
    from optuna.distributions import CategoricalDistribution

    first = {}
    for key, drawn in space.items():
        values = drawn.choices if isinstance(drawn, CategoricalDistribution) else [drawn.low]
        first[key] = [f"{key}={value}" for value in values]
    usual = [words[0] for words in first.values()]
    _compose([*fixed, *usual])
    for place, (key, words) in enumerate(first.items()):
        for word in words[1:] if key.lstrip("+") in group_keys() else ():
            _compose([*fixed, *usual[:place], word, *usual[place + 1 :]])


def _compose(words: list[str]) -> None:
    with hydra.initialize_config_dir(conf_dir(), version_base="1.3"):
        hydra.compose("config", words)


def distribution(override: Override) -> "BaseDistribution":
    """``choice`` and ``glob`` as categories, ``range`` and ``interval`` as numbers.

    Raises:
        ValueError: bounds that Optuna refuses, or a range that is not of whole numbers.
    """
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    value = override.value()
    log = "log" in getattr(value, "tags", ())
    try:
        if isinstance(value, RangeSweep):
            low, step = value.start, value.step
            if not all(float(number).is_integer() for number in (low, value.stop, step)):
                return CategoricalDistribution([float(v) for v in value.range()])
            low, high = int(low), int(value.stop) - 1  # without the end, as in Hydra's sweeps
            return IntDistribution(low, high, log=log, step=int(step))
        if isinstance(value, IntervalSweep):
            if isinstance(value.start, int) and isinstance(value.end, int):
                return IntDistribution(value.start, value.end, log=log)
            return FloatDistribution(value.start, value.end, log=log)
        return CategoricalDistribution(list(override.sweep_string_iterator()))
    except ValueError as error:
        raise ValueError(f"{override.input_line}: {error}") from error
