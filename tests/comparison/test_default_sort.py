"""What a comparison is ranked by: validation, so that the test set selects nothing."""

import math

from tests.comparison.conftest import DENSITY, make_run
from vae_exp.comparison.ranking import compare
from vae_exp.comparison.result import read


def runs(folder, *pairs):
    """Runs of z_dim 1, 2, ... with these validation and test numbers; none leaves the first out."""
    for z_dim, (validation, test) in enumerate(pairs, start=1):
        own = {"test/log_likelihood": test}
        if validation != "none":
            own["val/selected_elbo"] = validation
        make_run(folder / str(z_dim), f"z_dim={z_dim}", summary={**DENSITY, **own})
    return compare([str(folder)], read([str(folder)]), None, None)


def order(comparison):
    return [row.configuration.keys["z_dim"] for row in comparison.ranked]


def test_validation_ranks_and_the_test_number_stands_beside_it(tmp_path):
    comparison = runs(tmp_path, (-95.0, -90.0), (-93.0, -92.0), (-94.0, -91.0))
    assert comparison.sort == "val/selected_elbo"
    assert order(comparison) == [2, 3, 1]  # by the test set it would be 1, 3, 2
    assert comparison.shown(["test/log_likelihood"]) == ["val/selected_elbo", "test/log_likelihood"]
    assert not any("test set, so" in note for note in comparison.notes)


def test_where_one_run_lacks_it_all_are_ranked_by_the_test_set_and_that_is_said(tmp_path):
    comparison = runs(tmp_path, (-95.0, -90.0), ("none", -92.0), (-94.0, -91.0))
    assert comparison.sort == "test/log_likelihood"
    assert order(comparison) == [1, 3, 2]
    assert any("ranked by the test set" in note for note in comparison.notes)


def test_a_run_without_a_finite_validation_is_last_and_not_left_out(tmp_path):
    comparison = runs(tmp_path, (None, -80.0), (-93.0, -92.0))
    assert comparison.sort == "val/selected_elbo"
    assert order(comparison) == [2, 1]


def test_a_seed_whose_test_is_not_finite_is_not_averaged_away(tmp_path):
    for seed, value in enumerate([-90.0, None, -92.0]):
        own = {"test/log_likelihood": value, "val/selected_elbo": -95.0}
        make_run(tmp_path / str(seed), f"seed={seed}", summary={**DENSITY, **own})
    (row,) = compare([str(tmp_path)], read([str(tmp_path)]), None, None).ranked
    found = row.estimates["test/log_likelihood"]
    assert (found.n, math.isnan(found.mean)) == (3, True)
