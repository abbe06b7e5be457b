"""``--help``: what it shows, a screen at a time, and what it refuses."""

import re

import pytest

from tests.conftest import CONF, options
from vae_exp.cli.help import GROUPS, TOPICS, keys, print_help
from vae_exp.configuration.compose import root_config

LINES = 44  # of a screen, 80 columns wide


@pytest.fixture
def shown(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")

    def shown(*words, own=None):
        print_help(words, own)
        return capsys.readouterr().out

    return shown


def test_the_overview_has_every_option_on_one_screen(shown):
    page = shown()
    assert len(page.splitlines()) <= LINES
    for group in GROUPS:
        assert re.search(rf"^{group} ", page, flags=re.M)
        names = options(group)
        assert names == ["default"] or all(re.search(rf"\b{name}\b", page) for name in names)


def test_no_group_of_the_configuration_is_missing():
    entries = [e for e in root_config()["defaults"] if isinstance(e, dict)]
    groups = {key for entry in entries for key in entry if "@" not in key}
    assert groups == {*GROUPS, "experiment"}


@pytest.mark.parametrize("word", [*GROUPS, *TOPICS])
def test_a_group_or_topic_is_at_most_a_screen(shown, word):
    page = shown(word)
    assert page.startswith(f"{word}: ")
    assert 2 < len(page.splitlines()) <= LINES
    if options(word) not in ([], ["default"]) and word in GROUPS:
        assert all(re.search(rf"^{name} ", page, flags=re.M) for name in options(word))


def test_an_option_has_its_keys_with_defaults_and_meanings(shown):
    page = shown("decoder=gaussian")
    assert re.search(r"decoder.scale=shared +fixed, shared", page)
    assert "decoder.z_dim" not in page  # a reference to another key
    assert shown("decoder=gaussian,laplace", "seed=1", "z_dim=2") == page  # after a whole command
    page = shown("plots")
    assert "plots.names=[...]" in page and "traversals" in page and "plots.every=10 " in page


def test_the_keys_are_those_of_the_files():
    from omegaconf import OmegaConf

    for file in CONF.glob("*/*.yaml"):
        have = [key.partition("=")[0] for key, _ in keys(file)]
        values = OmegaConf.to_container(OmegaConf.load(file))
        settable = [
            key
            for key, value in values.items()
            if not key.startswith("_") and key != "defaults" and not str(value).startswith("${")
        ]
        assert have == settable, file


def test_options_of_ones_own_are_listed(shown, tmp_path):
    (tmp_path / "decoder").mkdir()
    (tmp_path / "decoder" / "mine.yaml").write_text(
        "# p(x|z) = mine\n_target_: my.Decoder\nk: 1  # of it\n"
    )
    assert re.search(r"^mine +p\(x\|z\) = mine", shown("decoder", own=str(tmp_path)), flags=re.M)
    assert re.search(r"^decoder.k=1 +of it", shown("decoder=mine", own=str(tmp_path)), flags=re.M)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("decodr", "expected a group or a topic, got decodr; did you mean decoder?"),
        ("decoder=gausian", "expected an option of decoder, got gausian; bernoulli, "),
    ],
)
def test_what_there_is_no_help_for_is_refused_in_one_line(cli, word, told):
    result = cli("--help", word)
    assert result.exit_code == 2
    assert result.err.startswith(f"vae_exp: --help: {told}") and result.err.count("\n") == 1
