"""A compiled model is the same model."""

import pytest
import torch

from tests.conftest import choices
from vae_exp.configuration.compose import compose
from vae_exp.experiment import build
from vae_exp.runtime.compilation import compile_forward

CHOICES = [
    *choices("encoder", "decoder", "prior", "kl", "objective", "network"),
    *([f"decoder.scale={scale}"] for scale in ("fixed", "per_pixel", "optimal")),
    ["objective.beta_schedule=linear", "objective.beta_steps=20"],
    ["objective.free_bits=0.1", "objective.samples=5"],
    ["trainer.precision=bf16"],
]
# three batches of the same size: of another one, which is long, a model is compiled once more
SAME_SIZE = "trainer.batch_size=419"
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


def gradients(vae, forward, x):
    torch.manual_seed(0)
    loss, _ = forward(x)
    return torch.autograd.grad(loss, list(vae.parameters()))


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning")
@pytest.mark.parametrize("objective", ["dreg", "piwae"])
def test_gradients_that_differ_between_model_and_encoder_compile(objective):
    """In double precision: a wrong gradient moves the loss of a few steps by less than rounding."""
    words = ["z_dim=4", "network.hidden=[16]", "kl=monte_carlo", f"objective={objective}"]
    experiment = build(compose(*words))
    vae = experiment.vae.double()
    x = experiment.data.batch("train", slice(0, 64)).double()
    eager, compiled = (gradients(vae, f, x) for f in (vae, compile_forward(vae)))
    torch.testing.assert_close(eager, compiled)


# what torch 2.6 says of its own tracing
@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")
def test_a_traced_model_is_the_same(monkeypatch):
    """What compiling traces, run as it stands; generating code of it takes a minute."""
    torch_compile = torch.compile
    monkeypatch.setattr(torch, "compile", lambda vae, **_: torch_compile(vae, backend="aot_eager"))
    torch.compiler.reset()
    check(["decoder=bernoulli", "kl=schulman", "network.hidden=[16]", SAME_SIZE])
    torch.compiler.reset()


@pytest.mark.long
def test_a_compiled_model_is_the_same():
    check(["decoder=bernoulli", "kl=schulman", "network.hidden=[16]", SAME_SIZE])


@pytest.mark.long
# dynamo's own, where a graph breaks, which it hides from users
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning")
@pytest.mark.filterwarnings("ignore:Dynamo detected a call to a `functools.lru_cache`:UserWarning")
@pytest.mark.filterwarnings("ignore:`torch._prims_common.check` is deprecated:FutureWarning")
@pytest.mark.parametrize("choice", CHOICES, ids=" ".join)
def test_every_part_compiles(choice):
    check(choice)
