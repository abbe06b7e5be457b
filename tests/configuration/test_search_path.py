"""What Hydra need not compose twice."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from hydra._internal.hydra import Hydra

from vae_exp.configuration.compose import conf_dir
from vae_exp.configuration.search_path import compose_once

OWN = [("hydra", "pkg://hydra.conf"), ("main", conf_dir()), ("schema", "structured://")]


@pytest.mark.parametrize(
    ("more", "words", "asks"),
    [
        ([], ["seed=1"], False),
        ([], ["hydra.mode=MULTIRUN"], True),
        ([], ["+hydra.searchpath=[mine]"], True),
        ([("command-line", "mine")], [], True),
        ([("main", "mine")], [], True),
    ],
)
def test_the_mode_is_looked_for_where_something_may_set_it(more, words, asks, monkeypatch):
    monkeypatch.setattr(Hydra, "get_mode", lambda *_: "asked")
    compose_once(conf_dir())
    places = [SimpleNamespace(provider=who, path=path) for who, path in [*OWN, *more]]
    path = SimpleNamespace(get_path=lambda: places)
    hydra = SimpleNamespace(config_loader=SimpleNamespace(get_search_path=lambda: path))
    found = Hydra.get_mode(hydra, config_name="config", overrides=words)
    assert found == ("asked" if asks else None)


def test_no_file_of_the_program_sets_the_mode():
    for file in Path(conf_dir()).rglob("*.yaml"):
        lines = file.read_text().splitlines()
        assert not any("MULTIRUN" in line or line.startswith("hydra.mode") for line in lines)
