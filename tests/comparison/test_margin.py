"""Differences of configurations against scipy's tests: paired by seed, and Welch's."""

import math
import random

import pytest
from scipy import stats

from vae_exp.comparison.margin import margin


def numbers(seeds, mean=0.0, scale=1.0, source=0):
    random_ = random.Random(f"{source} {mean} {scale}")
    return {str(seed): random_.gauss(mean, scale) for seed in seeds}


@pytest.mark.parametrize("n", [2, 3, 8])
def test_runs_of_the_same_seeds_are_paired(n):
    one, other = numbers(range(n), 1.0), numbers(range(n), 0.5, 2.0)
    found = margin(one, other)
    scipys = stats.ttest_rel(list(one.values()), list(other.values()))
    assert (found.seeds, found.dof) == (n, scipys.df)
    assert found.p == pytest.approx(scipys.pvalue, rel=1e-10)
    assert found.mean / found.stderr == pytest.approx(scipys.statistic, rel=1e-12)
    low, high = scipys.confidence_interval(0.95)
    assert found.mean == pytest.approx((low + high) / 2, rel=1e-12)


@pytest.mark.parametrize("n, m", [(2, 2), (3, 2), (2, 7), (5, 4)])
def test_runs_of_other_seeds_are_not(n, m):
    one, other = numbers(range(n), 1.0), numbers(range(100, 100 + m), 0.5, 3.0)
    found = margin(one, other)
    scipys = stats.ttest_ind(list(one.values()), list(other.values()), equal_var=False)
    assert found.seeds is None
    assert found.dof == pytest.approx(scipys.df, rel=1e-12)
    assert found.p == pytest.approx(scipys.pvalue, rel=1e-10)
    assert found.mean / found.stderr == pytest.approx(scipys.statistic, rel=1e-12)


def test_only_the_seeds_that_both_have_are_paired():
    one, other = numbers(range(5)), numbers(range(2, 9), 3.0)
    shared = [("2", "3", "4"), ("4", "2", "3")]
    expected = [
        margin({s: one[s] for s in names}, {s: other[s] for s in names}) for names in shared
    ]
    assert margin(one, other).seeds == 3
    for found in expected:
        assert vars(margin(one, other)) == pytest.approx(vars(found), rel=1e-12)


def test_one_seed_in_common_is_not_paired():
    assert margin(numbers([0, 1]), numbers([1, 2])).seeds is None


@pytest.mark.parametrize("seed", range(20))
def test_neither_the_order_of_runs_nor_the_names_of_seeds_matter(seed):
    random_ = random.Random(seed)
    one = numbers(range(random_.randint(2, 6)), source=seed)
    other = numbers(range(random_.randint(2, 6)), 1.0, source=seed)
    found = margin(one, other)
    shuffled = dict(random_.sample(sorted(other.items()), len(other)))
    assert vars(margin(one, shuffled)) == pytest.approx(vars(found), rel=1e-9)
    names = dict(zip(map(str, range(6)), random_.sample("abcdefgh", 6)))
    renamed = [{names[seed]: value for seed, value in row.items()} for row in (one, other)]
    assert vars(margin(*renamed)) == pytest.approx(vars(found), rel=1e-9)
    swapped = margin(other, one)
    assert (swapped.mean, swapped.stderr) == pytest.approx((-found.mean, found.stderr), rel=1e-9)
    assert swapped.p == pytest.approx(found.p, rel=1e-9)


def test_what_all_seeds_share_does_not_count():
    """The noise of a seed, of both runs, is gone from the difference."""
    shared = numbers(range(4), 0.0, 50.0)
    one, other = numbers(range(4), 1.0, 0.1), numbers(range(4), 0.0, 0.1)
    found = margin(*({s: row[s] + shared[s] for s in row} for row in (one, other)))
    assert found.stderr == pytest.approx(margin(one, other).stderr, rel=1e-9)


def test_without_a_standard_error_or_a_number_there_is_none():
    assert margin({"0": 1.0}, {"0": 2.0}) is None
    assert margin({}, numbers(range(3))) is None
    assert margin(numbers(range(3)), {"7": 1.0}) is None
    for bad in (math.nan, math.inf):
        assert margin({"0": 1.0, "1": bad}, {"0": 2.0, "1": 3.0}) is None
        assert margin({"0": 1.0, "1": bad}, {"2": 2.0, "3": 3.0}) is None


def test_of_what_does_not_vary_nothing_is_told():
    """As of shares of a few data, whose differences are equal by chance, but for rounding."""
    same, more = {"0": 1.0, "1": 2.0}, {"0": 2.0, "1": 3.0}
    assert margin(same, same).p == 1
    assert margin(more, same).p == 1
    assert margin({"0": 1.0, "1": 1.0}, {"2": 3.0, "3": 3.0}).p == 1
    one, other = {"0": 0.4, "1": 0.7}, {"0": 0.3, "1": 0.6}
    assert one["0"] - other["0"] != one["1"] - other["1"]
    assert margin(one, other).p == 1
