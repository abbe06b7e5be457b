"""The areas under the curves against scikit-learn, and their errors against many draws."""

import numpy
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from vae_exp.evaluation.outliers import detection


def draw(generator, outliers=40, others=160):
    score = numpy.r_[generator.normal(1, 1, outliers), generator.normal(0, 1, others)]
    return score.round(1), numpy.r_[numpy.ones(outliers), numpy.zeros(others)]  # with ties


def test_areas_are_those_of_scikit_learn():
    score, outlier = draw(numpy.random.default_rng(1))
    found = detection(score, outlier)
    assert found.auroc == pytest.approx(roc_auc_score(outlier, score))
    assert found.auprc == pytest.approx(average_precision_score(outlier, score))
    assert found.prevalence == 0.2


def test_standard_errors_are_those_of_new_data():
    generator = numpy.random.default_rng(0)
    drawn = [draw(generator) for _ in range(100)]
    found = detection(*drawn[0])
    for error, area in ((found.auroc_stderr, roc_auc_score), (found.auprc_stderr, None)):
        area = area or average_precision_score
        spread = numpy.std([area(outlier, score) for score, outlier in drawn])
        # an estimate from 40 outliers is itself known to about a quarter
        assert error == pytest.approx(spread, rel=0.35)


def test_what_is_no_number_is_the_furthest_out():
    found = detection(
        numpy.array([0.0, numpy.nan, numpy.inf, -numpy.inf]), numpy.array([0, 1, 1, 0])
    )
    assert (found.auroc, found.auprc) == (1, 1)
