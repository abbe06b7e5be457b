"""Muon moves matrices by orthogonal steps, and everything else as Adam does."""

import copy

import pytest
import torch
from torch import nn

from vae_exp.configuration.build_model import build_vae
from vae_exp.configuration.compose import compose
from vae_exp.data.observation import Observation
from vae_exp.optimizer import muon
from vae_exp.optimizer.muon import Muon, MuonAndAdam

ARGUMENTS = {"lr": 0.1, "adam_lr": 0.01, "momentum": 0.95, "betas": (0.9, 0.999), "eps": 1e-8}
ARGUMENTS["weight_decay"] = 0.0


def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(12, 8), nn.Tanh(), nn.Linear(8, 5), nn.Linear(5, 1))


def step(network, optimizer, seed):
    x = torch.randn(30, 12, generator=torch.Generator().manual_seed(seed))
    optimizer.zero_grad()
    (network(x) - x[:, :1]).square().mean().backward()
    optimizer.step()


@pytest.mark.bad_input
@pytest.mark.parametrize("key", ["lr", "adam_lr", "momentum", "weight_decay"])
@pytest.mark.parametrize("value", [-0.04, float("nan"), float("inf")])
def test_a_number_out_of_its_range_is_refused_by_its_key(key, value):
    with pytest.raises(ValueError, match=rf"optimizer\.{key}: expected .* got {value}"):
        MuonAndAdam(model().named_parameters(), **{**ARGUMENTS, key: value})


def test_a_matrix_moves_alike_in_all_directions():
    network = model()
    before = [p.detach().clone() for p in network.parameters()]
    optimizer = MuonAndAdam(network.named_parameters(), **ARGUMENTS)
    step(network, optimizer, 1)
    for old, new in zip(before, network.parameters()):
        if new.ndim == 2 and min(new.shape) > 1:
            sizes = torch.linalg.svdvals((new - old).detach() / ARGUMENTS["lr"])
            rank = torch.linalg.matrix_rank(new.grad).item()
            ratio = (new.shape[0] / new.shape[1]) ** 0.5
            moved = sizes[:rank] / ratio  # five steps bring each near 1, from 0.7 to 1.2
            assert moved.max() < 1.3 and moved.median() > 0.5


@pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="this torch has no Muon")
@pytest.mark.parametrize(("bfloat16", "tolerance"), [(True, 0.0), (False, 0.03)])
def test_it_is_the_muon_of_torch(bfloat16, tolerance, monkeypatch):
    monkeypatch.setattr(muon, "multiplies_bfloat16", lambda device: bfloat16)
    torch.manual_seed(0)
    ours = [nn.Parameter(torch.randn(shape)) for shape in [(6, 20), (20, 6), (9, 9)]]
    theirs = copy.deepcopy(ours)
    mine = Muon(ours, 0.1, 0.9, 0.2)
    other = torch.optim.Muon(theirs, 0.1, 0.2, 0.9, adjust_lr_fn="spectral_unclamped")
    for _ in range(5):
        for a, b in zip(ours, theirs):
            a.grad = torch.randn_like(a)
            b.grad = a.grad.clone()
        mine.step()
        other.step()
    for a, b in zip(ours, theirs):  # the rounding of torch's bfloat16, over steps of 0.1
        torch.testing.assert_close(a, b, rtol=0, atol=tolerance or 1e-6)


def test_weight_decay_shrinks_matrices_and_bounds_their_spectral_norm():
    shrunk, whole = model(), model()
    first = MuonAndAdam(shrunk.named_parameters(), **{**ARGUMENTS, "weight_decay": 0.5})
    second = MuonAndAdam(whole.named_parameters(), **ARGUMENTS)
    start = [p.detach().clone() for p in whole.parameters()]
    step(shrunk, first, 1)
    step(whole, second, 1)
    for old, a, b in zip(start, shrunk.parameters(), whole.parameters()):
        matrix = old.ndim == 2 and min(old.shape) > 1
        torch.testing.assert_close(a, b - (0.1 * 0.5 * old if matrix else 0.0))
    for seed in range(200):
        step(shrunk, first, seed)
        step(whole, second, seed)
    for a, b in zip(shrunk.parameters(), whole.parameters()):
        if a.ndim == 2 and min(a.shape) > 1:
            bound = (a.shape[0] / a.shape[1]) ** 0.5 / 0.5
            assert torch.linalg.matrix_norm(a, 2) < bound < torch.linalg.matrix_norm(b, 2)


def test_all_else_moves_as_with_adam():
    ours, theirs = model(), model()
    optimizer = MuonAndAdam(ours.named_parameters(), **ARGUMENTS)
    others = [p for p in theirs.parameters() if p.ndim < 2 or min(p.shape) == 1]
    adam = torch.optim.Adam(others, 0.01, fused=True)
    step(ours, optimizer, 1)
    step(theirs, adam, 1)
    mine = [p for p in ours.parameters() if p.ndim < 2 or min(p.shape) == 1]
    for a, b in zip(mine, others):
        torch.testing.assert_close(a, b)


NOT_LAYERS = {  # what makes some, and their names
    "prior=mixture": {"prior.loc", "prior.log_scale"},
    "prior=vampprior": {"prior.raw"},
    "decoder=negative_binomial": {"decoder.raw"},
    "decoder=zero_inflated_negative_binomial": {"decoder.raw"},
}


@pytest.mark.parametrize(("choice", "tables"), NOT_LAYERS.items(), ids=NOT_LAYERS)
def test_what_is_no_map_between_layers_is_left_to_adam_and_does_not_decay(choice, tables):
    words = ["optimizer=muon", "optimizer.weight_decay=0.5", "kl=monte_carlo", "network=gru"]
    cfg = compose(*words, "data=trajectories", "network.width=6", "z_dim=3", choice)
    vae = build_vae(cfg, Observation((5, 4)), torch.device("cpu"))
    found = {id(p): name for name, p in vae.named_parameters()}
    muon, adam = (
        {found[id(p)] for p in part.param_groups[0]["params"]} for part in vae.optimizer.parts
    )
    assert muon | adam == set(found.values()) and not muon & adam
    assert all(name.split(".")[-1].startswith("weight") for name in muon)
    assert any("weight_hh" in name for name in muon)
    assert {name for name, p in vae.named_parameters() if p.ndim >= 2} - muon == tables
    assert vae.optimizer.parts[1].param_groups[0]["weight_decay"] == 0


def test_a_schedule_moves_both_rates():
    optimizer = MuonAndAdam(model().named_parameters(), **ARGUMENTS)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [1], 0.5)
    optimizer.step()
    schedule.step()
    assert [group["lr"] for group in optimizer.param_groups] == [0.05, 0.005]
    assert [part.param_groups[0]["lr"] for part in optimizer.parts] == [0.05, 0.005]


def test_it_goes_on_from_its_state_as_if_nothing_had_been():
    network = model()
    optimizer = MuonAndAdam(network.named_parameters(), **ARGUMENTS)
    for seed in range(3):
        step(network, optimizer, seed)
    other = copy.deepcopy(network)
    again = MuonAndAdam(other.named_parameters(), **ARGUMENTS)
    again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for seed in range(3, 6):
        step(network, optimizer, seed)
        step(other, again, seed)
    for a, b in zip(network.parameters(), other.parameters()):
        assert torch.equal(a, b)


def test_it_learns_what_it_is_given():
    network = model()
    optimizer = MuonAndAdam(network.named_parameters(), **{**ARGUMENTS, "lr": 0.02})
    x = torch.randn(200, 12)
    losses = []
    for _ in range(200):
        optimizer.zero_grad()
        loss = (network(x) - x[:, :1]).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.05 * losses[0]
    assert losses[0] == pytest.approx(1.0, abs=0.5)


def test_a_step_that_found_infinity_is_not_applied():
    layers = [nn.Linear(4, 3), nn.Linear(3, 2)]
    matrices = [layer.weight for layer in layers]
    optimizer = Muon(matrices, lr=0.1, momentum=0.9, weight_decay=0.1)
    twin = copy.deepcopy(matrices)
    plain = Muon(twin, lr=0.1, momentum=0.9, weight_decay=0.1)
    for found in (0.0, 1.0, 0.0):
        for ours, theirs in zip(matrices, twin):
            theirs.grad = torch.randn_like(theirs)
            ours.grad = theirs.grad.clone() if not found else torch.full_like(ours, torch.nan)
        optimizer.found_inf = torch.tensor(found)
        optimizer.step()
        if not found:
            plain.step()
    for ours, theirs in zip(matrices, twin):
        torch.testing.assert_close(ours, theirs)
