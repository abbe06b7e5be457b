"""Means, standard errors and their digits, against numpy and scipy."""

import math

import numpy
import pytest
from scipy import stats

from vae_exp.comparison.metrics import find, larger_is_better, names
from vae_exp.comparison.statistics import estimate, format_number


def test_several_seeds_have_the_standard_error_of_their_mean():
    values = numpy.random.default_rng(0).normal(-90, 2, 7)
    found = estimate(list(values), own_stderr=5.0)
    assert found.mean == pytest.approx(values.mean(), rel=1e-14)
    assert found.stderr == pytest.approx(stats.sem(values), rel=1e-13)
    assert found.stderr == pytest.approx(values.std(ddof=1) / math.sqrt(7), rel=1e-13)
    assert (found.n, found.over) == (7, "seeds")


def test_a_single_run_keeps_its_own_standard_error():
    found = estimate([-3.0], own_stderr=0.5)
    assert (found.mean, found.stderr, found.n, found.over) == (-3.0, 0.5, 1, "test set")
    assert estimate([-3.0]).stderr is None
    assert estimate([]) is None


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_diverged_seed_is_not_averaged_away(bad):
    assert not math.isfinite(estimate([1.0, bad, 2.0]).mean)
    assert not math.isfinite(estimate([math.inf, -math.inf, bad]).mean)


@pytest.mark.parametrize(
    "value, stderr, text",
    [
        (-23.11945, 0.19296, "-23.12 ± 0.19"),
        (-23.11945, 0.0996, "-23.12 ± 0.10"),  # rounded first: no third digit
        (-23.11945, 0.00012345, "-23.11945 ± 0.00012"),
        (1234.5, 67.8, "1234 ± 68"),
        (1234.5, 678.9, "1234 ± 679"),
        (3.0, 0.0, "3 ± 0"),
        (3.5, math.nan, "3.5000 ± nan"),
        (math.nan, 0.1, "nan"),
        (-math.inf, None, "-inf"),
        (None, None, "–"),
        (-23.11945, None, "-23.119"),
        (0.95312, None, "0.95312"),
        (76104.0, None, "76104"),
        (58534.2193, None, "58534"),
        (0.0, None, "0"),
        (1e-7, None, "1e-07"),
        (1e30, 1e29, "1e+30 ± 1.0e+29"),
        (1.0, 1e-12, "1 ± 1.0e-12"),
    ],
)
def test_digits_follow_the_standard_error(value, stderr, text):
    assert format_number(value, stderr) == text


def test_better_is_larger_or_smaller():
    larger = ["test/log_likelihood", "test/elbo", "val/best_elbo", "test/knn_accuracy"]
    larger += ["test/linear_probe_accuracy", "test/active_units", "test/mutual_information"]
    larger += ["train/samples_per_second", "test/effective_sample_size"]
    smaller = ["test/loss", "test/reconstruction_loss", "test/kl", "train/kl_estimate"]
    smaller += ["test/bits_per_dim", "test/inference_gap", "test/objective_gap", "test/marginal_kl"]
    smaller += ["time/train_seconds", "time/total_seconds", "parameters"]
    assert all(map(larger_is_better, larger))
    assert not any(map(larger_is_better, smaller))


def test_metrics_are_found_with_or_without_test():
    known = names([{"test/elbo": 1, "test/elbo_stderr": 1, "val/elbo": 1, "x_stderr": 1}])
    assert known == ["test/elbo", "val/elbo", "x_stderr"]
    assert find("elbo", known, "--sort") == find("test/elbo", known, "--sort") == "test/elbo"
    assert find("val/elbo", known, "--sort") == "val/elbo"
    with pytest.raises(ValueError, match="did you mean test/elbo"):
        find("ebo", known, "--sort")
