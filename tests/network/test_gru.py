"""A recurrent network: the recurrence by hand, and what depends on which step."""

import pytest
import torch

from vae_exp.network.gru import GRU

T, F, Z = 7, 2, 3


def gru(in_shape, out_shape, **changes):
    defaults = {"width": 5, "layers": 1, "bidirectional": False}
    return GRU(in_shape, out_shape, **{**defaults, **changes})


def step(cell, x, h, suffix):
    """One step of a gated recurrent unit, as torch's documentation has it."""
    of_x = x @ getattr(cell, f"weight_ih_{suffix}").T + getattr(cell, f"bias_ih_{suffix}")
    of_h = h @ getattr(cell, f"weight_hh_{suffix}").T + getattr(cell, f"bias_hh_{suffix}")
    (r_x, u_x, n_x), (r_h, u_h, n_h) = of_x.chunk(3, -1), of_h.chunk(3, -1)
    u = torch.sigmoid(u_x + u_h)
    n = torch.tanh(n_x + torch.sigmoid(r_x + r_h) * n_h)
    return (1 - u) * n + u * h


def test_reading_is_the_recurrence_and_a_linear_map():
    net, x = gru((T, F), (Z,)), torch.randn(4, T, F)
    h = torch.zeros(4, 5)
    for t in range(T):
        h = step(net.layers.gru, x[:, t], h, "l0")
    torch.testing.assert_close(net(x), net.layers.out(h))


def test_reading_from_both_ends_ends_at_both_ends():
    net, x = gru((T, F), (Z,), bidirectional=True), torch.randn(4, T, F)
    ahead, back = torch.zeros(4, 5), torch.zeros(4, 5)
    for t in range(T):
        ahead = step(net.layers.gru, x[:, t], ahead, "l0")
        back = step(net.layers.gru, x[:, T - 1 - t], back, "l0_reverse")
    torch.testing.assert_close(net(x), net.layers.out(torch.cat([ahead, back], dim=-1)))


def test_the_top_layer_is_what_is_read():
    net, x = gru((T, F), (Z,), layers=2), torch.randn(4, T, F)
    low, top = torch.zeros(4, 5), torch.zeros(4, 5)
    for t in range(T):
        low = step(net.layers.gru, x[:, t], low, "l0")
        top = step(net.layers.gru, low, top, "l1")
    torch.testing.assert_close(net(x), net.layers.out(top))


def test_writing_is_the_recurrence_and_a_linear_map():
    net, z = gru((Z,), (T, F), layers=2), torch.randn(4, Z)
    low, top = torch.tanh(net.layers.start[0](z)).chunk(2, dim=-1)
    rows = []
    for _ in range(T):
        low = step(net.layers.gru, z, low, "l0")
        top = step(net.layers.gru, low, top, "l1")
        rows.append(net.layers.out(top))
    torch.testing.assert_close(net(z), torch.stack(rows, dim=1))


@pytest.mark.parametrize("changes", [{}, {"layers": 3}, {"bidirectional": True}])
def test_every_step_is_read_and_every_number_is_written(changes):
    read, write = gru((T, F), (Z,), **changes), gru((Z,), (T, F), **changes)
    of_x = torch.func.jacrev(read)(torch.randn(T, F))  # (Z, T, F)
    of_z = torch.func.jacrev(write)(torch.randn(Z))  # (T, F, Z)
    assert (of_x.abs() > 0).all()
    assert (of_z.abs() > 0).all()


@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_longer_sequence_begins_like_a_shorter_one(bidirectional):
    short = gru((Z,), (T, F), layers=2, bidirectional=bidirectional)
    long = gru((Z,), (2 * T, F), layers=2, bidirectional=bidirectional)
    long.load_state_dict(short.state_dict())
    z = torch.randn(4, Z)
    torch.testing.assert_close(long(z)[:, :T], short(z))


@pytest.mark.parametrize("wrong", [{"width": 0}, {"layers": 0}])
def test_refuses(wrong):
    with pytest.raises(ValueError, match=f"network.{next(iter(wrong))}: expected"):
        gru((T, F), (Z,), **wrong)
