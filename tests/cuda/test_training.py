"""Resuming, number formats, data that do not fit and compilation, on a CUDA device."""

import math

import pytest
import torch

import vae_exp.data
from tests.cuda.test_options import experiment
from vae_exp.configuration.compose import compose
from vae_exp.experiment import build

BITS = ("decoder=bernoulli", "data.binarize=dynamic", "z_dim=4")


def losses(tried, stop=lambda: False):
    return [r["train/loss"] for r in tried.train(stop) if "train/loss" in r]


def start(*overrides, steps=60):
    words = (*BITS, f"trainer.max_steps={steps}", "trainer.log_every=5", "threads=1")
    return build(compose(*words, "device=cuda", *overrides))


@pytest.mark.parametrize("optimizer", ["adam", "muon"])
def test_a_resumed_run_is_the_run_bit_by_bit(tmp_path, optimizer):
    whole = start(f"optimizer={optimizer}")
    losses(whole)
    first = start(f"optimizer={optimizer}")
    losses(first, stop=lambda: first.state.step == 23)
    torch.save(first.state_dict(), tmp_path / "half.pt")
    rest = start(f"optimizer={optimizer}")
    rest.load_state_dict(torch.load(tmp_path / "half.pt", weights_only=False))
    losses(rest)
    assert rest.state.step == whole.state.step == 60
    for ours, theirs in zip(rest.vae.parameters(), whole.vae.parameters()):
        assert torch.equal(ours, theirs)


def test_data_that_do_not_fit_give_the_same_run(monkeypatch):
    expected = losses(start("data.binarize=static"))
    monkeypatch.setattr(vae_exp.data, "available_bytes", lambda device: 1000)
    beside = start("data.binarize=static")
    assert beside.data.storage.type == "cpu"
    assert losses(beside) == pytest.approx(expected, rel=1e-6)


# bfloat16 has a mantissa of 8 bits, TF32 one of 11
@pytest.mark.parametrize("precision, tolerance", [("tf32", 3e-3), ("bf16", 3e-2)])
def test_fewer_bits_train_alike(precision, tolerance):
    expected, found = losses(start()), losses(start(f"trainer.precision={precision}"))
    assert found != expected
    assert found == pytest.approx(expected, rel=tolerance)


def test_float32_is_not_rounded_to_tf32():
    """TF32 would be off by 1e-3 where float32 is off by 1e-6."""
    tried = experiment("cuda")
    x = tried.data.batch("train", slice(0, 64))
    found = tried.vae.encoder(x).mean
    expected = tried.vae.double().encoder(x.double()).mean
    assert (found - expected).abs().max() < 2e-6 * expected.abs().max() * math.sqrt(400)


@pytest.mark.parametrize("choice", [(), ("objective=iwae", "kl=monte_carlo", "objective.samples=5"),
                                    ("network=conv",)], ids=" ".join)  # fmt: skip
def test_a_compiled_run_is_the_run(choice):
    expected = losses(start(*choice))
    assert losses(start(*choice, "trainer.compile=true")) == pytest.approx(expected, rel=1e-3)


def test_steps_that_are_not_finite_are_not_applied():
    tried, before = start("trainer.max_bad_steps=3", steps=8), []

    def stop():
        if tried.state.step == 4:
            with torch.no_grad():
                next(tried.vae.encoder.parameters()).fill_(math.nan)
            before.extend(parameter.clone() for parameter in tried.vae.parameters())
        return False

    with pytest.raises(FloatingPointError, match="in 4 steps in a row"):
        losses(tried, stop)
    for now, then in zip(tried.vae.parameters(), before):
        assert torch.equal(now.nan_to_num(7), then.nan_to_num(7))
