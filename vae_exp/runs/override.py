"""Words behind the folder of a run that change its configuration and leave its model as it is."""

import copy
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser

from vae_exp.configuration.paths import absolute_value

# with these the numbers are still those of the run's own model and data, only better known
SAME_QUESTION = (
    "device",
    "threads",
    "data.root",
    "data.cache",
    "evaluation.importance_samples",
    "evaluation.max_elements",
    "evaluation.probe",
    "evaluation.disentanglement",
    "evaluation.part_seconds",
)


def override(config: dict[str, Any], overrides: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A copy of a run's configuration with these values, and the values by their keys.

    Raises:
        ValueError: not ``key=value``, or not a key that leaves the model as it is.
    """
    config, given = copy.deepcopy(config), {}
    for parsed in OverridesParser.create().parse_overrides(overrides):
        key, value = parsed.key_or_group, _value(parsed)
        value = absolute_value(key, value)
        if key not in _allowed_keys(config):
            allowed = _allowed_keys(config)
            meant = [name for name in allowed if name.rpartition(".")[2] == key]
            hint = (
                f"; did you mean {' or '.join(meant)}?" if meant else "; the model is the run's own"
            )
            raise ValueError(f"{key}: expected one of the keys {', '.join(allowed)}{hint}")
        section, _, name = key.rpartition(".")
        (config[section] if section else config)[name] = value
        given[key] = value
    return config, given


def other_questions(config: dict[str, Any], given: dict[str, Any]) -> list[str]:
    """Which of the keys ask about other data or weights than a run's own.

    Args:
        config: the run's.
        given: values by their keys, see ``override``.
    """
    own = config["data"]
    return [
        key
        for key, value in given.items()
        if key not in SAME_QUESTION and own.get(key.removeprefix("data.")) != value
    ]


def _allowed_keys(config: dict[str, Any]) -> list[str]:
    return [
        "device",
        "threads",
        *(
            f"{section}.{key}"
            for section in ("evaluation", "data")
            if isinstance(config.get(section), dict)
            for key in config[section]
            if not str(key).startswith("_")
        ),
    ]


def _value(parsed: Any) -> Any:
    if parsed.is_sweep_override() or parsed.is_delete() or parsed.is_add():
        raise ValueError(f"{parsed.input_line}: expected key=value")
    return parsed.value()
