"""The class or function that a ``_target_`` names, if whoever wrote it is trusted with it."""

import pydoc
from importlib.util import find_spec
from typing import Any

from omegaconf import DictConfig

from vae_exp.configuration.renamed import TARGETS
from vae_exp.configuration.trust import trust


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
    return find(config["_target_"], config._get_full_key("_target_"))


def find(name: Any, key: str) -> Any:
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
