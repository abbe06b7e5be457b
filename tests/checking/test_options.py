"""Every part of this project passes its own checks, whatever random numbers they draw."""

import pytest

from tests.conftest import options
from vae_exp.checking.find import find
from vae_exp.checking.verdict import verdicts

# data that come with the package or are made, and are small
DATA = ["digits", "breast_cancer", "counts", "batch_counts", "ppca", "trajectories", "sprites"]
SMALL = {"trajectories": ["data.size=1600"], "tcn": ["network.channels=[4]"]}
GROUPS = ("decoder", "encoder", "prior", "kl", "objective", "network")
CHOICES = [
    *(f"{group}={option}" for group in GROUPS for option in options(group)),
    *(f"data={option}" for option in DATA),
    *(f"encoder=flow encoder.kind={kind}" for kind in ("maf", "iaf")),
    "encoder=hierarchical encoder.inference=top_down",
    "encoder=hierarchical encoder.inference=ladder prior=hierarchical",
    "encoder=student_t encoder.learn_df=true",
    "decoder=student_t decoder.df=1.5",  # without a variance
    "kl=total_correlation kl.total_correlation=1",
    "decoder=gaussian network=conv",
    "encoder=gaussian network=gru",
]
SEEDS = range(5)
WITHOUT = ("waiting", "pickle")  # in which nothing is drawn: once


@pytest.mark.long
@pytest.mark.parametrize("choice", CHOICES)
def test_every_option_passes_with_every_seed(choice):
    words = [*choice.split(), *SMALL.get(choice.split()[0].partition("=")[2], [])]
    found = find(words)
    drawn = found.group != "data"
    for seed in SEEDS if drawn else [0]:
        once = {k: c for k, c in found.checks.items() if seed == 0 or k not in WITHOUT}
        for one in verdicts(once, find(words).subject, seed=seed):
            assert one.verdict != "FAIL", (seed, one)
