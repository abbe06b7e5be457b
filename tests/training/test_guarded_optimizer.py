"""Steps whose loss or gradient is not finite."""

import itertools
import math

import pytest
import torch

from tests.conftest import one_in
from vae_exp.configuration.compose import compose
from vae_exp.experiment import build

SMALL = ["network.hidden=[16]", "z_dim=3", "trainer.log_every=1", "trainer.batch_size=100"]


def poisoned(experiment, steps):
    """An experiment whose data are not numbers at these steps."""
    batch, state = experiment.data.batch, experiment.state

    def poison(split, index):
        x = batch(split, index)
        return x * math.nan if split == "train" and state.step + 1 in steps else x

    experiment.data.batch = poison
    return experiment


@pytest.mark.fault
@pytest.mark.parametrize(
    "optimizer",
    [
        ["optimizer=adam"],
        ["optimizer=adam", "optimizer.fused=false"],
        ["optimizer=adamw"],
        ["optimizer=sgd", "optimizer.lr=1e-4"],
        ["optimizer=sgd", "optimizer.lr=1e-4", "optimizer.fused=false"],
        ["optimizer=adam", "trainer.clip_norm=1"],
    ],
    ids=" ".join,
)
def test_a_bad_step_is_not_applied_and_is_counted(optimizer):
    experiment = build(compose(*SMALL, *optimizer, "trainer.max_steps=6", "decoder.scale=optimal"))
    weights, counts, losses = [], [], []
    for record in poisoned(experiment, steps={3, 4}).train():
        if "train/bad_steps" in record:
            weights.append(torch.cat([p.detach().flatten() for p in experiment.vae.parameters()]))
            counts.append(record["train/bad_steps"])
            losses.append(record["train/loss"])
    moved = [not torch.equal(a, b) for a, b in itertools.pairwise(weights)]
    assert moved == [True, False, False, True, True]
    assert counts == [0, 0, 1, 2, 2, 2]
    assert [math.isfinite(loss) for loss in losses] == [True, True, False, False, True, True]
    assert weights[-1].isfinite().all()
    assert all(value.isfinite().all() for value in experiment.vae.state_dict().values())


@pytest.mark.fault
def test_averages_leave_bad_steps_out():
    cfg = compose(*SMALL, "trainer.max_steps=6", "optimizer=sgd", "optimizer.lr=0")
    whole = next(iter(build(cfg).train()))["train/elbo"]
    cfg.trainer.log_every = 2
    record = next(iter(poisoned(build(cfg), steps={2}).train()))
    assert record["train/elbo"] == pytest.approx(whole)
    assert record["train/bad_steps"] == 1


@pytest.mark.fault
@pytest.mark.parametrize("log_every", [1, 3, 50])
def test_too_many_in_a_row_end_the_training(log_every):
    cfg = compose(*SMALL, "trainer.max_bad_steps=4", "trainer.epochs=2")
    cfg.trainer.log_every = log_every
    with pytest.raises(FloatingPointError, match=r"in \d+ steps in a row \(trainer.max_bad_steps"):
        list(poisoned(build(cfg), steps={5, 6, 7, 8}).train())
    # three and then three more are not four in a row
    list(poisoned(build(cfg), steps={2, 3, 4, 6, 7, 8}).train())


BREAK = {
    "the encoder's loc": lambda vae: vae.encoder.network.layers[-1].bias,
    "the decoder's loc": lambda vae: vae.decoder.network.layers[-1].bias,
    "the decoder's scale": lambda vae: vae.decoder.scale.raw,
}


@pytest.mark.fault
@pytest.mark.parametrize("term", BREAK)
def test_the_term_that_broke_is_named(term):
    experiment = build(compose(*SMALL, "trainer.max_bad_steps=2"))
    with torch.no_grad():
        BREAK[term](experiment.vae).fill_(math.nan)
    with pytest.raises(FloatingPointError, match=f"{term} is not finite in 2 steps in a row"):
        list(experiment.train())


@pytest.mark.fault
def test_other_terms_and_gradients_are_named_too():
    def message(change):
        experiment = build(compose(*SMALL, "trainer.max_bad_steps=2"))
        change(experiment.vae)
        with pytest.raises(FloatingPointError) as caught:
            list(experiment.train())
        return str(caught.value)

    def infinite(*args):
        return torch.full((1, 100), math.inf)

    def spoil_gradient(vae):
        weight = vae.decoder.network.layers[0].weight
        weight.register_hook(lambda gradient: gradient * math.inf)

    assert "the reconstruction loss is" in message(
        lambda vae: setattr(vae, "reconstruction_loss", infinite)
    )
    assert "the KL loss is" in message(lambda vae: setattr(vae, "kl_loss", infinite))
    assert "the gradient of decoder.network.layers.0.weight is" in message(spoil_gradient)


@pytest.mark.fault
def test_the_run_fails_in_one_line_and_keeps_its_last_good_checkpoint(cli):
    from vae_exp.storage import checkpoint

    wild = ["optimizer=sgd", "optimizer.lr=1e18", "trainer.max_bad_steps=3", *SMALL]
    result = cli(*wild, "trainer.epochs=5")
    assert result.exit_code == 1
    assert result.err.count("\n") == 1
    assert "is not finite in" in result.err
    assert result.summary["status"] == "failed"
    state = checkpoint.load(result.folder / "checkpoints" / "last.pt")
    assert all(value.isfinite().all() for value in state["vae"].values())


UNSTABLE = {
    "per-pixel scale": ["decoder.scale=per_pixel"],
    "per-pixel scale, fast": ["decoder.scale=per_pixel", "optimizer.lr=1e-2"],
    "large beta": ["objective.beta=100"],
    "large beta, fast": ["objective.beta=100", "optimizer.lr=1e-2"],
    "optimal scale, fast": ["decoder.scale=optimal", "optimizer.lr=1e-2"],
    "laplace, per pixel, fast": ["decoder=laplace", "decoder.scale=per_pixel", "optimizer.lr=1e-2"],
    "k3 against a mixture, fast": ["kl=schulman_k3", "prior=mixture", "optimizer.lr=1e-2"],
    "joint k2, fast": ["kl=schulman", "kl.per_dimension=false", "optimizer.lr=1e-2"],
    "joint k3, fast": ["kl=schulman_k3", "kl.per_dimension=false", "optimizer.lr=1e-2"],
    "laplace posterior, k3": ["encoder=laplace", "kl=schulman_k3", "optimizer.lr=1e-2"],
}


@pytest.mark.parametrize("name", one_in(4, UNSTABLE))
def test_what_is_known_as_unstable_has_no_bad_step(name):
    experiment = build(compose(*UNSTABLE[name], "network.hidden=[100]", "trainer.epochs=15"))
    records = list(experiment.train())
    assert records[-2]["train/bad_steps"] == 0
    assert all(math.isfinite(record["val/elbo"]) for record in records if "val/elbo" in record)
