"""A compiled model is the same model."""

import pytest

from tests.conftest import options
from vae_exp.config import compose
from vae_exp.experiment import build

PARTS = ("encoder", "decoder", "prior", "kl", "network")
COMPANIONS = {"prior": ["kl=monte_carlo"], "encoder": ["kl=monte_carlo"]}
CHOICES = [
    *([f"{group}={o}", *COMPANIONS.get(group, [])] for group in PARTS for o in options(group)),
    *([f"decoder.scale={scale}"] for scale in ("fixed", "per_pixel", "optimal")),
    ["objective.beta_schedule=linear", "objective.beta_steps=20"],
    ["objective.free_bits=0.1", "objective.samples=5"],
    ["trainer.precision=bf16"],
]
# sums round in another order, and 30 steps carry that on; bfloat16 rounds a thousand times more
TOLERANCE = {"trainer.precision=bf16": 3e-2}


def losses(*overrides):
    cfg = compose(
        *("trainer.max_steps=30", "trainer.log_every=10"),
        *("z_dim=4", *overrides),
    )
    return [r["train/loss"] for r in build(cfg).train() if "train/loss" in r]


def check(choice):
    eager, compiled = losses(*choice), losses(*choice, "trainer.compile=true")
    assert compiled == pytest.approx(eager, rel=TOLERANCE.get(choice[0], 1e-3))


def test_a_compiled_model_is_the_same():
    check(["decoder=bernoulli", "kl=schulman", "network.hidden=[16]"])


@pytest.mark.long
@pytest.mark.parametrize("choice", CHOICES, ids=" ".join)
def test_every_part_compiles(choice):
    check(choice)
