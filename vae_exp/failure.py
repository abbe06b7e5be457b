"""How the program fails: one line on standard error, and an exit code that says when."""

import difflib
import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from hydra.errors import ConfigCompositionException, MissingConfigException, OverrideParseException
from omegaconf import OmegaConf

from vae_exp.config import compose, groups

BEFORE_TRAINING = 2
DURING_TRAINING = 1


class Failure(Exception):
    """An error that the user has been told of, with the program's exit code."""

    def __init__(self, message: str, exit_code: int):
        super().__init__(message, exit_code)
        self.exit_code = exit_code


@contextmanager
def reported(exit_code: int) -> Iterator[None]:
    """Tell the user of an exception inside, and raise it again as a ``Failure``."""
    try:
        yield
    except Exception as error:
        tell(error)
        raise Failure(str(error), exit_code) from error


def tell(error: Exception) -> None:
    """Print the error to standard error in one line, after its traceback if that was asked for."""
    if "VAE_EXP_ONE_LINE" not in os.environ:
        traceback.print_exception(error)
    print(f"vae_exp: {one_line(error)}", file=sys.stderr, flush=True)


def take_over_from_hydra() -> None:
    """Have Hydra raise its errors to us instead of printing them itself.

    HYDRA_FULL_ERROR=1 is Hydra's way to say that, and the user's way to ask for tracebacks; a
    variable of our own keeps the two apart, here and in the processes of a sweep.
    """
    if os.environ.get("HYDRA_FULL_ERROR") != "1":
        os.environ |= {"HYDRA_FULL_ERROR": "1", "VAE_EXP_ONE_LINE": "1"}


def one_line(error: Exception) -> str:
    """What went wrong: the key, what was expected and what came."""
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and error.options:
        group, _, option = error.missing_cfg_file.rpartition("/")
        return f"{group}: expected one of {', '.join(error.options)}, got {option}"
    if isinstance(error, OverrideParseException):
        return f"{error.override}: expected key=value or group=option ({_joined(error)})"
    if isinstance(error, ConfigCompositionException):
        quoted = re.search(r"'([^']+)'", str(error))
        if quoted and str(error).startswith("Could not override"):
            return _unknown_key(quoted[1])
        cause = f" ({_joined(error.__cause__)})" if error.__cause__ else ""
        return _joined(error) + cause
    kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
    return kind + _joined(error)


def _unknown_key(key: str) -> str:
    config = OmegaConf.to_container(compose(), resolve=False)
    near = difflib.get_close_matches(key, [*_dotted(config), *groups()], n=1)
    hint = f"; did you mean {near[0]}?" if near else "; --help shows the groups, --cfg job the keys"
    return f"{key}: expected a key or group of the configuration, got one it does not have{hint}"


def _dotted(config: dict, prefix: str = "") -> Iterator[str]:
    for key, value in config.items():
        yield prefix + key
        if isinstance(value, dict):
            yield from _dotted(value, f"{prefix}{key}.")


def _joined(error: BaseException) -> str:
    return " ".join(str(error).split()) or "no message"
