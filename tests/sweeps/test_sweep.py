"""A whole sweep and its comparison: every number is the same wherever it stands."""

import csv
import json
import math
import os
import statistics
from pathlib import Path

import pytest

from tests.forked import Forked
from tests.tracking.reading import inspect

LIKELIHOODS, PRIORS, SEEDS = ["gaussian", "bernoulli"], ["standard_normal", "laplace"], 2
SHORT = ["trainer.epochs=2", "evaluation.importance_samples=8", "network.hidden=[32]"]
SHORT += ["evaluation.probe=false"]


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """The folder of 8 runs and what ``compare`` made of them."""
    folder = tmp_path_factory.mktemp("compared")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("WANDB_", "HYDRA_"))}
    own = {"HOME": str(folder), "NETRC": str(folder / "netrc"), "WANDB_MODE": "offline"}
    sweep = [
        *("-m", *SHORT, f"seed={','.join(map(str, range(SEEDS)))}"),
        *(f"decoder={','.join(LIKELIHOODS)}", f"prior={','.join(PRIORS)}", "kl=monte_carlo"),
        *("plots.names=[reconstructions,samples]", "hydra.sweep.dir=sweep"),
    ]
    outputs = ["--json", "compare.json", "--csv", "compare.csv", "--html", "compare.html"]
    for module, words in (("run", sweep), ("compare", ["sweep", *outputs])):
        process = Forked(folder, words, {**clean, **own}, module)
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
    return folder, out


def summaries(folder):
    files = folder.glob("sweep/*/summary.json")
    return {file.parent.name: json.loads(file.read_text()) for file in files}


def test_table_and_page_and_pictures_are_there(compared):
    folder, out = compared
    assert len(summaries(folder)) == len(LIKELIHOODS) * len(PRIORS) * SEEDS
    page = (folder / "compare.html").read_text()
    # one seed of each configuration, two pictures
    assert page.count("data:image/") >= 2 * len(LIKELIHOODS) * len(PRIORS)
    assert "a density and a probability mass are not comparable" in out
    for word in [*LIKELIHOODS, *PRIORS, "likelihood"]:
        assert word in out


def test_comparison_agrees_with_the_summaries(compared):
    folder, _ = compared
    runs = summaries(folder)
    rows = list(csv.DictReader((folder / "compare.csv").read_text().splitlines()))
    assert len(rows) == len(LIKELIHOODS) * len(PRIORS)
    for row in rows:
        names = [Path(path).name for path in row["folders"].replace(";", " ").split()]
        assert len(names) == SEEDS
        for metric in ("test/log_likelihood", "test/elbo", "test/kl"):
            values = [runs[name][metric] for name in names]
            assert float(row[f"{metric} mean"]) == pytest.approx(statistics.fmean(values))
            error = statistics.stdev(values) / math.sqrt(SEEDS)
            assert float(row[f"{metric} stderr"]) == pytest.approx(error)


def test_summaries_agree_with_wandb(compared):
    folder, _ = compared
    runs = summaries(folder)
    files = sorted(folder.glob("outputs/wandb/offline-run-*"))
    assert len(files) == len(runs)
    matched = set()
    for file in files:
        text = inspect(file, "--summary")
        (name,) = [n for n, s in runs.items() if str(s["test/log_likelihood"]) in text]
        for metric in ("test/elbo", "test/kl", "test/active_units", "time/train_seconds"):
            assert str(runs[name][metric]) in text
        matched.add(name)
    assert matched == set(runs)
