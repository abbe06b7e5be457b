"""Seeds together, what is comparable ranked, the rest apart and with its reason."""

import math

import pytest

from tests.comparison.conftest import DENSITY, MASS, TEST, make_run


def density(value=-90.0, **more):
    return {**DENSITY, "test/log_likelihood": value, **more}


def labels(comparison):
    return [[comparison.label(row) for row in block.rows] for block in comparison.blocks]


def test_seeds_of_one_configuration_are_one_row(tmp_path, compared):
    for seed, value in enumerate([-90.0, -92.0, -97.0]):
        make_run(tmp_path / f"a{seed}", f"seed={seed}", summary=density(value))
    make_run(tmp_path / "b", "z_dim=5", summary=density(-91.0))
    comparison = compared()
    [block] = comparison.blocks
    assert [row.n for row in block.rows] == [1, 3]
    single, seeds = (row.estimates["test/log_likelihood"] for row in block.rows)
    assert (single.mean, single.stderr, single.over) == (-91.0, 0.25, "test set")
    assert (seeds.mean, seeds.n, seeds.over) == (-93.0, 3, "seeds")
    assert seeds.stderr == pytest.approx(math.sqrt((9 + 1 + 16) / 2 / 3))
    assert comparison.reasons == []
    (note,) = noted(comparison, "±")
    assert "over the n seeds" in note and "over the test set" in note


def noted(comparison, start):
    return [note for note in comparison.notes if note.startswith(start)]


def make_rows(folder, *rows, seeds=range(3), sort="val/selected_elbo"):
    """Runs of z_dim 1, 2, ... with these values, one a seed."""
    for z_dim, values in enumerate(rows, start=1):
        for seed, value in zip(seeds, values):
            overrides = f"z_dim={z_dim}", f"seed={seed}"
            make_run(folder / f"{z_dim}.{seed}", *overrides, summary={**DENSITY, sort: value})


def test_how_far_a_row_is_behind_the_first_is_paired_over_seeds(tmp_path, compared):
    make_rows(tmp_path, (-90.0, -80.0, -70.0), (-90.3, -80.33, -70.36), (-91.0, -95.0, -69.0))
    comparison = compared()
    (block,) = comparison.blocks
    assert block.behind_texts == ["", "0.330 ± 0.017", "≈ 5.000 ± 5.033"]
    headings = [name for name, _ in block.numbers(comparison.shown(["test/elbo"]))]
    assert headings == ["val/selected_elbo", "behind the first", "test/elbo"]
    assert noted(comparison, "≈") == [
        "≈: not told apart from the first: paired over 3 seeds, Student's t, 95 %, "
        "Holm for 3 pairs of rows"
    ]
    (error,) = noted(comparison, "±")
    assert "where n > 1, itself uncertain by about 50 % (n = 3)" in error


def test_all_that_is_told_apart_is_said_too(tmp_path, compared):
    make_rows(tmp_path, (-90.0, -80.0, -70.0), (-95.1, -85.2, -75.3))
    comparison = compared()
    assert comparison.blocks[0].behind_texts == ["", "5.200 ± 0.058"]
    assert noted(comparison, "all behind") == [
        "all behind the first are told apart from it: paired over 3 seeds, Student's t, 95 %"
    ]


def test_what_was_not_tested_is_not_called_told_apart(tmp_path, compared):
    make_rows(tmp_path, (-90.0, -80.0, -70.0), (-95.1, -85.2, -75.3), (-99.0,))
    comparison = compared()
    assert comparison.blocks[0].behind_texts[2] in ("", "–")
    (told,) = noted(comparison, "those with a number behind the first are told apart from it")
    assert "paired over 3 seeds" in told


def test_a_loss_with_another_estimate_of_the_kl_is_pointed_out(tmp_path, compared):
    for kl in ("analytic", "schulman"):
        make_run(tmp_path / kl, f"kl={kl}", summary=density(**{"test/loss": 1}))
    assert noted(compared(), "their objectives") == []
    assert noted(compared(sort="loss"), "test/loss is") == [
        "test/loss is what each run minimises, and that is not the same (kl)"
    ]


def test_what_is_ahead_of_the_first_with_the_same_seeds_is_not_called_behind_it(tmp_path, compared):
    """Which is first by seeds that the other one lacks."""
    first = (-90.0, -90.5, -89.5, -89.0, -89.1, -88.9)
    make_rows(tmp_path, first, (-89.9, -90.395, -89.405), seeds=range(6))
    comparison = compared()
    assert comparison.blocks[0].behind_texts == ["", "-0.1000 ± 0.0029"]
    assert noted(comparison, "all behind") == []
    (told,) = noted(comparison, "those with a number behind the first are told apart from it")
    (ahead,) = noted(comparison, "below 0 is ahead: with the seeds that both rows have")
    assert told.endswith("Student's t, 95 %") and "mean over all seeds" in ahead


def test_runs_that_are_not_ranked_are_no_configurations_of_their_own(tmp_path, compared):
    for seed in range(5):
        summary = density() if seed < 2 else {"status": "failed"}
        make_run(tmp_path / str(seed), f"seed={seed}", summary=summary)
    make_run(tmp_path / "other", "z_dim=5", summary={"status": "failed"})
    comparison = compared()
    assert len(comparison.rows) == 5 and comparison.configurations == 2


def test_where_smaller_is_better_more_is_behind(tmp_path, compared):
    make_rows(tmp_path, (1.0, 2.0), (2.0, 4.0), sort="test/loss")
    (block,) = compared(sort="test/loss").blocks
    assert block.behind_texts == ["", "≈ 1.50 ± 0.50"]


def test_where_neither_end_is_better_none_is_behind(tmp_path, compared):
    make_rows(tmp_path, (1.0, 2.0), (2.0, 4.0), sort="test/kl")
    comparison = compared(sort="kl")
    assert comparison.blocks[0].behind_texts == []
    assert noted(comparison, "≈") == noted(comparison, "all behind") == []


def test_single_runs_are_not_compared(tmp_path, compared):
    make_rows(tmp_path, (1.0,), (0.5,), (0.1, 0.2))
    comparison = compared()
    assert comparison.blocks[0].behind_texts == []
    assert noted(comparison, "≈") == noted(comparison, "all behind") == []


def test_rows_without_seeds_in_common_are_not_paired(tmp_path, compared):
    make_rows(tmp_path / "a", (-90.0, -91.0))
    for seed, value in ((5, -92.0), (6, -90.5)):
        summary = {**DENSITY, "val/selected_elbo": value}
        make_run(tmp_path / str(seed), f"seed={seed}", "z_dim=9", summary=summary)
    make_run(tmp_path / "one", "z_dim=3", summary={**DENSITY, "val/selected_elbo": -99.0})
    comparison = compared()
    assert comparison.blocks[0].behind_texts == ["", "≈ 0.75 ± 0.90", "–"]
    (note,) = noted(comparison, "≈")
    assert note.endswith(": not paired where no two seeds are shared (Welch), Student's t, 95 %")


def test_runs_of_one_seed_are_one_in_a_pair(tmp_path, compared):
    make_rows(tmp_path / "a", (-90.0, -80.0), (-91.0, -83.0))
    make_rows(tmp_path / "again", (-92.0, -80.0))
    (block,) = compared().blocks
    assert block.behind_texts == ["", "≈ 1.5 ± 1.5"]
    assert block.behind[1].paired_seeds == 2


def test_other_objectives_are_pointed_out_beside_what_ranks(tmp_path, compared):
    for beta in (1, 4):
        make_run(
            tmp_path / str(beta), f"objective.beta={beta}", summary=density(**{"test/loss": 1})
        )
    assert noted(compared(), "their objectives") == [
        "their objectives differ (objective.beta): all are ranked by test/log_likelihood, whatever "
        "they minimise"
    ]
    assert noted(compared(sort="loss"), "test/loss is what each run minimises, and that is not")
    make_run(tmp_path / "mnist", "data=mnist", "objective=iwae")
    assert "(objective.beta)" in noted(compared(), "their objectives")[0]  # apart, and not ranked


def test_one_seed_twice_counts_twice_and_is_told(tmp_path, compared):
    for name, value in (("a", -90.0), ("b", -92.0)):
        make_run(tmp_path / name, "seed=4", summary=density(value))
    comparison = compared()
    assert comparison.ranked[0].n == 2
    [note] = [note for note in comparison.notes if "seed 4 is there 2 times" in note]
    assert str(tmp_path / "a") in note and "not independent" in note


@pytest.mark.parametrize(
    "one, two, reason",
    [
        (("", DENSITY), ("decoder=bernoulli", MASS), "a density and a probability mass are not"),
        (("data=mnist", DENSITY), ("data=digits", DENSITY), "different data: mnist, digits"),
        (("data.seed=0", DENSITY), ("data.seed=1", DENSITY), "digits data.seed=0, digits data"),
        (("", MASS), ("", {**MASS, "data/binarize": "static"}), "binarised differently: dynamic,"),
        (
            ("", {**DENSITY, "test/importance_samples": 128}),
            ("", {**DENSITY, "test/importance_samples": 5000}),
            "different importance samples: 128, 5000: bounds of different tightness",
        ),
        (
            ("evaluation.importance_samples=128", DENSITY),
            ("evaluation.importance_samples=64", DENSITY),
            "different importance samples: 128, 64",
        ),
        (
            ("condition=labels", DENSITY),
            ("", DENSITY),
            "log p(x|c) with condition=labels and log p(x) are not comparable",
        ),
        (
            ("condition=part condition.decoder=false", DENSITY),
            ("", DENSITY),
            'condition=part condition.quadrants=["lower_left"] condition.first=0.5 and log p(x)',
        ),
        (
            ("condition=part", DENSITY),
            ("condition=part condition.quadrants=[upper_left,upper_right]", DENSITY),
            'condition.quadrants=["upper_left","upper_right"]',
        ),
        (
            ("data=counts decoder=poisson decoder.offset=library", MASS),
            ("data=counts decoder=poisson", MASS),
            "log p(x|c) with decoder.offset=library and log p(x) are not comparable",
        ),
    ],
)
def test_what_is_not_comparable_is_apart(tmp_path, compared, one, two, reason):
    for name, (overrides, summary) in (("0", one), ("1", two)):
        make_run(tmp_path / name, *overrides.split(), summary=summary)
    comparison = compared()
    assert len(comparison.blocks) == 2
    assert any(reason in told for told in comparison.reasons), comparison.reasons
    assert comparison.blocks[0].heading != comparison.blocks[1].heading


def test_a_condition_that_only_the_posterior_sees_is_none(tmp_path, compared):
    only = ["condition=labels", "condition.decoder=false"]
    make_run(tmp_path / "0")
    make_run(tmp_path / "1", *only)
    make_run(tmp_path / "2", "condition=semi_supervised", "data.labelled=100")
    make_run(tmp_path / "3", *only, "prior=conditional")
    assert [len(block.rows) for block in compared().blocks] == [2, 2]


def test_unknown_likelihoods_are_ranked_with_their_own_kind_alone(tmp_path, compared):
    unsaid = {name: value for name, value in DENSITY.items() if name != "likelihood"}
    make_run(tmp_path / "0", "decoder=gaussian", summary=unsaid)
    make_run(tmp_path / "1", "decoder=gaussian", "z_dim=3", summary=unsaid)
    make_run(tmp_path / "2", "decoder=laplace", summary=unsaid)
    comparison = compared()
    assert [len(block.rows) for block in comparison.blocks] == [2, 1]
    assert "not known to be comparable" in comparison.reasons[0]


def test_data_root_does_not_make_other_data(tmp_path, compared):
    make_run(tmp_path / "0", "data=mnist", "data.root=/a")
    make_run(tmp_path / "1", "data=mnist", "data.root=/b", "seed=1")
    [block] = compared().blocks
    assert block.rows[0].n == 2


def test_binarisation_counts_as_it_came_out(tmp_path, compared):
    make_run(tmp_path / "0", "decoder=bernoulli", "data.binarize=auto", summary=MASS)
    make_run(tmp_path / "1", "decoder=bernoulli", "data.binarize=dynamic", summary=MASS)
    [block] = compared().blocks
    assert block.columns == ["data.binarize"]


@pytest.mark.parametrize("metric, best", [("elbo", 2), ("kl", 2), ("test/loss", 0)])
def test_best_comes_first_and_what_is_no_number_last(tmp_path, compared, metric, best):
    name = metric if "/" in metric else f"test/{metric}"
    values = [1.0, 2.0, 3.0, math.nan, None, math.inf]
    for z_dim, value in enumerate(values, start=1):
        make_run(tmp_path / str(z_dim), f"z_dim={z_dim}", summary={**DENSITY, name: value})
    order = [int(row.configuration.shown("z_dim")) - 1 for row in compared(sort=metric).ranked]
    assert order[0] == best
    assert set(order[3:]) == {3, 4, 5}


def test_constant_columns_go_to_the_heading(tmp_path, compared):
    make_run(tmp_path / "0", "decoder=bernoulli", "z_dim=3", summary=MASS)
    make_run(tmp_path / "1", "decoder=bernoulli", "z_dim=4", summary=MASS)
    make_run(tmp_path / "2", "z_dim=3")
    comparison = compared()
    bernoulli, gaussian = comparison.blocks
    assert (bernoulli.columns, comparison.common(bernoulli)) == (["z_dim"], "decoder=bernoulli")
    assert (gaussian.columns, comparison.common(gaussian)) == ([], "decoder=gaussian z_dim=3")


def test_runs_without_test_metrics_are_listed_and_never_ranked(tmp_path, compared):
    make_run(tmp_path / "0")
    make_run(tmp_path / "1", "z_dim=1", summary={"status": "failed", "train/loss": 1.0})
    make_run(tmp_path / "2", "z_dim=2", summary={"status": "preempted"})
    make_run(tmp_path / "3", "z_dim=3", summary=None)
    comparison = compared()
    assert len(comparison.ranked) == 1
    statuses = [row.results[0].status for row in comparison.unranked]
    assert statuses == ["failed", "preempted", "unfinished"]
    assert comparison.columns == []  # what the ranked ones differ in
    assert comparison.all_columns == ["z_dim"]


def test_the_only_ranked_configuration_is_told_from_those_that_are_not(tmp_path, compared):
    make_run(tmp_path / "0")
    make_run(tmp_path / "1", "decoder=bernoulli", summary={"status": "preempted"})
    comparison = compared()
    labels = [comparison.label(row) for row in comparison.rows]
    assert labels == ["decoder=gaussian", "decoder=bernoulli"]


def test_a_metric_that_some_seeds_lack_says_of_how_many_it_is(tmp_path, compared):
    for seed, having in enumerate([{"test/knn_accuracy": 1.0}, {"test/knn_accuracy": 3.0}, {}]):
        summary = density(**having)
        make_run(tmp_path / str(seed), f"seed={seed}", summary=summary)
    [block] = compared().blocks
    assert block.texts["test/knn_accuracy"] == ["2.0 ± 1.0 (2 of 3)"]


def test_the_same_folder_twice_is_one_run(tmp_path, compared):
    make_run(tmp_path / "a")
    comparison = compared(
        paths=[str(tmp_path), str(tmp_path / "a"), f"{tmp_path}/../{tmp_path.name}"]
    )
    assert len(comparison.results) == 1


def test_a_collapsed_posterior_does_not_win_by_its_kl(tmp_path, compared):
    make_run(tmp_path / "collapsed", "z_dim=1", summary=density(-99.0, **{"test/kl": 0.0}))
    make_run(tmp_path / "good", "z_dim=2", summary=density(-90.0, **{"test/kl": 20.0}))
    comparison = compared(sort="kl")
    assert [row.configuration.shown("z_dim") for row in comparison.ranked] == ["2", "1"]
    assert comparison.notes[0].startswith(
        "largest first by test/kl, of which neither end is better"
    )
    assert not any("best" in note for note in comparison.notes)
    assert compared().notes[0].startswith("best first by test/log_likelihood: larger is better")


def test_bits_per_dimension_rank_levels_and_dequantised_levels_together(tmp_path, compared):
    def bits(value, kind, **more):
        return {**kind, "data/binarize": "none", "test/bits_per_dim": value, **more}

    make_run(
        tmp_path / "levels", "decoder=discretized_logistic", summary=bits(2.5, {**MASS, **TEST})
    )
    make_run(tmp_path / "dequantised", "data.dequantize=true", summary=bits(2.75, DENSITY))
    make_run(tmp_path / "density", summary=DENSITY)
    make_run(tmp_path / "binary", "decoder=bernoulli", summary={**MASS, "test/bits_per_dim": 0.5})
    many = {"test/importance_samples": 5000}
    make_run(tmp_path / "more", "data.dequantize=true", summary=bits(2.7, DENSITY, **many))

    def found(comparison):
        return [
            (block.heading, [row.results[0].run.path.name for row in block.rows])
            for block in comparison.blocks
        ]

    comparison = compared(sort="bits_per_dim")
    levels = "bits per dimension of its levels"
    assert dict(found(comparison)) == {
        f"digits, dynamic binarisation · {levels} · 128 importance samples": ["binary"],
        f"digits · {levels} · 128 importance samples": ["levels", "dequantised"],
        "digits data.dequantize=false · density · 128 importance samples": ["density"],
        f"digits · {levels} · 5000 importance samples": ["more"],
    }
    assert "an upper bound" in comparison.notes[1]
    assert "test/bits_per_dim" in comparison.reasons[0]
    shown = comparison.shown(("test/log_likelihood", "test/elbo", "test/kl"))
    assert shown == ["test/bits_per_dim"]  # nothing else that they have compares
    assert all(len(rows) == 1 for _, rows in found(compared()))  # by the log-likelihood, apart


def test_an_effective_sample_size_near_one_is_pointed_out(tmp_path, compared):
    for z_dim, (size, samples) in enumerate([(1.2, 128), (30.0, 128), (1.0, 1)], start=1):
        told = {"test/effective_sample_size": size, "test/importance_samples": samples}
        make_run(tmp_path / str(z_dim), f"z_dim={z_dim}", summary={**DENSITY, **told})
    (note,) = [note for note in compared().notes if "effective sample size" in note]
    assert note.startswith(
        f"the effective sample size is near 1 in {tmp_path / '1'}: single weights"
    )
