"""The training loop: how long it runs, what it does to the gradient and the learning rate."""

import math

import numpy
import pytest
import torch

from vae_exp.configuration.compose import compose
from vae_exp.experiment import build
from vae_exp.training import average_meter
from vae_exp.training import state as training_state
from vae_exp.training.average_meter import AverageMeter
from vae_exp.training.state import TrainingState
from vae_exp.training.validation import average_info


def records(*overrides):
    experiment = build(compose("network.hidden=[16]", "z_dim=2", *overrides))
    return experiment, list(experiment.train())


@pytest.mark.parametrize(
    ("epochs", "max_steps", "expected"), [(2, "null", 20), (2, 5, 5), ("null", 23, 23), (1, 99, 10)]
)
def test_length_in_epochs_or_steps(epochs, max_steps, expected):
    _, got = records(f"trainer.epochs={epochs}", f"trainer.max_steps={max_steps}")
    assert got[-1]["step"] == got[-2]["step"] == expected
    assert "val/elbo" in got[-1]
    assert "train/loss" in got[-2]


def test_every_datum_is_seen_once_an_epoch():
    experiment = build(compose("trainer.epochs=1", "trainer.batch_size=100"))
    seen, batch = [], experiment.data.batch
    experiment.data.batch = lambda split, index: (
        seen.append(index) if split == "train" else None,
        batch(split, index),
    )[1]
    list(experiment.train())
    assert sorted(torch.cat(seen).tolist()) == list(range(1257))


def test_training_batches_meet_a_model_in_training_mode():
    experiment = build(compose("trainer.epochs=3", "trainer.batch_size=500"))
    modes = []
    experiment.vae.register_forward_pre_hook(
        lambda vae, args: modes.append((vae.training, len(args[0])))
    )
    list(experiment.train())
    epoch = [(True, 500), (True, 500), (True, 257), (False, 180)]
    assert modes == epoch * 3


def learning_rates(*overrides):
    _, got = records("trainer.log_every=10", *overrides)
    return [record["train/learning_rate"] for record in got if "train/loss" in record]


def test_schedules_are_torchs():
    constant = learning_rates("trainer.epochs=3")
    assert constant == [1e-3] * 3
    cosine = learning_rates("trainer.epochs=4", "scheduler=cosine")
    assert cosine == pytest.approx([5e-4 * (1 + math.cos(math.pi * k / 4)) for k in range(4)])
    linear = learning_rates("trainer.epochs=4", "scheduler=linear")
    assert linear == pytest.approx([1e-3, 7.5e-4, 5e-4, 2.5e-4])
    steps = learning_rates("trainer.epochs=4", "scheduler=multistep", "scheduler.milestones=[1,3]")
    assert steps == pytest.approx([1e-3, 1e-4, 1e-4, 1e-5])


@pytest.mark.parametrize(
    ("batch_size", "log_every", "length", "expected"),
    [
        (114, 10, "trainer.epochs=2", [6, 6, 6, 6]),  # 12 steps: 10 and 2 once
        (114, 11, "trainer.epochs=3", [6, 6, 6, 6, 6, 6]),  # ... 11 and 1 of 3 data
        (114, 50, "trainer.epochs=3", [12, 12, 12]),
        (114, 1, "trainer.epochs=1", [1] * 12),
        (126, 4, "trainer.epochs=2", [4, 3, 3, 4, 3, 3]),
        (126, 10, "trainer.max_steps=21", [10, 11]),  # the one step over is added
        (126, 10, "trainer.max_steps=26", [10, 10, 6]),
        (126, 50, "trainer.max_steps=3", [3]),
        (2000, 50, "trainer.epochs=3", [1, 1, 1]),
    ],
)
def test_training_records_average_over_as_many_steps_each(batch_size, log_every, length, expected):
    words = [f"trainer.batch_size={batch_size}", f"trainer.log_every={log_every}", length]
    experiment = build(compose("network.hidden=[16]", "z_dim=2", *words))
    forward, losses, means = experiment.vae.forward, [], []

    def remember(x, c):
        loss, info = forward(x, c)
        if experiment.vae.training:
            losses.append((info["loss"].item(), len(x)))
        return loss, info

    experiment.vae.forward = remember
    for record in experiment.train():
        if "train/loss" in record:
            own, sizes = zip(*losses)
            assert record["train/loss"] == pytest.approx(numpy.average(own, weights=sizes))
            means.append(len(losses))
            losses.clear()
    assert means == expected


def test_early_stopping_counts_epochs_without_a_better_elbo():
    _, got = records("trainer.patience=2", "optimizer=sgd", "optimizer.lr=0")
    # nothing is learned: the first epoch is the best, two more are waited for
    assert got[-1]["epoch"] == 3


def test_gradient_is_clipped():
    def first_move(*overrides):
        experiment = build(compose("optimizer=sgd", "optimizer.momentum=0", *overrides))
        before = [p.detach().clone() for p in experiment.vae.parameters()]
        list(experiment.train())
        after = experiment.vae.parameters()
        moves = [(b - a).flatten() for a, b in zip(before, after, strict=True)]
        return torch.cat(moves).norm().item()

    one_step = ["trainer.max_steps=1", "optimizer.lr=1e-6"]
    assert first_move(*one_step, "trainer.clip_norm=2") == pytest.approx(2e-6, rel=0.01)
    assert first_move(*one_step) > 2.1e-6


def test_validation_leaves_no_trace():
    experiment = build(compose("network.dropout=0.5", "decoder.scale=optimal"))
    vae, data = experiment.vae, experiment.data
    state = {name: value.clone() for name, value in vae.state_dict().items()}
    generator = torch.get_rng_state()
    first = average_info(vae, data, "validation", 100)
    assert first == average_info(vae, data, "validation", 100)
    assert torch.equal(generator, torch.get_rng_state())
    assert all(torch.equal(state[name], value) for name, value in vae.state_dict().items())


def test_meter_weighs_batches_by_their_size():
    meter = AverageMeter()
    meter.update({"loss": torch.tensor(1.0)}, size=3)
    meter.update({"loss": torch.tensor(5.0)}, size=1)
    assert meter.compute() == {"loss": 2.0}


def test_rank_0_alone_goes_on_with_what_all_have_added(monkeypatch):
    cpu, other = torch.device("cpu"), ([{"loss": torch.tensor(5.0)}], [1])
    monkeypatch.setattr(average_meter, "world_size", lambda: 2)
    monkeypatch.setattr(average_meter, "all_gather_object", lambda own: [own, other])
    meter = AverageMeter()
    meter.update({"loss": torch.tensor(1.0)}, size=3)
    meter.gather(cpu)
    saved = TrainingState(meter=meter).state_dict()
    monkeypatch.setattr(average_meter, "rank", lambda: 1)
    meter.gather(cpu)
    monkeypatch.undo()
    assert meter.compute() == {}
    for rank, expected in [(0, {"loss": 2.0}), (1, {})]:
        monkeypatch.setattr(training_state, "rank", lambda rank=rank: rank)
        state = TrainingState()
        state.load_state_dict(saved, cpu)
        assert state.meter.compute() == expected


def test_non_finite_validation_stops_with_what_broke():
    with pytest.raises(
        FloatingPointError, match="validation: the ELBO is nan at step 10, the deco"
    ):
        records("optimizer=sgd", "optimizer.lr=1e12", "trainer.log_every=1")
