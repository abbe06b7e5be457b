"""References mean what they mean to OmegaConf, which is asked."""

import pytest
from omegaconf import OmegaConf

from tests.conftest import CONF, choices, one_in
from vae_exp.configuration.compose import compose
from vae_exp.configuration.references import resolve_references
from vae_exp.configuration.trust import OF_TORCH, own_targets

GROUPS = ("encoder", "decoder", "prior", "data", "network", "scheduler", "optimizer")


@pytest.mark.parametrize("words", one_in(6, choices(*GROUPS)), ids=lambda words: words[0])
def test_every_option_resolves_as_by_omegaconf(words):
    config = compose(*words)
    assert resolve_references(OmegaConf.to_container(config)) == OmegaConf.to_container(
        config, resolve=True
    )


CASES = {
    "absolute": {"a": {"b": 1}, "c": "${a.b}"},
    "from where it stands": {"a": {"b": 1, "c": "${.b}"}},
    "from one level up": {"a": {"b": {"c": "${..d}"}, "d": 2}},
    "in a list": {"a": [1, "${b}", ["${a.0}"]], "b": {"c": 3}},
    "of an item": {"a": [1, 2], "b": "${a.1}"},
    "through another": {"a": "${b}", "b": {"c": "${.d}", "d": 4}, "e": "${a.c}", "f": "${e}"},
    "a section with references of its own": {
        "a": {"b": "${x}"},
        "x": {"y": {"z": "${..k}"}, "k": 1},
    },
    "within a text": {"a": 1, "b": "x${a}y${a}", "c": True, "d": "${c} ${n}", "n": None},
    "with spaces": {"a": 1, "b": "${ a }"},
    "selected": {"a": 1, "b": "${oc.select:a}", "c": "${oc.select:a,5}"},
    "selected, and not there": {"b": "${oc.select:a}", "c": "${oc.select:a.b,5}"},
    "defaults": {
        "a": "${oc.select:x,null}",
        "b": "${oc.select:x,1.5}",
        "c": "${oc.select:x,word}",
        "d": "${oc.select:x,true}",
        "e": "${oc.select:x,${f}}",
        "f": {"g": 1},
        "h": "${oc.select:x, 7 }",
    },
    "none is a value": {"a": None, "b": "${oc.select:a,5}", "c": "${a}"},
    "none of a section": {"a": None, "b": "${oc.select:a.c,5}"},
    "nothing to resolve": {"a": "$x {y}", "b": [None, 1.0, True]},
}


@pytest.mark.parametrize("values", CASES.values(), ids=CASES)
def test_every_form_resolves_as_by_omegaconf(values):
    by_omegaconf = OmegaConf.to_container(OmegaConf.create(values), resolve=True)
    assert resolve_references(values) == by_omegaconf


def test_a_repeated_reference_is_none_to_itself():
    assert resolve_references({"a": 1, "b": ["${a}", "${a}"], "c": "${b}"})["c"] == [1, 1]


def test_what_torch_is_trusted_with_is_there_and_is_what_it_is_called():
    """In every torch that the project runs on; a name that is gone would be refused anyway."""
    import pydoc

    newer = {"torch.optim.Muon"}
    for name in set(OF_TORCH) - newer:
        found = pydoc.locate(name)
        assert isinstance(found, type), name
        assert found.__name__ == name.rpartition(".")[2]
        assert found.__module__.startswith(("torch.nn.modules.", "torch.optim")), name


def test_what_the_program_names_itself_is_trusted():
    named = {
        OmegaConf.load(file).get("_target_")
        for group in CONF.glob("*/")
        if group.name != "hydra"
        for file in group.glob("*.yaml")
    } - {None}
    assert named
    assert named <= {*own_targets(), *OF_TORCH}
    assert not any(name.startswith("hydra") for name in own_targets())
