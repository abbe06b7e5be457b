"""From configuration to objects: the one place that executes what a ``_target_`` names."""

import functools
import inspect
import json
import pydoc
import re
import types
import typing
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from typing import Any, Literal

from omegaconf import DictConfig, OmegaConf
from pydantic import ConfigDict, TypeAdapter, ValidationError

from vae_exp.configuration.renamed import TARGETS
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
    target = _find(name, f"{key}._target_")
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


def check_arguments(config: DictConfig, given: set[str] = frozenset()) -> None:
    """Compare a section, and those inside it, with the signatures of their targets.

    Args:
        given: arguments that the program itself adds.

    Raises:
        ValueError: naming the key, what was expected and what came.
    """
    target = find_target(config)
    parameters = inspect.signature(target).parameters
    by_name = {
        name: parameter
        for name, parameter in parameters.items()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }
    hints = _type_hints(target)
    keys = [key for key in config if not key.startswith("_")]
    for key in keys:
        if key not in by_name and len(by_name) == len(parameters):
            known = ", ".join(name for name in by_name if name not in given)
            raise ValueError(
                f"{_full_key(config, key)}: expected one of the keys of {target.__name__}, which "
                f"are {known}, got {key}"
            )
        value = config[key]
        if isinstance(value, DictConfig) and "_target_" in value:
            check_arguments(value)
        elif key in hints:
            _check_type(config, key, hints[key])
    if "_partial_" not in config:
        for name, parameter in by_name.items():
            if parameter.default is parameter.empty and name not in {*keys, *given}:
                raise ValueError(f"{_full_key(config, name)}: expected a value, found none")


def find_target(config: DictConfig) -> Any:
    """The class or function that a section names.

    Raises:
        ValueError: it names none, or none that can be had.
    """
    if "_target_" not in config:
        raise ValueError(
            f"{config._get_full_key('_target_')}: expected the dotted path of a class, such as "
            "my_package.MyClass, got none"
        )
    return _find(config["_target_"], config._get_full_key("_target_"))


def _find(name: Any, key: str) -> Any:
    """The class or function of that name, if whoever wrote it is trusted with it.

    Raises:
        ValueError: there is none, or it is not.
    """
    only = trust()
    if only is not None:
        only.check_name(name, key)
    problem = f"it is now {TARGETS[name]}" if name in TARGETS else _why_none(str(name))
    try:
        target = pydoc.locate(str(name))
    except pydoc.ErrorDuringImport as error:
        target, problem = None, str(error)
    if not callable(target):
        raise ValueError(f"{key}: expected the dotted path of a class, got {name}: {problem}")
    if only is not None:
        only.check_found(name, target, key)
    return target


def _why_none(name: str) -> str:
    """What is amiss with a name that is found nowhere."""
    package = name.partition(".")[0]
    if package.isidentifier() and find_spec(package) is None:
        return (
            f"no {package} can be imported from here; start where it lies, or put that folder into "
            "PYTHONPATH"
        )
    return "there is none"


def _full_key(config: DictConfig, key: str) -> str:
    """The key that a user would set: of ``z_dim: ${z_dim}`` the one it points to."""
    node = config._get_node(key, validate_access=False)
    link = re.fullmatch(r"\$\{([\w.]+)\}", str(node._value())) if node is not None else None
    return link[1] if link else config._get_full_key(key)


def _type_hints(target: Any) -> dict[str, Any]:
    function = target.__init__ if isinstance(target, type) else target
    hints = {}
    for name, hint in inspect.get_annotations(function).items():
        # a name that exists for type checkers only, in other people's code, says nothing here
        with suppress(NameError):
            hints[name] = eval(hint, function.__globals__) if isinstance(hint, str) else hint
    return hints


def _check_type(config: DictConfig, key: str, hint: Any) -> None:
    value = config[key]
    plain = OmegaConf.to_container(value) if OmegaConf.is_config(value) else value
    try:
        # JSON's rules fit a configuration: an int is a float, a list is a tuple, and no more
        _adapter(hint).validate_json(json.dumps(plain), strict=True)
    except ValidationError as error:
        set_by, used_by = _full_key(config, key), config._get_full_key(key)
        use = "" if set_by == used_by else f", for {used_by}"
        raise ValueError(f"{set_by}: expected {_describe(hint)}, got {plain!r}{use}") from error


def _adapter(hint: Any) -> TypeAdapter:
    try:
        return _adapter_once(hint)
    except TypeError:  # what a type is annotated with may have no hash
        return _new_adapter(hint)


def _new_adapter(hint: Any) -> TypeAdapter:
    return TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True))


_adapter_once = functools.lru_cache(_new_adapter)  # many keys have the same few types


def _describe(hint: Any) -> str:
    """A type as a user would name it: ``one of a, b, c``, ``int or none``."""
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is Literal:
        return "one of " + ", ".join(map(str, arguments))
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return " or ".join(map(_describe, arguments))
    if hint is type(None):
        return "null"
    if typing.get_origin(hint) is tuple and ... not in arguments:
        return f"[{', '.join(map(_describe, arguments))}]"
    if arguments:
        return f"a list of {_describe(arguments[0])}"
    return getattr(hint, "__name__", str(hint))
