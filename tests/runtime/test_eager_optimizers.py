"""Optimizers without the compiler do what they did with it, and do not import it."""

import sys
from types import SimpleNamespace

import pytest
import torch

from vae_exp.runtime.eager_optimizers import _eager_step, keep_compiler_away

KINDS = [torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD, torch.optim.Adagrad]


@pytest.mark.parametrize("kind", KINDS)
def test_no_optimizer_asks_for_the_compiler(kind, monkeypatch):
    keep_compiler_away()
    monkeypatch.setitem(sys.modules, "torch._dynamo", None)  # to import it fails
    w = torch.ones(3, requires_grad=True)
    optimizer = kind([w], lr=0.1)
    torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1.0)
    optimizer.zero_grad()
    w.square().sum().backward()
    optimizer.step()
    optimizer.load_state_dict(optimizer.state_dict())
    assert (w < 1).all()


@pytest.mark.parametrize("kind", KINDS)
def test_steps_are_the_same(kind):
    keep_compiler_away()
    keep_compiler_away()  # a second time changes nothing
    after = []
    for step in (kind.step, torch.no_grad()(_behind(kind.step))):
        w = torch.linspace(-1, 1, 5, requires_grad=True)
        optimizer = kind([w], lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            w.square().sum().backward()
            assert torch.is_grad_enabled()
            step(optimizer)
        after.append(w.detach())
    assert torch.equal(*after)


def _behind(step):
    while hasattr(step, "__wrapped__"):
        step = step.__wrapped__
    return step


@pytest.mark.parametrize("differentiable", [True, False])
def test_a_step_has_a_gradient_only_where_it_is_differentiable(differentiable):
    def wrapped():
        raise AssertionError("the compiler's way")

    wrapped.__wrapped__ = lambda optimizer: torch.is_grad_enabled()
    optimizer = SimpleNamespace(defaults={"differentiable": differentiable})
    assert _eager_step(wrapped)(optimizer) is differentiable
    assert torch.is_grad_enabled()
