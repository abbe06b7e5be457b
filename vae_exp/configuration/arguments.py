"""A section beside the signature of its target, which is its schema."""

import functools
import inspect
import json
import re
import types
import typing
from contextlib import suppress
from typing import Any, Literal

from omegaconf import DictConfig, OmegaConf
from pydantic import ConfigDict, TypeAdapter, ValidationError

from vae_exp.configuration.target import find_target

# what the program gives to networks, optimizers and schedules, once it has it
GIVEN_LATER = ("in_shape", "out_shape", "params", "optimizer")


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
                given_later = "; _partial_: true leaves it to the program" * (name in GIVEN_LATER)
                raise ValueError(
                    f"{_full_key(config, name)}: expected a value, found none{given_later}"
                )


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
