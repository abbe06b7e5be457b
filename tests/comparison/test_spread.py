"""What seeds do to a difference: against least squares, and two rows alone."""

import math
import random

import numpy
import pytest
from scipy import stats

from vae_exp.comparison.spread import spread


def table(rows, seeds, source=0):
    random_ = random.Random(source)
    return [{str(s): random_.gauss(3 * i + s, 1) for s in range(seeds)} for i in range(rows)]


@pytest.mark.parametrize(("rows", "seeds"), [(2, 2), (3, 2), (4, 5), (8, 3)])
def test_it_is_what_rows_and_seeds_do_not_explain(rows, seeds):
    found = table(rows, seeds)
    values = numpy.array([list(row.values()) for row in found])
    design = numpy.array(
        [
            [*(i == r for r in range(rows)), *(j == s for s in range(1, seeds))]
            for i in range(rows)
            for j in range(seeds)
        ],
        dtype=float,
    )
    _, squares, _, _ = numpy.linalg.lstsq(design, values.ravel(), rcond=None)
    dof = rows * seeds - design.shape[1]
    spread_ = spread(found)
    assert spread_.dof == dof
    assert spread_.stderr == pytest.approx(math.sqrt(2 * squares.item() / dof / seeds), rel=1e-9)
    shuffled = [dict(reversed(row.items())) for row in reversed(found)]
    assert spread(shuffled).stderr == pytest.approx(spread_.stderr, rel=1e-12)


def test_of_two_rows_it_is_that_of_the_paired_differences():
    one, other = table(2, 6)
    differences = [one[seed] - other[seed] for seed in one]
    assert spread([one, other]).stderr == pytest.approx(stats.sem(differences), rel=1e-12)
    assert spread([one, other]).dof == 5


def test_one_row_or_one_seed_has_none():
    assert spread([{"0": 1.0}, {"0": 2.0}]) is None
    assert spread(table(1, 3)) is None and spread([]) is None


@pytest.mark.parametrize("value", [1e200, 1e308])
def test_numbers_that_no_square_holds_have_none(value):
    assert (
        spread([{"0": value, "1": -value}, {"0": -value, "1": 1.0}, {"0": 1.0, "1": 2.0}]) is None
    )
