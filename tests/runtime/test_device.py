"""What training asks of a device: on one that has no numbers, and with stand-ins for CUDA."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Distribution

import vae_exp.data
from tests.conftest import choices, one_in, two_at_once
from vae_exp.checking.waiting import META, FromHost
from vae_exp.configuration.build_model import build_vae
from vae_exp.configuration.compose import compose
from vae_exp.configuration.instantiate import instantiate
from vae_exp.configuration.target import find_target
from vae_exp.data.observation import Observation
from vae_exp.experiment import build, build_data
from vae_exp.training.state import TrainingState
from vae_exp.training.stopwatch import Stopwatch

STEPS = 2  # the first makes what the others have


def all_of(*groups):
    """Where draws are rejected, how many are left is for the host to know."""
    return [c for c in choices(*groups) if not any("von_mises" in word for word in c)]


BOTH = [
    *two_at_once(all_of("encoder"), all_of("decoder")),
    *two_at_once(all_of("network"), all_of("objective")),
]
THERE = {word for choice in BOTH for word in choice}
CHOICES = [
    *BOTH,
    *(choice for choice in all_of("prior", "kl") if choice[0] not in THERE),
    *([f"decoder.scale={scale}"] for scale in ("fixed", "shared", "per_pixel", "optimal")),
    ["objective.beta_schedule=cyclical"],
    *(["objective.free_bits=0.1"], ["objective.samples=5"], ["objective.capacity=5"]),
    *(["trainer.clip_norm=1"], ["data.binarize=dynamic"]),
]


class DecidesItself(torch.optim.SGD):
    """Stands for torch's fused optimizers, which there are on no such device."""

    _step_supports_amp_scaling = True

    @torch.no_grad()
    def step(self):
        for parameter in self.param_groups[0]["params"]:
            parameter -= (1 - self.found_inf) * parameter.grad


def train_on_meta(*overrides):
    """Some steps of the training loop, without its records."""
    cfg = compose(*overrides, "optimizer.fused=false", "trainer.log_every=1000")
    data = build_data(cfg.data)
    data.condition_on(find_target(cfg.condition).source)
    vae = build_vae(cfg, data.observation, META)
    data.setup(vae.decoder.support)
    data.to(META)
    vae.optimizer = DecidesItself(vae.parameters())
    scheduler = torch.optim.lr_scheduler.ConstantLR(vae.optimizer)
    state = TrainingState()
    trainer = instantiate(cfg.trainer)
    from_host = FromHost()

    def stop():  # asked after each step
        from_host.watching = True
        return state.step == STEPS

    with from_host:
        assert not list(trainer.fit(vae, data, scheduler, state, stop))
    assert state.step == STEPS
    return data, state


@pytest.mark.parametrize("choice", one_in(4, CHOICES), ids=" ".join)
def test_no_step_waits_for_the_device(choice, monkeypatch):
    # as in a run: importing zuko by itself, as other tests do, turns torch's checks off
    monkeypatch.setattr(Distribution, "_validate_args", True)
    few = ["data.size=1600", "data.length=4"] if "data=trajectories" in choice else []
    train_on_meta("z_dim=4", *choice, *few)


def test_waiting_for_that_device_is_an_error():
    with pytest.raises(RuntimeError):
        torch.zeros((), device=META).item()
    with pytest.raises(NotImplementedError):
        torch.zeros((), device=META).cpu()
    with pytest.raises(RuntimeError, match=r"item\(\)"):  # the record, which does wait
        cfg = compose("optimizer.fused=false", "trainer.log_every=1")
        vae = build_vae(cfg, Observation((1, 8, 8)), META)
        info = vae(torch.zeros(2, 1, 8, 8, device=META))[1]
        info["loss"].item()


@pytest.mark.parametrize("index", [torch.tensor([3, 1, 2]), slice(1, 4)])
def test_data_that_do_not_fit_stay_in_memory(monkeypatch, index):
    monkeypatch.setattr(vae_exp.data, "available_bytes", lambda device: 1000)
    data, state = train_on_meta("data.binarize=none")
    assert data.storage.type == "cpu"
    assert state.order.device.type == "cpu"
    assert data.batch("train", index).device == META
    monkeypatch.setattr(vae_exp.data, "available_bytes", lambda device: math.inf)
    data, _ = train_on_meta("data.binarize=none")
    assert data.storage == META


def test_data_in_memory_go_to_cuda_pinned_and_without_waiting(monkeypatch):
    data = build_data(compose("data.binarize=none").data)
    expected = data.batch("train", slice(0, 5))
    done = []

    def pin_memory(self):
        done.append("pinned")
        return self

    def to(self, device, non_blocking=False):
        done.append((str(device), non_blocking))
        return self

    monkeypatch.setattr(Tensor, "pin_memory", pin_memory)
    monkeypatch.setattr(Tensor, "to", to)
    data.device = torch.device("cuda")
    assert torch.equal(data.batch("train", slice(0, 5)), expected)
    assert done == ["pinned", ("cuda", True)]


class Event:
    """A CUDA event of a device that takes a second between any two, once it is waited for."""

    recorded = 0
    waited = False

    def __init__(self, enable_timing):
        assert enable_timing

    def record(self):
        Event.recorded += 1
        self.number = Event.recorded

    def synchronize(self):
        Event.waited = True

    def elapsed_time(self, later):
        assert Event.waited
        return 1000.0 * (later.number - self.number)


def test_stopwatch_reads_the_clock_of_cuda_when_it_settles(monkeypatch):
    monkeypatch.setattr(torch.cuda, "Event", Event)
    watch = Stopwatch(torch.device("cuda"), {"forward": 10.0})
    for _ in range(2):
        watch.lap("data")
        watch.lap("forward")
    watch.start()
    watch.lap("data")
    assert not Event.waited
    watch.synchronize()
    assert watch.seconds == {"forward": 12.0, "data": 3.0}
    watch.synchronize()
    assert watch.seconds == {"forward": 12.0, "data": 3.0}


def test_the_parts_of_a_step_add_up_to_the_training_time():
    experiment = build(compose("trainer.epochs=2", "network.hidden=[8]"))
    assert len(list(experiment.train())) == 4
    spent = dict(experiment.state.seconds)
    spent.pop("validation")
    assert set(spent) == {"data", "forward", "backward", "optimizer", "logging"}
    assert all(seconds > 0 for seconds in spent.values())
    assert sum(spent.values()) == pytest.approx(experiment.state.train_seconds)
