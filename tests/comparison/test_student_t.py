"""Student's t against scipy, a closed form and its limits."""

import math

import pytest
from scipy import stats

from vae_exp.comparison.student_t import two_sided


@pytest.mark.parametrize("dof", [1, 1.02, 1.7, 2, 3.5, 7, 29, 200])
def test_it_is_that_of_scipy_far_into_the_tails(dof):
    for t in (1e-6, 0.3, 1.0, 2.0, 4.303, -4.43, 12.7, 80.0, 1e4, 1e9):
        assert two_sided(t, dof) == pytest.approx(2 * stats.t.sf(abs(t), dof), rel=1e-9)


def test_with_one_degree_of_freedom_it_is_cauchys():
    for t in (1e-9, 0.5, 12.706, 1e5):
        assert two_sided(t, 1) == pytest.approx(2 / math.pi * math.atan2(1, t), rel=1e-12)


def test_nothing_is_certain_of_zero_and_all_of_infinity():
    for dof in (1, 2.5, 30):
        assert two_sided(0.0, dof) == two_sided(1e-200, dof) == 1
        assert two_sided(math.inf, dof) == two_sided(-1e200, dof) == 0


def test_many_degrees_of_freedom_are_normal():
    assert two_sided(1.959963984540054, 1e7) == pytest.approx(0.05, rel=1e-5)
