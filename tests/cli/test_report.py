"""The tables at the end of a run: nothing cut at 80 columns, whatever the numbers are."""

import math

import pytest

from vae_exp.cli.report import print_line, print_report

ROW = {"estimator": "schulman", "per_dimension": True, "value": 5.1, "std": 1.2}
NUMBERS = {
    "elbo": -24.2,
    "elbo_stderr": 0.19,
    "reconstruction_loss": 17.1,
    "kl": 7.1,
    "log_likelihood": -23.3,
    "log_likelihood_stderr": 0.195,
    "importance_samples": 128,
    "bits_per_dim": 0.52,
    "inference_gap": 0.95,
    "objective_gap": 1.84,
    "effective_sample_size": 23.7,
    "active_units": 20,
    "mutual_information": 4.95,
    "mutual_information_upper": 6.7,
    "marginal_kl": 2.1,
    "linear_probe_accuracy": 0.864,
    "knn_accuracy": 0.833,
    "kl_estimators": [{**ROW, "bias": -2.0, "bias_stderr": 0.02}, {**ROW, "estimator": "analytic"}],
}


def report(capsys, monkeypatch, **changes):
    monkeypatch.setenv("COLUMNS", "80")
    numbers = {**NUMBERS, **changes}
    print_report({f"test/{name}": value for name, value in numbers.items()})
    return capsys.readouterr().out


@pytest.mark.parametrize("size", [1.0, 1e3, 1e6, 1e12, 1e30, math.inf, math.nan])
def test_nothing_is_cut_at_80_columns(size, capsys, monkeypatch):
    large = {name: value * size for name, value in NUMBERS.items() if isinstance(value, float)}
    estimators = [
        {k: v * size if isinstance(v, float) else v for k, v in row.items()}
        for row in NUMBERS["kl_estimators"]
    ]
    out = report(capsys, monkeypatch, **large, kl_estimators=estimators)
    assert "…" not in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("column", ["batch", "[red]a covariate of a very long name"])
def test_probes_of_covariates_are_told_beside_chance(column, capsys, monkeypatch):
    accuracies = {"linear_probe_accuracy": 0.35, "knn_accuracy": 0.34, "chance_accuracy": 0.333}
    found = {f"{probe}_{column}": value for probe, value in accuracies.items()}
    out = report(capsys, monkeypatch, **found)
    assert "…" not in out and max(map(len, out.splitlines())) <= 80
    assert all(f"{value:.1%}" in out for value in accuracies.values())
    assert "the most frequent" in out and column.split()[-1] in out


def test_large_numbers_are_powers_of_ten(capsys, monkeypatch):
    out = report(capsys, monkeypatch, elbo=-470012345.6, elbo_stderr=12345.6, kl=1234567.8)
    assert "-4.7001e+08 ± 1.2e+04" in out and "1.2346e+06" in out
    assert "-23.300 ± 0.195" in out  # the others as ever
    print_line("job 3", {"test/elbo": -4.7e8, "test/log_likelihood": -4.6e8})
    assert "test ELBO -4.7000e+08, log-likelihood -4.6000e+08" in capsys.readouterr().out


def test_an_effective_sample_size_near_one_is_pointed_out(capsys, monkeypatch):
    told = "the effective sample size is near 1"
    assert told not in report(capsys, monkeypatch)
    assert f"{told} (1.31)" in report(capsys, monkeypatch, effective_sample_size=1.31)
    one = report(capsys, monkeypatch, effective_sample_size=1.0, importance_samples=1)
    assert told not in one  # of one weight it cannot be more


def test_a_collapsed_posterior_is_pointed_out(capsys, monkeypatch):
    told = "no latent is in use"
    assert told not in report(capsys, monkeypatch)
    assert told not in report(capsys, monkeypatch, active_units=0)  # of codes of many values
    bounds = {"mutual_information": -0.001, "mutual_information_upper": 0.003}
    out = " ".join(report(capsys, monkeypatch, **bounds).split())
    assert told in out and "posterior collapse" in out and "objective.free_bits" in out
    assert told not in report(capsys, monkeypatch, mutual_information_upper=math.nan)


def test_formulas_have_c_where_parts_of_the_model_see_it(capsys, monkeypatch):
    plain = report(capsys, monkeypatch)
    assert "c)" not in plain and "KL(q(z|x) ‖ p(z))" in plain and "bound on log p(x)," in plain
    out = report(capsys, monkeypatch, given=["encoder", "decoder", "prior"])
    for formula in (
        "−E_q[log p(x|z, c)]",
        "KL(q(z|x, c) ‖ p(z|c))",
        "bound on log p(x|c), K = 128",
    ):
        assert formula in out
    of_encoder = report(capsys, monkeypatch, given=["encoder"])
    assert "KL(q(z|x, c) ‖ p(z))" in of_encoder and "bound on log p(x), K" in of_encoder


def test_a_bound_that_few_data_hold_down_is_pointed_out(capsys, monkeypatch):
    told = "the lower bound on I(x; z) is as high as"
    assert told not in report(capsys, monkeypatch, information_data=360)
    bound = math.log(210) - 1e-6
    out = report(capsys, monkeypatch, information_data=210, mutual_information=bound)
    assert f"{told} 210 data let it be (their log, 5.35)" in " ".join(out.split())


def test_a_jobs_name_cannot_steer_the_terminal(capsys):
    print_line(
        "job 1, \x1b[2Jdata=\x07[bold]x[/bold]", {"test/elbo": 1.0, "test/log_likelihood": 2}
    )
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\x07" not in out and "[bold]x[/bold]" in out


def test_the_accuracy_of_a_classifier_is_shown_where_there_is_one(capsys, monkeypatch):
    assert "test/accuracy" not in report(capsys, monkeypatch)
    out = report(capsys, monkeypatch, accuracy=0.8812, accuracy_stderr=0.0032)
    assert "88.12% ± 0.32%" in out


@pytest.mark.parametrize("name", ["x", "[red]a factor of a very long name"])
def test_scores_of_disentanglement_and_each_factor_fit(name, capsys, monkeypatch):
    row = {"factor": name, "values": 40, "entropy": 3.69, "latent": None, "information": [0.0]}
    row |= {"mig": 0.123, "sap": 0.234, "dci_informativeness": 0.345}
    told = {"mig": 0.25, "modularity": 0.875, "disentanglement_data": [10_000, 2000]}
    out = report(capsys, monkeypatch, **told, factors=[row])
    assert "…" not in out and max(map(len, out.splitlines())) <= 80
    expected = (
        "0.250",
        "0.875",
        "0.00 / 3.69",
        "0.123",
        "34.5%",
        "10000 training",
        name.split()[-1],
    )
    assert all(word in out for word in expected)
