"""Every network of the folder maps between the shapes it was asked for."""

import pytest
import torch
from torch import nn

from tests.conftest import options
from vae_exp.config import compose
from vae_exp.instantiate import instantiate
from vae_exp.network.conv import Conv
from vae_exp.network.mlp import MLP

IMAGES = [(1, 8, 8), (1, 28, 28), (3, 32, 32), (2, 9, 15)]


@pytest.mark.parametrize("network", options("network"))
@pytest.mark.parametrize("image", IMAGES)
@pytest.mark.parametrize("batch", [(), (4,), (2, 3)])
def test_shapes_both_ways(network, image, batch):
    factory = instantiate(compose(f"network={network}").network)
    assert factory(image, (7,))(torch.rand(*batch, *image)).shape == (*batch, 7)
    assert factory((7,), image)(torch.rand(*batch, 7)).shape == (*batch, *image)


@pytest.mark.parametrize("network", options("network"))
def test_a_leading_dimension_changes_nothing(network):
    net = instantiate(compose(f"network={network}").network)((1, 8, 8), (7,))
    x = torch.rand(2, 3, 1, 8, 8)
    torch.testing.assert_close(net(x)[1], net(x[1]))


def mlp(in_shape, out_shape, **changes):
    defaults = {"hidden": [5, 4], "activation": "ReLU", "dropout": 0.0, "normalization": None}
    return MLP(in_shape, out_shape, **{**defaults, **changes})


def test_mlp_decoder_mirrors_its_encoder():
    def widths(net):
        return [layer.out_features for layer in net.layers if isinstance(layer, nn.Linear)]

    assert widths(mlp((10,), (2,))) == [5, 4, 2]
    assert widths(mlp((2,), (10,))) == [4, 5, 10]


def test_mlp_has_the_layers_asked_for():
    net = mlp((6,), (2,), hidden=[5], activation="Tanh", dropout=0.5, normalization="batch")
    kinds = [type(layer) for layer in net.layers]
    assert kinds == [nn.Linear, nn.BatchNorm1d, nn.Tanh, nn.Dropout, nn.Linear]
    assert net(torch.rand(3, 4, 6)).shape == (3, 4, 2)
    assert [type(layer) for layer in mlp((6,), (2,), hidden=[]).layers] == [nn.Linear]


@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
def test_conv_normalisations_train(normalization):
    for shapes in [((3, 8, 8), (4,)), ((4,), (3, 8, 8))]:
        net = Conv(*shapes, channels=[4, 6], activation="SiLU", normalization=normalization)
        net(torch.rand(5, *shapes[0])).sum().backward()
        assert all(p.grad is not None for p in net.parameters())


def test_conv_refuses_vectors():
    with pytest.raises(ValueError, match=r"network: .*network=mlp"):
        Conv((20,), (7,), channels=[4], activation="ReLU", normalization=None)


@pytest.mark.parametrize(
    "wrong", [{"hidden": [0]}, {"dropout": 1.0}, {"dropout": -0.1}, {"activation": "Linear"}]
)
def test_mlp_refuses(wrong):
    with pytest.raises(ValueError, match=f"network.{next(iter(wrong))}"):
        mlp((6,), (2,), **wrong)
