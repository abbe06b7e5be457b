"""From configuration to objects: the one place that executes what a ``_target_`` names."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from omegaconf import DictConfig, OmegaConf

from vae_exp.configuration.arguments import check_arguments
from vae_exp.configuration.target import find, find_target
from vae_exp.configuration.trust import trust

# what a section says of its target besides the arguments, in Hydra's words
HOW = ("_target_", "_partial_", "_args_", "_recursive_", "_convert_")


def instantiate(
    config: DictConfig,
    offered: dict[str, Any] | None = None,
    network_for: Callable[[Any], Any] | None = None,
    **arguments: Any,
) -> Any:
    """Build what ``config`` describes, with further keyword arguments.

    Args:
        offered: arguments for a target that has them in its signature, and not for others.
        network_for: what the argument ``network`` is replaced by, a function of it.

    The signature of each ``_target_`` is the schema of its section: unknown and missing keys and
    values of the wrong type are refused with the key's full name.

    Raises:
        ValueError: a user's mistake, in one line that names the key.
    """
    wanted = inspect.signature(find_target(config)).parameters
    arguments |= {name: value for name, value in (offered or {}).items() if name in wanted}
    check_arguments(config, given=set(arguments))
    key = config._get_full_key(None)
    try:
        return _call(OmegaConf.to_container(config, resolve=True), key, arguments, network_for)
    except ValueError:
        raise
    except Exception as error:
        raise ValueError(f"{key}: {type(error).__name__}: {error}") from error


def _build(node: Any, key: str) -> Any:
    """A value of a section, of plain values, with what is described in it built."""
    if isinstance(node, list):
        return [_build(value, f"{key}.{i}") for i, value in enumerate(node)]
    if not isinstance(node, dict):
        return node
    if "_target_" in node:
        return _call(node, key, {})
    return {name: _build(value, f"{key}.{name}") for name, value in node.items()}


def _call(
    section: dict[str, Any],
    key: str,
    given: dict[str, Any],
    network_for: Callable[[Any], Any] | None = None,
) -> Any:
    """Call the target of a section: it happens here and nowhere else."""
    name = section["_target_"]
    target = find(name, f"{key}._target_")
    arguments = {argument: v for argument, v in section.items() if argument not in HOW}
    positional = section.get("_args_", [])
    if section.get("_recursive_", True):
        arguments = {argument: _build(v, f"{key}.{argument}") for argument, v in arguments.items()}
        positional = _build(positional, f"{key}._args_")
    arguments |= given
    if network_for is not None and "network" in arguments:
        arguments["network"] = network_for(arguments["network"])
    if (only := trust()) is not None:
        only.check_arguments(target, name, positional, arguments, key)
    if section.get("_partial_", False):
        return functools.partial(target, *positional, **arguments)
    return target(*positional, **arguments)
