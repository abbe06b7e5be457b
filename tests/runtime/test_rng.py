"""Seeds, and draws aside from the run's own."""

import torch

from vae_exp.runtime.rng import isolate_rng, seed_all


def test_aside_is_the_same_each_time_and_leaves_the_stream_alone():
    seed_all(3)
    expected = torch.rand(2)
    seed_all(3)
    first = torch.rand(1)
    draws = []
    for _ in range(2):
        with isolate_rng(torch.device("cpu")):
            draws.append(torch.rand(4))
    assert torch.equal(draws[0], draws[1])
    assert torch.equal(torch.cat([first, torch.rand(1)]), expected)


def test_aside_puts_the_generator_of_an_apple_device_back(monkeypatch):
    states = {"now": "before"}
    monkeypatch.setattr(torch.mps, "get_rng_state", lambda: states["now"])
    monkeypatch.setattr(torch.mps, "set_rng_state", lambda state: states.update(now=state))
    with isolate_rng(torch.device("mps")):
        states["now"] = "used"
    assert states["now"] == "before"
