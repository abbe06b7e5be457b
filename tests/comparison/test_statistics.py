"""Means, standard errors and their digits, against numpy and scipy."""

import math

import numpy
import pytest
from scipy import stats

from vae_exp.comparison.metrics import direction, find, names
from vae_exp.comparison.notes import UNCERTAIN
from vae_exp.comparison.statistics import Estimate, estimate, format_column, format_number


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


def test_how_uncertain_a_standard_error_of_few_seeds_is():
    for n, told in UNCERTAIN.items():
        of_s = stats.chi(n - 1)
        assert 100 * of_s.std() / of_s.mean() == pytest.approx(int(told.removesuffix(" %")), abs=3)


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
        (1234567.0, None, "1234567"),  # a count, of parameters for one
        (-470012345.6, None, "-4.7001e+08"),
        (-470012345.6, 12345.0, "-4.70012e+08 ± 1.2e+04"),
        (999999.9, 250.0, "1000000 ± 250"),
        (0.0, None, "0"),
        (1e-7, None, "1e-07"),
        (1e30, 1e29, "1.00e+30 ± 1.0e+29"),
        (1.0, 1e-12, "1 ± 1.0e-12"),
    ],
)
def test_digits_follow_the_standard_error(value, stderr, text):
    assert format_number(value, stderr) == text


def column(*values):
    return format_column([v and Estimate(*v, 3, None) for v in values])


@pytest.mark.parametrize(
    "values, texts",
    [
        ([(49.882, 0.24), (35.9, 1.26)], ["49.88 ± 0.24", "35.90 ± 1.26"]),
        # none is said to be exact that is not
        ([(64.0, 55.0), (30.0, 12.0), (1.1112, 0.054)], ["64 ± 55", "30 ± 12", "1.11 ± 0.05"]),
        ([(20.0, 0.0), (19.333, 0.333)], ["20.00 ± 0.00", "19.33 ± 0.33"]),
        ([(20.0, 0.0), (9.0, 0.0)], ["20 ± 0", "9 ± 0"]),
        ([(23.47123, None), (7.1, None), (20.0, None)], ["23.471", "7.100", "20.000"]),
        ([(58534.2193, None), (3.14159, None)], ["58534.22", "3.14"]),
        ([(0.52441, None), (0.1, None)], ["0.52441", "0.10000"]),
        # what diverged is told as it is, and does not change the others
        ([(-4.7e8, 1e5), (-23.119, 0.19), None], ["-4.7000e+08 ± 1.0e+05", "-23.12 ± 0.19", "–"]),
        ([(math.nan, 0.1), (-23.119, 0.19)], ["nan", "-23.12 ± 0.19"]),
        ([(1.0, 1e-12), (2.5, 0.5), (3.5, 0.5)], ["1 ± 1.0e-12", "2.50 ± 0.50", "3.50 ± 0.50"]),
        ([None, None], ["–", "–"]),
    ],
)
def test_a_column_has_as_many_decimals_everywhere(values, texts):
    assert column(*values) == texts


def test_only_what_speaks_for_a_whole_model_has_a_better_end():
    larger = ["test/log_likelihood", "test/elbo", "val/best_elbo", "test/knn_accuracy"]
    larger += ["test/linear_probe_accuracy", "train/samples_per_second", "val/elbo"]
    larger += ["test/mig", "test/sap", "test/dci_completeness", "test/factor_vae_score"]
    smaller = ["test/loss", "test/bits_per_dim", "time/train_seconds", "parameters", "val/loss"]
    neither = ["test/kl", "train/kl_estimate", "test/marginal_kl", "test/reconstruction_loss"]
    neither += ["test/inference_gap", "test/objective_gap", "test/mutual_information"]
    neither += [
        "test/modularity",
        "test/active_units",
        "test/effective_sample_size",
        "test/importance_samples",
    ]
    for expected, metrics in {1: larger, -1: smaller, 0: neither}.items():
        assert {name: direction(name) for name in metrics} == dict.fromkeys(metrics, expected)


def test_metrics_are_found_with_or_without_test():
    known = names([{"test/elbo": 1, "test/elbo_stderr": 1, "val/elbo": 1, "x_stderr": 1}])
    assert known == ["test/elbo", "val/elbo", "x_stderr"]
    assert find("elbo", known, "--sort") == find("test/elbo", known, "--sort") == "test/elbo"
    assert find("val/elbo", known, "--sort") == "val/elbo"
    with pytest.raises(ValueError, match="did you mean test/elbo"):
        find("ebo", known, "--sort")
