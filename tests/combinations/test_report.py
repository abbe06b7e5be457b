"""What an atlas says, of runs whose numbers are given."""

import json

import pytest

from vae_exp.combinations.report import sentences
from vae_exp.comparison import ranking, result
from vae_exp.comparison.page import as_html


@pytest.fixture
def folder(tmp_path):
    """Two posteriors by two objectives, of one seed; IWAE gains 2 and 4 nats, and costs 3 times."""
    for encoder, elbo, iwae in (("gaussian", -12.0, -10.0), ("laplace", -15.0, -11.0)):
        for objective, value in (("elbo", elbo), ("iwae", iwae)):
            write(tmp_path, encoder, objective, value, 1.0 if objective == "elbo" else 3.0)
    return tmp_path


def write(folder, encoder, objective, value, seconds, **more):
    run = folder / f"{encoder}-{objective}" / "0"
    (run / ".hydra").mkdir(parents=True)
    choices = {"encoder": encoder, "objective": objective}
    hydra = {"hydra": {"runtime": {"choices": choices}}}
    (run / ".hydra/config.yaml").write_text(json.dumps({"seed": 0}))
    (run / ".hydra/hydra.yaml").write_text(json.dumps(hydra))
    numbers = {"test/log_likelihood": value, "val/selected_elbo": value, "test/active_units": 3}
    numbers |= {"time/train_seconds": seconds, "time/total_seconds": 2 * seconds}
    numbers |= {"status": "finished", "likelihood": "density", **more}
    (run / "metrics.jsonl").write_text("")
    (run / "summary.json").write_text(json.dumps(numbers))


def said(folder, refused=None):
    comparison = ranking.compare([str(folder)], result.read([str(folder)]), None, None)
    return sentences(comparison, ["encoder", "objective"], refused or {})


def starting(lines, start):
    return [line.partition("): ")[2] for line in lines if line.startswith(start)]


def test_each_option_is_compared_in_the_same_company(folder):
    lines = said(folder)
    assert starting(lines, "objective, nats of test") == ["iwae 0.00, elbo -3.00"]
    assert starting(lines, "encoder, nats of test") == ["gaussian 0.00, laplace -2.00"]
    cost = "objective, training time beside the fastest option in the same company, median: "
    assert f"{cost}elbo 1.00, iwae 3.00" in lines
    assert "all of it took 16 s of one thread" in lines


def test_the_best_is_chosen_by_validation(folder):
    write(folder, "student_t", "elbo", -1.0, 1.0, **{"val/selected_elbo": -99.0})
    (best,) = starting(said(folder), "the best by the validation ELBO")
    assert best.split("; ")[0].startswith("encoder=gaussian objective=iwae")
    assert "student_t" in best.split("; ")[-1]


def test_what_diverged_in_validation_is_not_among_the_best(folder):
    write(folder, "flow", "elbo", -1.0, 1.0, **{"val/selected_elbo": None})
    (best,) = starting(said(folder), "the best by the validation ELBO")
    assert best.count("; ") == 3 and "flow" not in best


def test_what_breaks_is_said(folder):
    write(folder, "flow", "elbo", None, 1.0)
    write(folder, "fsq", "elbo", -30.0, 1.0, **{"test/active_units": 0})
    refused = {"a": "kl: no closed form", "b": "kl: none", "c": "prior: expected codes"}
    lines = said(folder, refused)
    assert (
        "3 more were refused before training, by the key that does not fit: kl 2, prior 1" in lines
    )
    assert any(
        line.startswith("1 have a test log-likelihood that is not finite: ") for line in lines
    )
    assert any(line.startswith("1 collapsed: no latent is active: encoder=fsq") for line in lines)


def test_the_page_says_it(folder):
    comparison = ranking.compare([str(folder)], result.read([str(folder)]), None, None)
    comparison.notes.extend(said(folder))
    assert "nats of test log-likelihood lost" in as_html(comparison)
