"""The two classifiers against scikit-learn's, which they stand in for."""

import warnings

import numpy
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from vae_exp.evaluation.classifiers import logistic_regression, nearest_neighbours
from vae_exp.runtime.eager_optimizers import keep_compiler_away

keep_compiler_away()  # as the program does, or L-BFGS imports it


def points(classes, spread, size=300, z_dim=6):
    """Points of classes that overlap, to fit to and to hold out, and the class of each."""
    centres = torch.randn(classes, z_dim) * spread
    y = torch.randint(classes, (2, size)) * 3 + 1  # any whole numbers
    x = centres[(y - 1) // 3] + torch.randn(2, size, z_dim)
    return x[0], y[0], x[1]


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_logistic_regression_is_scikit_learns(classes):
    x, y, held_out = points(classes, spread=0.7)
    model = LogisticRegression(tol=1e-8, max_iter=2000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = model.fit(x.double().numpy(), y.numpy()).predict(held_out.double().numpy())
    assert (logistic_regression(x, y, held_out).numpy() == expected).all()


@pytest.mark.parametrize("neighbours", [1, 10])
def test_nearest_neighbours_are_scikit_learns(neighbours, monkeypatch):
    x, y, held_out = points(4, spread=0.5)
    monkeypatch.setattr("vae_exp.evaluation.classifiers.DISTANCES", 10_000)  # in several parts
    model = KNeighborsClassifier(neighbours).fit(x.double().numpy(), y.numpy())
    expected = model.predict(held_out.double().numpy())
    assert (nearest_neighbours(x, y, held_out, neighbours).numpy() == expected).all()


def test_the_first_of_classes_with_as_many_votes_wins():
    x, y = torch.tensor([[-1.0], [1.0], [-2.0], [2.0]]), torch.tensor([7, 3, 7, 3])
    assert nearest_neighbours(x, y, torch.zeros(1, 1), 4).tolist() == [3]


def test_a_fit_needs_no_gradient_from_around_it():
    x, y, held_out = points(2, spread=5.0, size=50)
    with torch.no_grad():
        found = logistic_regression(x, y, held_out)
    assert set(numpy.unique(found)) <= {1, 4}
