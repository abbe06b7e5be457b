"""Numbers that were measured on other data are not ranked, nor averaged, together."""

import pytest

from tests.comparison.conftest import DENSITY, make_run

LOWER = "certify/test/lower_log_likelihood"


def certified(data, value, temperatures=500):
    how = {"data": data, "chains": 16, "temperatures": temperatures}
    return {LOWER: value, **{f"certify/test/{name}": count for name, count in how.items()}}


def folders(comparison):
    return [
        [result.run.path.name for row in b.rows for result in row.results]
        for b in comparison.blocks
    ]


@pytest.mark.parametrize("other", [certified(10, -80.0), certified(100, -80.0, temperatures=50)])
def test_what_was_certified_otherwise_is_ranked_apart(tmp_path, compared, other):
    for seed, more in enumerate([certified(100, -90.0), other, certified(100, -91.0), {}]):
        make_run(tmp_path / str(seed), f"seed={seed}", summary={**DENSITY, **more})
    comparison = compared(sort=LOWER)
    assert folders(comparison) == [["0", "2"], ["1"], ["3"]]
    assert comparison.blocks[0].heading.endswith("certified: 100 data, 16 chains, 500 temperatures")
    (reason,) = comparison.reasons
    assert reason.startswith("what ranks was measured on different data: certified: 100 data")
    comparison = compared()
    assert folders(comparison) == [["0", "1", "2", "3"]]
    assert [n for n in comparison.notes if f"on different data: {LOWER} (certified: 100" in n]


@pytest.mark.parametrize(
    ("metric", "reduced", "is_apart"),
    [
        ("test/imputation_rmse", ["loss 9 of 90", "imputation 45 of 360"], True),
        ("test/knn_accuracy", ["probes' training data 45 of 360"], True),
        ("test/accuracy", ["loss 45 of 360"], True),
        ("test/reconstruction_loss", ["loss 45 of 360"], False),
        ("val/selected_elbo", ["loss 45 of 360"], False),
        ("test/imputation_rmse", "imputation 45 of 360", False),  # no list: none of ours
    ],
)
def test_what_had_time_for_fewer_data_is_ranked_apart(
    tmp_path, compared, metric, reduced, is_apart
):
    for name, told in (("all", []), ("few", reduced)):
        make_run(tmp_path / name, summary={**DENSITY, metric: 0.5, "test/reduced": told})
    comparison = compared(sort=metric)
    assert folders(comparison) == ([["all"], ["few"]] if is_apart else [["all", "few"]])
    assert len(comparison.reasons) == is_apart
