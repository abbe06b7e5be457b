"""A search says where its best trial is none, because the ELBOs are not of the same."""

import pytest

from tests.comparison.conftest import DENSITY, MASS, make_run
from vae_exp.sweeps.search_reasons import search_reasons


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        (("z_dim=2",), ("z_dim=3", "evaluation.importance_samples=8"), None),
        (("data.missing=0.5",), (), "different data: digits data.missing=0.5, digits"),
        (("condition=labels", "prior=conditional"), (), "log p(x|c) with condition=labels"),
    ],
)
def test_trials_with_other_data_do_not_compare(tmp_path, one, other, reason):
    for name, words in (("0", one), ("1", other)):
        make_run(tmp_path / name, *words, summary={**DENSITY, "val/best_elbo": -9.0})
    make_run(tmp_path / "2", "data.missing=0.9", summary={"status": "failed"})
    found = search_reasons(tmp_path)
    assert len(found) == (reason is not None)
    assert reason is None or found[0].startswith(reason)


def test_a_density_and_a_mass_do_not_compare(tmp_path):
    for name, summary in (("0", DENSITY), ("1", {**MASS, "data/binarize": "none"})):
        make_run(tmp_path / name, summary=summary)
    assert search_reasons(tmp_path) == ["a density and a probability mass are not comparable"]


def test_folders_that_are_gone_or_broken_say_nothing(tmp_path):
    assert search_reasons(tmp_path) == []
    make_run(tmp_path / "0", summary="{")
    assert search_reasons(tmp_path) == []
