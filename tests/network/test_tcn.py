"""A temporal convolutional network: its blocks by hand, and how far a step sees."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from vae_exp.network.tcn import TCN, Block


def tcn(in_shape, out_shape, **changes):
    defaults = {"channels": [4, 6, 5], "kernel_size": 3, "activation": "SiLU"}
    return TCN(in_shape, out_shape, **{**defaults, **changes})


@pytest.mark.parametrize(("fan_in", "fan_out"), [(3, 3), (3, 5)])
def test_a_block_is_its_formula(fan_in, fan_out):
    block = Block(fan_in, fan_out, kernel_size=3, dilation=2, activation=nn.Tanh)
    first, _, second, _ = block.residual
    x = torch.randn(4, fan_in, 11)

    def convolved(conv, x):
        """y_t = b + Σ_j W_j x_{t + 2 (j − 1)}, zero outside."""
        padded, steps = F.pad(x, (2, 2)), x.shape[-1]
        shifted = [padded[..., 2 * j : 2 * j + steps] for j in range(3)]
        products = [torch.einsum("oi,bit->bot", conv.weight[..., j], shifted[j]) for j in range(3)]
        return sum(products) + conv.bias[:, None]

    residual = convolved(second, convolved(first, x).tanh()).tanh()
    skip = x if fan_in == fan_out else torch.einsum("oi,bit->bot", block.skip.weight[..., 0], x)
    skip = skip if fan_in == fan_out else skip + block.skip.bias[:, None]
    torch.testing.assert_close(block(x), torch.tanh(skip + residual))


def reach(layers, channels, steps):
    """For each step s, how far it is to the steps t with ∂ y_t / ∂ x_s ≠ 0: (steps, steps)."""
    jacobian = torch.func.jacrev(lambda x: layers(x[None])[0])(torch.randn(channels, steps))
    return jacobian.abs().sum((0, 2)) > 0  # (t, s)


@pytest.mark.parametrize(("kernel_size", "levels"), [(1, 2), (3, 1), (3, 2), (3, 3), (5, 2)])
def test_a_step_sees_as_far_as_the_docstring_says(kernel_size, levels):
    steps, radius = 40, (kernel_size - 1) * (2**levels - 1)
    distance = (torch.arange(steps)[:, None] - torch.arange(steps)).abs()
    changes = {"channels": [4] * levels, "kernel_size": kernel_size}
    for shapes in [((steps, 2), (7,)), ((7,), (steps, 2))]:
        found = [m for m in tcn(*shapes, **changes).layers if isinstance(m, Block)]
        assert len(found) == levels
        channels = found[0].residual[0].in_channels
        assert reach(nn.Sequential(*found), channels, steps).equal(distance <= radius)


def test_the_way_back_mirrors_the_way_in():
    def dilations(net):
        return [m.residual[0].dilation[0] for m in net.layers if isinstance(m, Block)]

    def widths(net):
        return [m.residual[0].out_channels for m in net.layers if isinstance(m, Block)]

    into, back = tcn((9, 2), (7,)), tcn((7,), (9, 2))
    assert dilations(into) == [1, 2, 4]
    assert dilations(back) == [4, 2, 1]
    assert widths(into) == [4, 6, 5]
    assert widths(back) == [5, 6, 4]


def test_all_of_the_input_reaches_all_of_the_output():
    of_x = torch.func.jacrev(tcn((50, 2), (7,)))(torch.randn(50, 2))
    of_z = torch.func.jacrev(tcn((7,), (50, 2)))(torch.randn(7))
    assert (of_x.abs() > 0).all()
    assert (of_z.abs() > 0).all()


@pytest.mark.parametrize(
    "wrong",
    [
        *({"channels": []}, {"channels": [4, -1]}),
        *({"kernel_size": 0}, {"kernel_size": 4}, {"kernel_size": -3}, {"activation": "Linear"}),
    ],
)
def test_refuses(wrong):
    with pytest.raises(ValueError, match=f"network.{next(iter(wrong))}: expected"):
        tcn((9, 2), (7,), **wrong)
