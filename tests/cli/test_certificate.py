"""The tables of a certification, and what is said beside them."""

from vae_exp.cli.certificate import print_certificate

NAMES = ("lower_log_likelihood", "upper_log_likelihood", "width", "inference_gap")


def certificate(capsys, *values):
    numbers = {}
    for name, value in zip(NAMES, values):
        numbers |= {name: value, f"{name}_stderr": 0.028}
    numbers |= {"data": 20, "chains": 16, "effective_chains": 12.0, "temperatures": 500}
    numbers |= {"leapfrogs": 5, "accepted": 0.8}
    print_certificate({f"certify/simulated/{name}": value for name, value in numbers.items()})
    return " ".join(capsys.readouterr().out.split())


def test_bounds_that_noise_has_crossed_are_said_to_be(capsys):
    assert "is noise" not in certificate(capsys, -24.707, -24.697, 0.010)
    told = certificate(capsys, -24.697, -24.707, -0.010)
    assert "the lower bound is above the upper one by 0.010 ± 0.028" in told and "noise" in told


def test_a_row_says_what_the_gap_is_the_sum_of(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    assert "sum of the next two" in certificate(capsys, -24.7, -24.6, 0.1, 1.0)
