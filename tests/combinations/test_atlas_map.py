"""Which combinations there are, and the words of each."""

import pytest

from tests.conftest import options
from vae_exp.combinations.atlas_map import Atlas, read_atlas
from vae_exp.configuration.compose import compose
from vae_exp.configuration.overrides import override_key

SMALL = Atlas(
    maps={"two": ["encoder", "kl"], "one": ["encoder"]},
    seeds=[0],
    all=["kl=analytic", "z_dim=3", "network=mlp"],
    beside={"encoder=bernoulli": ["z_dim=5", "kl=x"], "network=mlp": ["network.hidden=[8]"]},
)


def test_a_map_is_every_combination():
    found = SMALL.combinations(["two"])
    expected = {(q, kl) for q in options("encoder") for kl in options("kl")}
    assert {(c.chosen["encoder"], c.chosen["kl"]) for c in found} == expected
    assert len(found) == len(expected)


def test_what_was_chosen_goes_before_what_it_needs_and_that_before_what_all_share():
    (found,) = (c for c in SMALL.combinations(["one"]) if c.chosen["encoder"] == "bernoulli")
    assert set(found.words) == {
        *("encoder=bernoulli", "z_dim=5", "kl=x", "network=mlp", "network.hidden=[8]")
    }
    twice = next(
        c for c in SMALL.combinations(["two"]) if c.name == "encoder=bernoulli,kl=schulman"
    )
    assert "kl=schulman" in twice.words and "kl=x" not in twice.words


def test_what_maps_have_in_common_is_there_once():
    both = SMALL.combinations(["two", "one"])
    assert len({frozenset(c.words) for c in both}) == len(both)
    analytic = [c for c in both if set(c.words) >= {"encoder=gaussian", "kl=analytic"}]
    assert len(analytic) == 1


def test_an_unknown_map_is_refused():
    with pytest.raises(ValueError, match="maps: expected of two, one, got three"):
        SMALL.combinations(["three"])


def test_own_words_go_before_those_of_the_file():
    atlas = read_atlas(["trainer.epochs=1", "seeds=[7]"])
    assert atlas.seeds == [7]
    for combination in atlas.combinations(["objectives"]):
        assert "trainer.epochs=1" in combination.words
        keys = [override_key(word) for word in combination.words]
        assert len(set(keys)) == len(keys)


@pytest.mark.long
def test_the_words_of_the_file_are_of_the_program():
    atlas = read_atlas()
    words = {w for c in atlas.combinations(list(atlas.maps)) for w in c.words}
    chosen = {word for needed in atlas.beside.values() for word in needed} | set(atlas.all)
    assert chosen <= words
    for choice, needed in atlas.beside.items():
        compose(choice, *needed)
