"""The part that a command line names: an option of a group, or a class of one's own."""

import importlib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict
from torch import nn

from vae_exp.checking.verdict import Check
from vae_exp.configuration.compose import compose
from vae_exp.configuration.option_facts import SMALL, TITLES
from vae_exp.configuration.overrides import override_key, override_value
from vae_exp.data import Data
from vae_exp.decoder import Decoder
from vae_exp.encoder import Encoder
from vae_exp.kl import KLEstimator
from vae_exp.network import Network
from vae_exp.objective import Objective

GROUPS = tuple(group for group in TITLES if group != "condition")
BASES = {
    Decoder: "decoder",
    Encoder: "encoder",
    KLEstimator: "kl",
    Objective: "objective",
    Network: "network",
    Data: "data",
}
# what the parts of a group are called with, for classes that have none of those bases
CALLED_WITH = {"z": "decoder", "x": "encoder", "terms": "objective", "q_z": "kl"}
FROM_ROOT = {"z_dim": "${z_dim}", "network": "${network}", "levels": "${data.levels}"}
X_SHAPE = "x_shape"


@dataclass(frozen=True)
class Found:
    """A part to be checked.

    Args:
        group: of which it is one.
        name: as the command line has it.
        checks: what is checked of it.
        subject: what they get.
        told: what it was built with, in words.
    """

    group: str
    name: str
    checks: Mapping[str, Check]
    subject: Any
    told: str


def find(words: Sequence[str], config_dir: str | None = None) -> Found:
    """The part that the words name.

    Args:
        words: ``package.Class`` or ``group=option`` (or ``group=package.Class``), and what it
            takes, ``key=value``.
        config_dir: a folder with options of one's own.

    Raises:
        ValueError: in one line, that there is no such part, or what it refuses.
    """
    named = [word for word in words if "=" not in word]
    chosen = [word for word in words if override_key(word) in GROUPS and "=" in word]
    others = [word for word in words if word not in named and word not in chosen]
    if len(named) > 1 or (named and "." not in named[0]) or not (named or chosen):
        raise ValueError(
            "expected one part, package.Class or one of "
            f"{', '.join(f'{group}=...' for group in GROUPS)}, got {' '.join(words) or 'none'}"
        )
    if named:
        target = locate(named[0])
        group = group_of(target, named[0])
        around = chosen
        cfg = _of_class(group, named[0], target, [*around, *others], config_dir)
        return _found(group, named[0], cfg)
    # beside the part: network=, or the encoder that a prior is asked with
    first, *around = chosen
    group, name = override_key(first), override_value(first)
    if "." in name:
        cfg = _of_class(group, name, locate(name), [*around, *others], config_dir)
    else:
        cfg = _composed([first, *around, *others, *_small(group, name, words)], config_dir)
    return _found(group, name, cfg)


def locate(name: str) -> type:
    """The class of that dotted name.

    Raises:
        ValueError: in one line, how far there is something of that name.
    """
    module, _, attribute = name.rpartition(".")
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or module
        where = " in the current folder or installed" if f"{module}.".startswith(missing) else ""
        raise ValueError(f"{name}: expected a module {missing}{where}, found none") from error
    except Exception as error:
        message = " ".join(str(error).split())
        raise ValueError(
            f"{name}: importing {module} raised {type(error).__name__}: {message}"
        ) from error
    if not hasattr(found, attribute):
        classes = [
            k for k, v in vars(found).items() if isinstance(v, type) and v.__module__ == module
        ]
        has = f", which has {', '.join(sorted(classes))}" if classes else ""
        raise ValueError(f"{name}: expected a class of {module}{has}, got no {attribute}")
    target = getattr(found, attribute)
    if not isinstance(target, type):
        raise ValueError(f"{name}: expected a class, got {type(target).__name__}")
    return target


def group_of(target: type, name: str) -> str:
    """The group that a class is a part of, by its base, or by what it is called with.

    Raises:
        ValueError: it cannot be told.
    """
    for base, group in BASES.items():
        if issubclass(target, base):
            return group
    parameters = inspect.signature(target).parameters
    if {"in_shape", "out_shape"} <= set(parameters):
        return "network"
    forward = getattr(target, "forward", None)
    if issubclass(target, nn.Module) and forward is not None:
        called = [p for p in inspect.signature(forward).parameters if p != "self"]
        if called and called[0] in CALLED_WITH:
            return CALLED_WITH[called[0]]
        if not called or called[0] == "c":
            return "prior"
    called_as = name.rpartition(".")[2].lower()
    likely = next((group for group in GROUPS if group in called_as), "decoder")
    raise ValueError(
        f"{name}: expected a class of which the group can be told, a subclass of one of "
        f"{', '.join(base.__name__ for base in BASES)}, or a module called without arguments or "
        f"with c, a prior, got none; say it, one of {', '.join(GROUPS)}, as in {likely}={name}"
    )


def _small(group: str, option: str, words: Sequence[str]) -> list[str]:
    given = {override_key(word) for word in words}
    return [word for word in SMALL.get((group, option), []) if override_key(word) not in given]


def _composed(words: Sequence[str], config_dir: str | None) -> DictConfig:
    shape = [word for word in words if override_key(word) == X_SHAPE]
    words = [word for word in words if word not in shape]
    given = {override_key(word) for word in words}
    if "network" not in given:
        words = ["network=linear", *words]
    if config_dir is not None:
        if not Path(config_dir).is_dir():
            raise ValueError(f"--config-dir: expected a folder, got {config_dir}")
        words = [*words, f"hydra.searchpath=[file://{Path(config_dir).absolute()}]"]
    cfg = compose(*words)
    if type(cfg.z_dim) is not int or cfg.z_dim < 1:
        raise ValueError(f"z_dim: expected a positive whole number, got {cfg.z_dim}")
    with open_dict(cfg):
        cfg.own_x_shape = _shape(shape[-1]) if shape else None
        cfg.own_z_dim = cfg.z_dim if "z_dim" in given else None
    return cfg


def _of_class(
    group: str, name: str, target: type, words: Sequence[str], config_dir: str | None
) -> DictConfig:
    """The configuration with a section of that class, and of those of the words that are its."""
    parameters = inspect.signature(target).parameters
    own: dict[str, Any] = {k: v for k, v in FROM_ROOT.items() if k in parameters}
    rest = []
    for word in words:
        key = override_key(word)
        inner = key.removeprefix(f"{group}.")
        if key != inner or (inner in parameters and inner not in (*FROM_ROOT, X_SHAPE)):
            own[inner] = _value(word)
        else:
            rest.append(word)
    cfg = _composed(rest, config_dir)
    with open_dict(cfg):
        cfg[group] = {"_target_": name} | ({"_partial_": True} if group == "network" else {})
        for key, value in own.items():
            OmegaConf.update(cfg, f"{group}.{key}", value, force_add=True)
    return cfg


def _shape(word: str) -> list[int]:
    value = _value(word)
    if not isinstance(value, list) or not all(type(n) is int and n > 0 for n in value) or not value:
        raise ValueError(
            f"{X_SHAPE}: expected a list of positive numbers, got {override_value(word)}"
        )
    return value


def _value(word: str) -> Any:
    from hydra.core.override_parser.overrides_parser import OverridesParser

    value = OverridesParser.create().parse_override(word).value()
    return list(value) if isinstance(value, (list, tuple)) else value


def _found(group: str, name: str, cfg: DictConfig) -> Found:
    from vae_exp.checking import build

    make = getattr(build, group, build.distribution)
    checks, subject, told = make(group, cfg)
    return Found(group, name, checks, subject, told)
