"""Faults that are planted in parts are found, and parts without any pass."""

import time
from functools import partial

import pytest
import torch

from tests.checking.planted import FAULTS, HINTS, LINEAR, SOUND
from vae_exp.checking import data, distributions, kl, network, objective
from vae_exp.checking.find import group_of
from vae_exp.checking.kl_pairs import Estimator, gaussians
from vae_exp.checking.minimised import Minimised
from vae_exp.checking.subject import Subject
from vae_exp.checking.verdict import verdicts
from vae_exp.encoder.gaussian import Gaussian
from vae_exp.prior.standard_normal import StandardNormal

ROLES = ("decoder", "encoder", "prior")
OWN = {"kl": kl, "objective": objective, "network": network, "data": data}


def subject(kind):
    """What the checks of the class's group get of it."""
    group = group_of(kind, kind.__name__)
    if group == "prior":
        return Subject("prior", lambda x_shape, z_dim: (kind(z_dim), []), (4,), 2)
    if group in ROLES:

        def build(x_shape, z_dim, wrap=lambda network: network):
            return kind(x_shape, z_dim, wrap(LINEAR)), []

        def conditional(wrap):
            return partial(build, wrap=wrap)

        return Subject(group, build, (4,), 2, network_for=conditional)
    return {
        "kl": lambda: Estimator(kind, {"independent Gaussians": gaussians}),
        "objective": lambda: Minimised(kind),
        "network": lambda: network.Function(kind, [((4,), (3,)), ((3,), (1, 2, 2))]),
        "data": lambda: data.DataSet(lambda seed=0: kind(seed), 0),
    }[group]()


def checks(kind):
    group = group_of(kind, kind.__name__)
    return OWN.get(group, distributions).CHECKS


def few(group, z_dim, spherical):
    """A closed form is tried with these alone: to compose all others takes a second."""
    if group == "prior":
        return [("standard_normal", StandardNormal(z_dim).double())]
    return [("gaussian", Gaussian((5,), z_dim, LINEAR).double())]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path_factory, monkeypatch):
    """An empty folder to work in, which is no folder for what is temporary."""
    monkeypatch.setattr("vae_exp.checking.closed_form.partners", few)
    monkeypatch.chdir(tmp_path_factory.mktemp("here"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path_factory.mktemp("temporary")))


# torch takes seconds to learn of a device without numbers, as tests/runtime has it do
ON_META = ("ThroughNumpy", "MadeOnTheHost")
KINDS = [
    pytest.param(kind, marks=[pytest.mark.long] if kind.__name__ in ON_META else [])
    for kind in FAULTS
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_planted_fault_is_found_by_its_check(kind):
    name = FAULTS[kind]
    (found,) = verdicts({name: checks(kind)[name]}, subject(kind))
    assert found.verdict == "FAIL", found
    assert found.reason.startswith("expected "), found  # and is no exception of ours
    assert HINTS[kind] in found.reason, found
    assert "\n" not in found.reason


@pytest.mark.long
@pytest.mark.parametrize("kind", SOUND, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("seed", range(5))
def test_a_sound_part_passes(kind, seed):
    for found in verdicts(checks(kind), subject(kind), seed=seed):
        assert found.verdict != "FAIL", found


@pytest.mark.long
def test_all_faults_are_found_in_half_a_minute_of_a_processor():
    start = time.process_time()
    for kind, name in FAULTS.items():
        found = {one.check: one.verdict for one in verdicts(checks(kind), subject(kind))}
        assert found[name] == "FAIL", kind
    assert time.process_time() - start < 30
    assert len(FAULTS) > 50


def test_the_random_numbers_of_others_stay_as_they_are():
    state = torch.get_rng_state()
    kind = SOUND[0]
    list(verdicts({"shapes": checks(kind)["shapes"]}, subject(kind)))
    assert torch.equal(state, torch.get_rng_state())
