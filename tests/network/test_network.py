"""Every network of the folder maps between the shapes that it takes."""

from functools import cache

import pytest
import torch
from torch import nn

from tests.conftest import option_file, options
from vae_exp.configuration.compose import compose
from vae_exp.configuration.instantiate import instantiate
from vae_exp.network.conv import Conv
from vae_exp.network.mlp import MLP

NETWORKS = [n for n in options("network") if n != "geodesic"]  # of R^Z; see test_geodesic
IMAGES = [(1, 8, 8), (1, 28, 28), (3, 32, 32), (2, 9, 15), (4, 3, 3), (1, 4, 7)]
SEQUENCES = [(1, 1), (1, 3), (2, 1), (9, 2), (40, 5)]
VECTORS = [(1,), (20,)]


@cache
def factory(network, *overrides):
    return instantiate(compose(f"network={network}", *overrides).network)


def made(network, in_shape, out_shape, *overrides):
    return factory(network, *overrides)(in_shape, out_shape)


def takes(network, event):
    try:
        instantiate(option_file("network", network))(event, (7,))
    except ValueError:
        return False
    return True


TAKEN = [(n, event) for n in NETWORKS for event in IMAGES + SEQUENCES + VECTORS if takes(n, event)]
# one of each dimension that the network takes
SOME = [pair for pair in TAKEN if pair[1] in ((2, 9, 15), (9, 2), (20,))]


def test_networks_take_all_shapes_of_a_kind():
    kinds = [frozenset(IMAGES), frozenset(SEQUENCES), frozenset(VECTORS)]
    for network in NETWORKS:
        taken = {event for name, event in TAKEN if name == network}
        assert taken
        assert all(kind <= taken or not kind & taken for kind in kinds)


@pytest.mark.parametrize(("network", "event"), TAKEN)
def test_shapes_both_ways(network, event):
    into, back = made(network, event, (7,)), made(network, (7,), event)
    for batch in [(), (4,), (2, 3), (2, 1, 3)]:
        assert into(torch.rand(*batch, *event)).shape == (*batch, 7)
        assert back(torch.rand(*batch, 7)).shape == (*batch, *event)


@pytest.mark.parametrize(("network", "event"), SOME)
def test_a_datum_is_mapped_the_same_in_any_batch(network, event):
    for in_shape, out_shape in [(event, (7,)), ((7,), event)]:
        net = made(network, in_shape, out_shape)
        x = torch.rand(2, 3, *in_shape)
        torch.testing.assert_close(net(x)[1], net(x[1]))
        torch.testing.assert_close(net(x)[1, 2], net(x[1, 2]))


@pytest.mark.parametrize(("network", "event"), SOME)
def test_every_parameter_and_the_input_have_a_gradient(network, event):
    for in_shape, out_shape in [(event, (7,)), ((7,), event)]:
        net = made(network, in_shape, out_shape)
        x = torch.randn(16, *in_shape, requires_grad=True)
        net(x).square().sum().backward()
        for gradient in [x.grad, *(p.grad for p in net.parameters())]:
            assert gradient.isfinite().all()
            assert gradient.abs().sum() > 0


DEEP = {
    "mlp": ["network.hidden=[64,64,64,64,64]"],
    "conv": ["network.channels=[16,16,16,16]"],
    "resnet": ["network.channels=[16,16,16]", "network.blocks=6"],
    "gru": ["network.layers=4"],
    "tcn": ["network.channels=[16,16,16,16,16,16,16,16]"],
}


@pytest.mark.parametrize(("network", "event"), SOME)
@pytest.mark.parametrize("deep", [False, True])
def test_outputs_of_a_new_network_have_a_sane_scale(network, event, deep):
    for in_shape, out_shape in [(event, (7,)), ((7,), event)]:
        net = made(network, in_shape, out_shape, *(DEEP.get(network, []) if deep else []))
        y = net(torch.randn(200, *in_shape))
        assert y.isfinite().all()
        assert 0.03 < y.square().mean().sqrt() < 3


@pytest.mark.parametrize(("network", "event"), SOME)
def test_bf16_is_for_training_alone_and_close_by(network, event):
    for in_shape, out_shape in [(event, (7,)), ((7,), event)]:
        net = made(network, in_shape, out_shape)
        x = torch.randn(16, *in_shape)
        exact = net(x)
        net.bf16 = True
        rounded = net(x)
        assert rounded.dtype == torch.float32
        assert not rounded.equal(exact)
        assert (rounded - exact).abs().max() < 0.05 * exact.abs().max()
        assert net.eval()(x).equal(exact)


# what torch hides from users while it continues after a call that it does not trace
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning")
@pytest.mark.long
@pytest.mark.parametrize(("network", "event"), SOME)
def test_compiled_it_is_the_same_and_in_one_piece_but_for_recurrence(network, event):
    for in_shape, out_shape in [(event, (7,)), ((7,), event)]:
        net = made(network, in_shape, out_shape)
        recurrent = any(isinstance(module, nn.RNNBase) for module in net.modules())
        torch.compiler.reset()
        compiled = torch.compile(net, backend="aot_eager", fullgraph=not recurrent)
        x = torch.randn(2, 3, *in_shape)
        torch.testing.assert_close(compiled(x), net(x))


@pytest.mark.parametrize("network", NETWORKS)
def test_what_is_not_taken_is_refused_with_another_choice(network):
    for event in IMAGES + SEQUENCES + VECTORS:
        if (network, event) not in TAKEN:
            for shapes in [(event, (7,)), ((7,), event), (event, event)]:
                with pytest.raises(
                    ValueError, match=r"^network: expected an? .*; use network=mlp(, or .*)?$"
                ):
                    made(network, *shapes)


def mlp(in_shape, out_shape, **changes):
    layers = {"activation": "ReLU", "dropout": 0.0, "normalization": None, "gated": False}
    layers["init"] = "default"
    return MLP(in_shape, out_shape, **{"hidden": [5, 4], **layers, **changes})


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


def test_a_gated_layer_is_its_formula():
    net = mlp((3,), (2,), hidden=[4], gated=True)
    (hidden, _, last), x = net.layers, torch.randn(6, 3)
    (w, v), (b, c) = hidden.weight.chunk(2), hidden.bias.chunk(2)
    h = (x @ w.T + b) / (1 + torch.exp(-(x @ v.T + c)))
    torch.testing.assert_close(net(x), h @ last.weight.T + last.bias)


@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
def test_gated_layers_are_of_the_widths_asked_for(normalization):
    for shapes in [((3, 4), (2,)), ((2,), (3, 4))]:
        net = mlp(*shapes, gated=True, normalization=normalization, dropout=0.1)
        linear = [layer for layer in net.layers if isinstance(layer, nn.Linear)]
        widths = [5, 4] if shapes[0] == (3, 4) else [4, 5]
        assert [layer.in_features for layer in linear[1:]] == widths
        net(torch.rand(5, *shapes[0])).sum().backward()
        assert all(p.grad is not None for p in net.parameters())


def test_an_mlp_without_gates_is_what_it_was():
    """The same random numbers make the same parameters, layer after layer."""
    torch.manual_seed(3)
    plain = nn.Sequential(
        *(nn.Linear(6, 5), nn.LayerNorm(5), nn.Tanh()),
        *(nn.Linear(5, 4), nn.LayerNorm(4), nn.Tanh(), nn.Linear(4, 2)),
    )
    torch.manual_seed(3)
    net = mlp((6,), (2,), activation="Tanh", normalization="layer")
    x = torch.randn(7, 6)
    assert net(x).equal(plain(x))


@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
def test_conv_normalisations_train(normalization):
    for shapes in [((3, 8, 8), (4,)), ((4,), (3, 8, 8))]:
        net = Conv(
            *shapes, channels=[4, 6], activation="SiLU", normalization=normalization, init="default"
        )
        net(torch.rand(5, *shapes[0])).sum().backward()
        assert all(p.grad is not None for p in net.parameters())


def test_conv_refuses_vectors():
    with pytest.raises(ValueError, match=r"network: .*network=mlp"):
        Conv((20,), (7,), channels=[4], activation="ReLU", normalization=None, init="default")


@pytest.mark.parametrize(
    "wrong", [{"hidden": [0]}, {"dropout": 1.0}, {"dropout": -0.1}, {"activation": "Linear"}]
)
def test_mlp_refuses(wrong):
    with pytest.raises(ValueError, match=f"network.{next(iter(wrong))}"):
        mlp((6,), (2,), **wrong)
