"""A residual network: what a block computes, and what it is built from."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from vae_exp.network.conv import Conv
from vae_exp.network.resnet import Block, ResNet

SHAPES = [((3, 9, 6), (4,)), ((4,), (3, 9, 6))]


def resnet(in_shape, out_shape, **changes):
    defaults = {"channels": [4, 6], "blocks": 2, "activation": "ReLU", "normalization": None}
    return ResNet(in_shape, out_shape, **{**defaults, **changes})


def blocks(net):
    return [layer for layer in net.layers if isinstance(layer, Block)]


def zero_last(block):
    nn.init.zeros_(block.residual[-1].weight)
    nn.init.zeros_(block.residual[-1].bias)


def test_a_block_is_its_formula():
    """Pre-activation: He et al. 2016, figure 1 (b)."""
    block, x = blocks(resnet(*SHAPES[0], normalization="layer"))[0], torch.randn(5, 4, 5, 3)
    convs = [layer for layer in block.residual if isinstance(layer, nn.Conv2d)]
    y = x
    for conv in convs:
        y = (y - y.mean((1, 2, 3), keepdim=True)) / y.std((1, 2, 3), correction=0, keepdim=True)
        y = F.conv2d(y.clamp(min=0), conv.weight, conv.bias, padding=1)
    torch.testing.assert_close(block(x), x + y, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
def test_a_block_with_a_last_convolution_of_zero_is_the_identity(normalization):
    block = blocks(resnet(*SHAPES[0], normalization=normalization))[0]
    zero_last(block)
    x = torch.randn(5, 4, 5, 3)
    assert block(x).equal(x)


@pytest.mark.parametrize("shapes", SHAPES)
@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
def test_with_identities_for_blocks_it_is_the_convolutional_network(shapes, normalization):
    net = resnet(*shapes, normalization=normalization)
    conv = Conv(
        *shapes, channels=[4, 6], activation="ReLU", normalization=normalization, init="default"
    )
    rest = [layer for layer in net.layers if not isinstance(layer, Block)]
    assert [type(layer) for layer in rest] == [type(layer) for layer in conv.layers]
    for block in blocks(net):
        zero_last(block)
    for ours, theirs in zip(rest, conv.layers):
        theirs.load_state_dict(ours.state_dict())
    x = torch.randn(5, *shapes[0])
    assert net(x).equal(conv(x))


@pytest.mark.parametrize("shapes", SHAPES)
def test_every_level_has_as_many_blocks_as_asked_for(shapes):
    channels = [b.residual[-1].out_channels for b in blocks(resnet(*shapes, blocks=3))]
    assert sorted(channels) == [4, 4, 4, 6, 6, 6]
    assert channels == sorted(channels, reverse=shapes is SHAPES[1])


@pytest.mark.parametrize("shapes", SHAPES)
@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
def test_normalisations_train(shapes, normalization):
    net = resnet(*shapes, normalization=normalization)
    net(torch.rand(5, *shapes[0])).sum().backward()
    assert all(p.grad is not None for p in net.parameters())


@pytest.mark.parametrize(
    "wrong", [{"channels": []}, {"channels": [4, 0]}, {"blocks": 0}, {"activation": "Linear"}]
)
def test_refuses(wrong):
    with pytest.raises(ValueError, match=f"network.{next(iter(wrong))}: expected"):
        resnet(*SHAPES[0], **wrong)
