"""Each option is, with the CPU's noise, the run that it is on the CPU, and no step waits."""

import pytest
import torch

from tests.conftest import choices
from tests.cuda.host_noise import HostNoise
from vae_exp.configuration.compose import compose
from vae_exp.experiment import build

STEPS = 3
AT_HAND = ("batch_counts", "breast_cancer", "counts", "digits", "ppca", "trajectories")
MATHEMATICS = ("encoder", "decoder", "prior", "kl", "objective", "network", "condition")
BITS = ["encoder=bernoulli", "prior=uniform_bernoulli", "z_dim=4", "kl=monte_carlo"]
CHOICES = [
    *choices(*MATHEMATICS, "optimizer", "scheduler"),
    *(choice for choice in choices("data") if choice[0].removeprefix("data=") in AT_HAND),
    *([f"decoder.scale={scale}"] for scale in ("fixed", "shared", "per_pixel", "optimal")),
    *([f"encoder.gradient={g}", *BITS] for g in ("score_function", "concrete", "enumerate")),
    ["encoder.gradient=gumbel_softmax", *BITS[:-1]],
    ["encoder.gradient=vimco", *BITS, "objective=iwae"],
    ["objective.beta_schedule=cyclical"],
    *(["objective.free_bits=0.1"], ["objective.samples=5"], ["objective.capacity=5"]),
    *(["trainer.clip_norm=1"], ["data.binarize=dynamic", "decoder=bernoulli"]),
    ["data.missing=0.3"],
]
# float32 sums in another order, three steps long; Muon's products are of bfloat16 on CUDA
TOLERANCE = {"optimizer=muon": 1e-2}
# how many draws of a rejection are left, how many classes are summed over, and whether torch's
# own class has a matrix that is positive definite, is for the host to know
WAITS = ("von_mises_fisher", "semi_supervised", "low_rank_gaussian")


def experiment(device, *overrides):
    few = ["data.size=1600"] if "data=trajectories" in overrides else []
    return build(
        compose(
            *("z_dim=4", f"trainer.max_steps={STEPS}", "trainer.log_every=1"),
            *("evaluation.importance_samples=8", "evaluation.probe=false"),
            *("evaluation.part_seconds=0.1", f"device={device}", "threads=1", *overrides, *few),
        )
    )


def numbers(device, choice):
    with HostNoise():
        tried = experiment(device, *choice)
        records = [record for record in tried.train()]
        found = [r["train/loss"] for r in records if "train/loss" in r]
        found += [r["val/elbo"] for r in records if "val/elbo" in r]
        tried.select_weights()
        evaluated = tried.evaluate()
    assert tried.data.device.type == device
    assert next(tried.vae.parameters()).device.type == device
    return [*found, evaluated["elbo"], evaluated["log_likelihood"]]


@pytest.mark.parametrize("choice", CHOICES, ids=" ".join)
def test_a_run_with_the_noise_of_the_cpu_is_the_run_of_the_cpu(choice):
    tolerance = TOLERANCE.get(choice[0], 1e-3)
    assert numbers("cuda", choice) == pytest.approx(
        numbers("cpu", choice), rel=tolerance, abs=10 * tolerance
    )


@pytest.mark.parametrize("choice", CHOICES, ids=" ".join)
def test_no_step_waits(choice):
    if any(name in word for name in WAITS for word in choice):
        pytest.skip("waits, see WAITS")
    long = ("trainer.log_every=1000", "trainer.max_steps=1000", "trainer.batch_size=32")
    tried = experiment("cuda", *choice, *long)

    def stop():  # asked after each step
        waiting = "error" if tried.state.step < STEPS else "default"
        torch.cuda.set_sync_debug_mode(waiting)
        return tried.state.step == STEPS

    list(tried.train(stop))
    assert tried.state.step == STEPS
