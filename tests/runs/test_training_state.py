"""What is a training's state passes, of every optimizer and schedule; what is none is told."""

import io
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from tests.conftest import option_file, options
from vae_exp.configuration.instantiate import instantiate
from vae_exp.configuration.trust import OF_TORCH
from vae_exp.runs.training_state import check_fits, check_kinds
from vae_exp.training.state import TrainingState

# ASGD compiles something for half a minute, Muon is for matrices alone
LEFT_OUT = ("torch.optim.ASGD", "torch.optim.Muon")
OF_PARAMETERS = [n for n, group in OF_TORCH.items() if group == "optimizer" and n not in LEFT_OUT]


def experiment(optimizer=torch.optim.Adam, schedule=None):
    """As much of one as has a state: some weights, as matrices, convolutions and vectors."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 3, 2), nn.Flatten(), nn.Linear(27, 5))
    optimizer = optimizer(net.named_parameters())
    constant = torch.optim.lr_scheduler.ConstantLR
    scheduler = (schedule or constant)(optimizer)
    vae = SimpleNamespace(optimizer=optimizer, net=net)
    data = SimpleNamespace(size=lambda split: 7)
    return SimpleNamespace(vae=vae, data=data, scheduler=scheduler, state=TrainingState())


def trained(made, steps=2):
    """The state after some steps."""
    net, state = made.vae.net, made.state
    state.begin_epoch(torch.randperm(7))
    for _ in range(steps):
        loss = net(torch.randn(4, 1, 4, 4)).square().mean()
        loss.backward()
        step = made.vae.optimizer.step
        step(loss) if getattr(made.vae.optimizer, "needs_loss", False) else step()
        made.scheduler.step()
        state.count_step({"loss": loss.detach()}, 4, 4)
        state.bad.append(torch.tensor(False))
    state.end_epoch({"elbo": -1.0, "loss": 1.0}, net.state_dict())
    state.begin_epoch(torch.randperm(7))
    return {
        "vae": net.state_dict(),
        "optimizer": made.vae.optimizer.state_dict(),
        "scheduler": made.scheduler.state_dict(),
        "training": state.state_dict(),
        "generators": {"cpu": torch.get_rng_state()},
        "config": {"seed": 0},
        "id": "0a1b2c3d",
        "metrics_size": 10,
        "threads": 2,
    }


def read_back(state):
    """As a file gives it back."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


@pytest.fixture(scope="module")
def adam():
    """What is to go on, and a function that gives the state of its training anew."""
    made, state = experiment(), trained(experiment())
    return made, lambda: read_back(state)


def check(state, made):
    check_kinds(state)
    check_fits(state, made)


@pytest.mark.parametrize("name", OF_PARAMETERS)
def test_every_optimizer_of_torch_keeps_what_may_be_kept(name):
    optimizer = getattr(torch.optim, name.rpartition(".")[2])
    more = {"torch.optim.SGD": {"momentum": 0.9}, "torch.optim.RMSprop": {"centered": True}}
    given = {"lr": 0.01, **more.get(name, {})}
    made = [experiment(lambda p: optimizer(p, **given)) for _ in range(2)]
    check(read_back(trained(made[0])), made[1])


@pytest.mark.parametrize("name", options("optimizer"))
def test_every_optimizer_of_ours_keeps_what_may_be_kept(name):
    optimizer = instantiate(option_file("optimizer", name))
    check(read_back(trained(experiment(optimizer))), experiment(optimizer))


def test_a_training_that_has_not_begun_may_go_on():
    made, state = experiment(), read_back(trained(experiment()))
    state["training"] = TrainingState().state_dict()
    state["optimizer"], state["scheduler"] = (
        made.vae.optimizer.state_dict(),
        made.scheduler.state_dict(),
    )
    check(state, made)


WRONG = {
    "a word for an epoch": (("training", "epoch"), "x"),
    "a tensor for a step": (("training", "step"), torch.tensor(3)),
    "a list for a training": (("training",), []),
    "less than no batches": (("training", "batches"), -1),
    "a list for what it took": (("training", "seconds"), []),
    "a word for an order": (("training", "order"), "x"),
    "an order of fractions": (("training", "order"), torch.rand(7)),
    "an order of other data": (("training", "order"), torch.arange(8)),
    "an order of no data": (("training", "order"), torch.tensor([], dtype=torch.int64)),
    "another score": (("training", "watched"), "x"),
    "best weights of another model": (("training", "best_weights"), {"a": torch.zeros(3)}),
    "best weights that are none": (("training", "best_weights"), {"a": 3}),
    "no average": (("training", "meter"), []),
    "an average of words": (("training", "meter"), {"scalars": [{"loss": "x"}], "sizes": [1]}),
    "an average of images": (
        ("training", "meter"),
        {"scalars": [{"loss": torch.zeros(9, 9)}], "sizes": [1]},
    ),
    "steps without sizes": (("training", "meter", "sizes"), []),
    "a list for an optimizer": (("optimizer",), []),
    "no groups": (("optimizer", "param_groups"), []),
    "a word for a rate": (("optimizer", "param_groups", 0, "lr"), "fast"),
    "a list for a rate": (("optimizer", "param_groups", 0, "lr"), [1]),
    "words for decays": (("optimizer", "param_groups", 0, "betas"), "ab"),
    "other parameters": (("optimizer", "param_groups", 0, "params"), [0, 1]),
    "an optimizer larger than the model": (
        ("optimizer", "state", 0, "exp_avg"),
        torch.zeros(1000, 1000),
    ),
    "averages of another shape": (("optimizer", "state", 0, "exp_avg"), torch.zeros(5)),
    "an average of words of a weight": (("optimizer", "state", 0, "exp_avg"), "x"),
    "many averages": (("optimizer", "state", 0), dict.fromkeys(map(str, range(99)), 1.0)),
    "averages of no parameter": (("optimizer", "state", 99), {"exp_avg": torch.zeros(2)}),
    "a list for a schedule": (("scheduler",), [1]),
    "a word for a time": (("scheduler", "last_epoch"), "x"),
    "a word for rates": (("scheduler", "_last_lr"), "x"),
    "a number for a method": (("scheduler", "step"), 5),
    "a list of generators": (("generators",), []),
    "a number for an id": (("id",), 5),
    "less than no records": (("metrics_size",), -5),
    "a word for threads": (("threads",), "x"),
}


@pytest.mark.hostile
@pytest.mark.parametrize("name", WRONG)
def test_what_is_none_of_a_training_is_told(adam, name):
    made, state = adam[0], adam[1]()
    check(state, made)
    (*way, last), value = WRONG[name]
    place = state
    for key in way:
        place = place[key]
    place[last] = value
    with pytest.raises(ValueError, match=r"^expected .*, (got|found) ") as error:
        check(state, made)
    assert "\n" not in str(error.value)


@pytest.mark.hostile
@pytest.mark.parametrize("name", ["training", "optimizer", "scheduler", "generators", "id"])
def test_what_is_missing_is_told(adam, name):
    made, state = adam[0], adam[1]()
    del state[name]
    with pytest.raises(ValueError, match=f"expected {name} in it, found none"):
        check(state, made)
