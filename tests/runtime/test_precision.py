"""Networks multiply in bfloat16 while they are trained, and nothing else does."""

import pytest
import torch

from tests.conftest import choices, one_in
from vae_exp.configuration.compose import compose
from vae_exp.experiment import build
from vae_exp.runtime.precision import training_precision

# it is networks that multiply: some of them, and with -m long all, and all families too
CHOICES = [
    *one_in(2, choices("network")),
    *one_in(6, choices("encoder", "decoder")),
]
SMALL = ["z_dim=4", "optimizer.lr=1e-3"]


def loss_and_gradient(experiment, x):
    torch.manual_seed(1)
    loss, _ = experiment.vae(x)
    loss.backward()
    gradients = [p.grad for p in experiment.vae.parameters() if p.grad is not None]
    experiment.vae.optimizer.zero_grad()
    return loss, gradients


@pytest.mark.parametrize("choice", CHOICES, ids=" ".join)
def test_bf16_is_close_to_float32_for_every_part(choice):
    experiment = build(compose(*SMALL, *choice))
    x = experiment.data.batch("train", slice(0, 64))
    vae = experiment.vae.train()
    exact, exact_gradients = loss_and_gradient(experiment, x)
    with training_precision(vae, "bf16"):
        loss, gradients = loss_and_gradient(experiment, x)
        assert all(g.dtype == torch.float32 for g in gradients)
        q_z, p_x = vae.encoder(x), vae.decoder(torch.zeros(3, vae.decoder.z_dim))
        assert q_z.mean.dtype == p_x.mean.dtype == torch.float32
        assert loss != exact  # it does something
        vae.eval()
        evaluated = loss_and_gradient(experiment, x)[0]
    # eight bits of mantissa in every product, a loss of tens to hundreds of nats
    assert loss.item() == pytest.approx(exact.item(), rel=0.02, abs=0.05)
    difference = sum((a - b).square().sum() for a, b in zip(gradients, exact_gradients)).sqrt()
    near = 0.05 if q_z.has_rsample else 0.2  # where a bit is drawn, rounding may turn it over
    assert difference < near * sum(g.square().sum() for g in exact_gradients).sqrt()
    assert evaluated == loss_and_gradient(experiment, x)[0]


@pytest.mark.long
def test_training_in_bf16_ends_where_float32_does():
    last = {}
    for precision in ("float32", "bf16"):
        cfg = compose("decoder=bernoulli", "trainer.epochs=30", f"trainer.precision={precision}")
        *_, record = build(cfg).train()
        last[precision] = record["val/elbo"]
    # over five seeds float32 itself spreads by 0.3
    assert last["bf16"] == pytest.approx(last["float32"], abs=1.0)
    assert last["bf16"] != last["float32"]


def test_tf32_is_for_cuda_alone():
    with pytest.raises(ValueError, match=r"trainer.precision: expected float32 or bf16 on cpu"):
        build(compose("trainer.precision=tf32"))


def test_tf32_ends_with_the_training(monkeypatch):
    vae = build(compose()).vae
    assert torch.get_float32_matmul_precision() == "highest"
    parameter = next(vae.parameters())
    monkeypatch.setattr(type(parameter), "device", torch.device("cuda"), raising=False)
    with training_precision(vae, "tf32"):
        assert torch.get_float32_matmul_precision() == "high"
        assert torch.backends.cudnn.allow_tf32
    assert torch.get_float32_matmul_precision() == "highest"
    assert not torch.backends.cudnn.allow_tf32


def test_bf16_needs_a_network_that_knows_of_it(monkeypatch):
    experiment = build(compose())
    for part in (experiment.vae.encoder, experiment.vae.decoder):
        part.network = torch.nn.Sequential(part.network.layers)
    with (
        pytest.raises(ValueError, match=r"trainer.precision: expected float32 where no network"),
        training_precision(experiment.vae, "bf16"),
    ):
        pass
