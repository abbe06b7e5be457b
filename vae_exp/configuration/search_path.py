"""Hydra's search path: what is copied of it, many times a command, and what it may say."""

import copy
from typing import Any

from hydra._internal.config_repository import ConfigRepository
from hydra._internal.hydra import Hydra

SETS_MODE = ("hydra.mode", "hydra.searchpath")  # words that do, or that lead to files which may


def share_sources() -> None:
    """Have Hydra copy the list of places in its search path, and not all that lies there.

    It copies that, whole schemas, whenever it composes, and for each group that --help lists, only
    to put another list in place of the copy's: three of the four seconds of --help.
    """
    ConfigRepository.__deepcopy__ = lambda self, memo: copy.copy(self)


def compose_once(conf: str) -> None:
    """Have Hydra not compose a whole configuration beforehand, to see whether hydra.mode is set.

    It is not, unless a word or a file of the user's own sets it.

    Args:
        conf: the folder of the program's own files.
    """
    look = Hydra.get_mode

    def get_mode(hydra: Hydra, config_name: str | None, overrides: list[str]) -> Any:
        places = hydra.config_loader.get_search_path().get_path()
        known = ("hydra", "schema", conf, f"file://{conf}")  # and no --config-dir
        own = any(place.provider not in known and place.path not in known for place in places)
        if own or any(word.lstrip("+").startswith(SETS_MODE) for word in overrides):
            return look(hydra, config_name, overrides)
        return None

    Hydra.get_mode = get_mode
