"""The scores of a model, from its posterior means and what is known of the data."""

import json
from types import SimpleNamespace

import pytest
import torch

from tests.evaluation.disentanglement.made_up import COUNTS, draw_factors
from tests.evaluation.test_latents import Fixed
from vae_exp.condition.columns import Column
from vae_exp.configuration.compose import compose
from vae_exp.distribution.one_hot import OneHotSpace
from vae_exp.evaluation.budget import Budget
from vae_exp.evaluation.disentanglement import disentanglement, representation
from vae_exp.evaluation.disentanglement.factors import check_factors, known_factors
from vae_exp.experiment import build

ALL = Budget(None, torch.device("cpu"))
SCORES = (
    *("mig", "sap", "dci_disentanglement", "dci_completeness", "dci_informativeness"),
    *("factor_vae_score", "modularity"),
)


def data_of(of, train, test):
    """Data x = ``of(factors)``; the first factor is the label, the others stand beside x."""
    factors = {"train": train, "test": test}
    columns = [Column(f"v{f}", tuple(map(str, range(k)))) for f, k in enumerate(COUNTS)][1:]
    return SimpleNamespace(
        device=torch.device("cpu"),
        size=lambda split: len(factors[split]),
        at=lambda split, index: (of(factors[split][index]), None),
        labels={split: v[:, 0] for split, v in factors.items()},
        label_name="shape",
        columns=columns,
        covariates={split: v[:, 1:].float() for split, v in factors.items()},
    )


@pytest.fixture(scope="module")
def drawn():
    return draw_factors(1500), draw_factors(800, 1)


def test_a_model_whose_means_are_the_factors_scores_1(drawn):
    """... though two more latents are not in use; SAP has its largest value, mean 1 − 1/K."""
    vae = Fixed([1.0, 0.5, -2.0, 0.001, 0.0], [0.1] * 5)
    data = data_of(lambda v: torch.cat((v, v[:, :2]), 1).float(), *drawn)
    found = disentanglement(vae, data, "test", ALL)
    largest = dict.fromkeys(SCORES, 1) | {"sap": 1 - sum(1 / k for k in COUNTS) / 3}
    tolerances = {"sap": 0.05}
    for name in SCORES:
        assert found[name] == pytest.approx(largest[name], abs=tolerances.get(name, 1e-6)), name
    assert found["disentanglement_data"] == [1500, 800]
    rows = found["factors"]
    assert [row["factor"] for row in rows] == ["shape", "v1", "v2"]
    assert [row["values"] for row in rows] == list(COUNTS)
    assert [row["latent"] for row in rows] == [0, 1, 2]
    assert all(len(row["information"]) == 3 for row in rows)
    assert json.loads(json.dumps(found)) == found


def test_a_model_that_ignores_the_data_scores_0(drawn):
    found = disentanglement(
        Fixed([0.0, 0.01], [1.0, 1.0]), data_of(lambda v: v[:, :2].float(), *drawn), "test", ALL
    )
    nothing = ("mig", "sap", "dci_disentanglement", "dci_completeness", "modularity")
    assert [found[name] for name in nothing] == [0] * 5
    assert found["dci_informativeness"] < 0.3 and found["factor_vae_score"] < 0.4
    assert [row["latent"] for row in found["factors"]] == [None] * 3


def test_of_codes_each_variable_is_a_latent():
    space = OneHotSpace(2, 3)
    means = torch.tensor([[0.1, 0.7, 0.2, 0.3, 0.3, 0.4], [0.5, 0.3, 0.2, 0.9, 0.1, 0.0]])
    latents = SimpleNamespace(means=means, support=space)
    both = representation(latents, torch.tensor([True, True]))
    assert both.tolist() == [[1, 2], [0, 0]]
    assert representation(latents, torch.tensor([False, True])).tolist() == [[2], [0]]
    assert representation(latents, torch.tensor([False, False])).tolist() == [[0], [0]]


def test_what_has_one_value_or_is_a_number_is_no_factor(drawn):
    data = data_of(lambda v: v.float(), *drawn)
    data.columns = [Column("age"), data.columns[1]]
    assert list(known_factors(data, "test")) == ["shape", "v2"]
    check_factors(data)
    data.labels = {split: 1000 * v - 7 for split, v in data.labels.items()}
    data.labels["test"][0] = 3  # which no training datum has
    training, test = known_factors(data, "test")["shape"]
    assert training.unique().tolist() == [0, 2, 3] and test[0] == 1
    data.labels = {split: 0 * v for split, v in data.labels.items()}
    with pytest.raises(ValueError, match=r"^evaluation.disentanglement: .*got v2 alone; use"):
        check_factors(data)
    data.columns = ()
    with pytest.raises(ValueError, match="got none; use"):
        check_factors(data)


@pytest.mark.bad_input
@pytest.mark.parametrize("words", ["", "data=ppca"])
def test_data_without_factors_are_refused_before_training(cli, words):
    result = cli(*words.split(), "evaluation.disentanglement=true")
    assert (result.exit_code, result.err.count("\n")) == (2, 1)
    assert "evaluation.disentanglement: expected data with two known factors" in result.err


def test_an_evaluation_has_the_scores():
    small = ["data.size=400", "data.validation_size=50", "data.test_size=100", "network=linear"]
    words = ["data=batch_counts", "decoder=poisson", *small, "evaluation.importance_samples=2"]
    words += ["evaluation.disentanglement=true", "evaluation.probe=false"]
    found = build(compose(*words)).evaluate()
    assert all(0 <= found[name] <= 1 for name in SCORES)
    assert [row["factor"] for row in found["factors"]] == ["label", "batch"]
    assert found["disentanglement_data"] == [250, 100]
