"""Overrides that name a folder to go on with, whatever characters its name has.

Many of them are marks to Hydra: brackets, commas, equals signs, quotes. What it reads is taken as
it reads it, and what it does not as it stands.
"""

import os
import shlex
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from vae_exp.configuration.overrides import override_key, override_value, quoted

RESUMED = ("resume", "sweep.resume")  # the keys
NO_FOLDERS = ("auto", "null", "true", "false")  # what else they take


def named_folder(word: str) -> str:
    """The folder that an override names, or what it has in the place of one.

    >>> named_folder("resume='k=1,l=2'"), named_folder("resume=k=1,l=2"), named_folder("resume=7")
    ('k=1,l=2', 'k=1,l=2', '7')
    """
    try:
        value = OverridesParser.create().parse_override(word).value()
    except HydraException:
        value = None
    return value if isinstance(value, str) else override_value(word)


def readable(word: str) -> str:
    """The same word, as Hydra reads it if it names a folder to go on with.

    >>> readable("resume=/tmp/k=1,l=2"), readable("resume=auto"), readable("z_dim=a=b")
    ("resume='/tmp/k=1,l=2'", 'resume=auto', 'z_dim=a=b')
    """
    key = override_key(word)
    if "=" not in word or key not in RESUMED:
        return word
    try:
        OverridesParser.create().parse_override(word)
    except HydraException:
        return f"{key}={quoted(Path(os.path.expanduser(override_value(word))))}"
    return word


def shell_word(key: str, folder: str | Path) -> str:
    """The override that names a folder, as it is typed, with quotes where there have to be some.

    >>> print(shell_word("resume", "outputs/1"), shell_word("resume", "outputs/1 (copy)"))
    resume=outputs/1 'resume=outputs/1 (copy)'
    """
    word = f"{key}={folder}"
    if named_folder(word) != str(folder) or str(folder).lower() in NO_FOLDERS:
        word = f"{key}={quoted(Path(folder))}"
    return shlex.quote(word)
