"""``conf/atlas.yaml`` read: the combinations of a map, as words of a command line."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from vae_exp.configuration.compose import conf_dir
from vae_exp.configuration.option_facts import options
from vae_exp.configuration.overrides import override_key


@dataclass(frozen=True)
class Combination:
    """An option of each of a map's groups.

    Args:
        chosen: the options by group.
        words: the command line that trains it, but for the seed.
    """

    chosen: dict[str, str]
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """Also of its folder."""
        return ",".join(f"{group}={option}" for group, option in self.chosen.items())


@dataclass(frozen=True)
class Atlas:
    """What is trained: see ``conf/atlas.yaml``, whose keys these are."""

    maps: dict[str, list[str]]
    seeds: list[int]
    all: list[str]
    beside: dict[str, list[str]]

    def combinations(self, names: Sequence[str]) -> list[Combination]:
        """Those of these maps; what two maps have in common is there once.

        Raises:
            ValueError: there is no map of that name.
        """
        found: dict[frozenset[str], Combination] = {}
        for name in names:
            if name not in self.maps:
                raise ValueError(f"maps: expected of {', '.join(self.maps)}, got {name}")
            for combination in self._combinations(self.maps[name]):
                found.setdefault(frozenset(combination.words), combination)
        return list(found.values())

    def _combinations(self, groups: list[str]) -> Iterator[Combination]:
        for one_each in itertools.product(*(options(group) for group in groups)):
            chosen = dict(zip(groups, one_each))
            own = [f"{group}={option}" for group, option in chosen.items()]
            words = {override_key(word): word for word in own}
            for word in (*own, *self.all):
                self._add(word, words)
            yield Combination(chosen, tuple(words.values()))

    def _add(self, word: str, words: dict[str, str]) -> None:
        """Add it and what it needs, where its key is not taken."""
        if words.setdefault(override_key(word), word) == word:
            for needed in self.beside.get(word, []):
                self._add(needed, words)


def read_atlas(overrides: Sequence[str] = ()) -> Atlas:
    """The file, with words of one's own for all combinations before its own words.

    Args:
        overrides: ``key=value``; also ``seeds=[0,1]``.

    Raises:
        ValueError: the seeds are none.
    """
    path = Path(conf_dir()) / "atlas.yaml"
    content: Any = OmegaConf.to_container(OmegaConf.load(path))
    seeds = [word for word in overrides if override_key(word) == "seeds"]
    if seeds:
        content |= OmegaConf.to_container(OmegaConf.from_dotlist(seeds))
        check_seeds(content["seeds"])
    content["all"] = [*(word for word in overrides if word not in seeds), *content["all"]]
    return Atlas(**content)


def check_seeds(seeds: Any) -> None:
    """Raises ValueError where these are not one seed or more, in a list."""
    are_seeds = isinstance(seeds, list) and all(type(seed) is int and seed >= 0 for seed in seeds)
    if not (are_seeds and 0 < len(seeds) == len(set(seeds))):
        raise ValueError(f"seeds: expected different whole numbers, as [0,1,2], got {seeds}")
