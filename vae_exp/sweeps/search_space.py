"""What a search tries: Hydra's words for sweeps, as Optuna's distributions."""

from pathlib import Path
from typing import TYPE_CHECKING

from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep
from omegaconf import OmegaConf

from vae_exp.configuration.compose import conf_dir
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
