"""How the program fails: one line on standard error, and an exit code that says when."""

import difflib
import os
import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from hydra._internal.utils import get_args_parser
from hydra.errors import (
    ConfigCompositionException,
    HydraException,
    MissingConfigException,
    OverrideParseException,
)
from omegaconf import DictConfig, OmegaConf

from vae_exp.cli.held_warnings import held_warnings
from vae_exp.cli.hydra_messages import in_our_words, unreadable
from vae_exp.configuration.compose import compose, experiments, group_keys
from vae_exp.configuration.overrides import quoted
from vae_exp.configuration.renamed import EXPERIMENTS

BEFORE_TRAINING = 2
DURING_TRAINING = 1
# launchers of Hydra that come with a package of their own
PLUGINS = {
    "joblib": "hydra-joblib-launcher",
    "submitit_slurm": "hydra-submitit-launcher",
    "submitit_local": "hydra-submitit-launcher",
    "ray": "hydra-ray-launcher",
}
LONGEST = 600  # characters of a message; torch prints whole tensors


class Failure(Exception):
    """An error that the user has been told of, with the program's exit code."""

    def __init__(self, message: str, exit_code: int):
        super().__init__(message, exit_code)
        self.exit_code = exit_code

    def __str__(self) -> str:
        return self.args[0]


@contextmanager
def report_errors(exit_code: int) -> Iterator[None]:
    """Tell the user of an exception inside, and raise it again as a ``Failure``."""
    try:
        with held_warnings() if exit_code == BEFORE_TRAINING else nullcontext():
            yield
    except Failure:
        raise
    except Exception as error:
        report_error(error)
        raise Failure(one_line(error), exit_code) from error


def report_error(error: Exception) -> None:
    """Print the error to standard error in one line, after its traceback if that was asked for."""
    if "VAE_EXP_ONE_LINE" not in os.environ:
        traceback.print_exception(error)
    print_error(one_line(error))


def print_error(message: str) -> None:
    """Print a line to standard error, in the program's name."""
    print(f"vae_exp: {printable(message)}", file=sys.stderr, flush=True)


def printable(text: str) -> str:
    """Without what would steer a terminal: names of folders and values may hold anything."""
    return "".join(c if c.isprintable() else "�" for c in text)


def raise_hydra_errors() -> None:
    """Have Hydra raise its errors to us instead of printing them itself.

    HYDRA_FULL_ERROR=1 is Hydra's way to say that, and the user's way to ask for tracebacks; a
    variable of our own keeps the two apart, here and in the processes of a sweep.
    """
    if os.environ.get("HYDRA_FULL_ERROR") != "1":
        os.environ |= {"HYDRA_FULL_ERROR": "1", "VAE_EXP_ONE_LINE": "1"}


def one_line(error: Exception, words: Sequence[str] | None = None) -> str:
    """What went wrong: the key, what was expected and what came.

    Args:
        words: of the command that failed; none for those of the command line.
    """
    words = sys.argv[1:] if words is None else words
    missing = str(getattr(error, "missing_cfg_file", None)).removeprefix("hydra/launcher/")
    if missing in PLUGINS:
        plugin = PLUGINS[missing]
        return f"hydra/launcher: expected the plugin {plugin}, got none; pip install {plugin}"
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and error.options:
        group, _, option = error.missing_cfg_file.partition("/")
        if group == "experiment":
            return _unknown_experiment(option)
        group, _, option = error.missing_cfg_file.rpartition("/")
        message = f"{group}: expected one of {', '.join(error.options)}, got {option}"
        return message + _did_you_mean(option, error.options)
    if isinstance(error, OverrideParseException):
        return unreadable(error)
    if isinstance(error, ConfigCompositionException):
        return _could_not_compose(error, words)
    if str(error).startswith("Config group override must be"):
        for group, _, option in (choice.partition("=") for choice in _choices(words)):
            if option == "null" or not option.isidentifier():
                return f"{group}: expected the name of an option, got {option}"
    ours = in_our_words(_joined(error), "")
    if ours:
        return ours
    kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
    return kind + _joined(error)


def _unknown_experiment(option: str) -> str:
    """What to write instead of a recipe that there is not, or not under this name any more."""
    known = experiments()
    message = f"experiment: expected one of {', '.join(known)}, got {option}"
    if option in EXPERIMENTS:
        return f"experiment: expected {EXPERIMENTS[option]}, the new name of {option}, got {option}"
    near = difflib.get_close_matches(option, known, n=1, cutoff=0.8)
    return f"{message}; did you mean {near[0]}?" if near else message


def _did_you_mean(option: str, known: Sequence[str]) -> str:
    """The option that was probably meant: who mistakes a name has its first letter right."""
    near = difflib.get_close_matches(option, known, n=3, cutoff=0.55)
    near.sort(key=lambda name: name[:1] != option[:1])
    return f"; did you mean {near[0]}?" if near else ""


def _could_not_compose(error: ConfigCompositionException, words: Sequence[str]) -> str:
    message = str(error)
    named = re.search(r"'([^']+)'", message)
    if named and message.startswith("Could not override"):
        return _unknown_key(named[1], words)
    if named and message.startswith("Ambiguous value"):
        return f"{named[1]}: expected one value, got several; -m sweeps over them"
    cause = _joined(error.__cause__) if error.__cause__ else ""
    return in_our_words(_joined(error), cause) or _joined(error) + (cause and f" ({cause})")


def _unknown_key(key: str, words: Sequence[str]) -> str:
    """What to write instead of a key that the configuration, with the groups chosen, lacks."""
    try:
        config = compose(*_search_path(words), *_choices(words))
    except HydraException:
        config = compose()
    section, _, last = key.rpartition(".")
    parent = OmegaConf.select(config, section) if section else config
    if not isinstance(parent, DictConfig):
        section, last, parent = "", key, config
    known = [str(name) for name in parent if not str(name).startswith("_")]
    if not section:
        known += group_keys()
    near = difflib.get_close_matches(last, known, n=1)
    if section:
        hint = f"; did you mean {section}.{near[0]}?" if near else ""
        return f"{key}: expected one of the keys {', '.join(known)}, got {last}{hint}"
    near = _elsewhere(config, key) or near
    hint = (
        f"did you mean {' or '.join(near)}?"
        if near
        else "--help shows the groups, --cfg job the keys"
    )
    return f"{key}: expected a key or group of the configuration, got one it lacks; {hint}"


def without_dashes(message: str) -> str:
    """What to write in place of a flag that there is not: a key, or a group and its option."""
    flag = message.removeprefix("unrecognized arguments: ").split()[0]
    name = flag.removeprefix("--").partition("=")[0]
    if not message.startswith("unrecognized") or flag == name:
        return ""
    config = compose()
    known = [name] if name in config or name in group_keys() else _elsewhere(config, name)
    if known:
        return f"; did you mean {' or '.join(f'{key}=...' for key in known)}?"
    return "; keys and groups have no dashes, as in seed=1, and --help shows them"


def _elsewhere(config: DictConfig, key: str) -> list[str]:
    """The keys of groups that are called so: ``trainer.epochs`` for ``epochs``."""
    return [f"{group}.{key}" for group, its in config.items_ex(resolve=False) if _has(its, key)]


def _has(section: object, key: str) -> bool:
    return isinstance(section, DictConfig) and key in section


def _choices(words: Sequence[str]) -> list[str]:
    """The overrides that choose an option of a group."""
    return [word for word in words if word.partition("=")[0] in group_keys()]


def _search_path(words: Sequence[str]) -> list[str]:
    """An override that finds the options of ``--config-dir``, if that is among the words."""
    flags, _ = get_args_parser().parse_known_args(list(words))
    return [f"hydra.searchpath=[{quoted(Path(flags.config_dir))}]"] if flags.config_dir else []


def _joined(error: BaseException) -> str:
    line = " ".join(str(error).split()) or "no message"
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} ..."
