"""How weights are drawn: by their spread, against torch's own initialisers, layer by layer."""

import math

import pytest
import torch
from torch import nn

from vae_exp.configuration.compose import compose
from vae_exp.configuration.instantiate import instantiate

NETWORKS = {
    "mlp": (["network.hidden=[300,200]"], (1, 28, 28)),
    "mlp gated": (["network.hidden=[300,200]", "network.gated=true"], (1, 28, 28)),
    "linear": ([], (1, 28, 28)),
    "conv": (["network.channels=[32,64]"], (3, 28, 28)),
}


def built(name, init):
    words, shape = NETWORKS[name]
    torch.manual_seed(0)
    network = instantiate(
        compose(f"network={name.split()[0]}", *words, f"network.init={init}").network
    )
    networks = [network(shape, (40,)), network((40,), shape)]
    kinds = nn.Linear | nn.Conv2d | nn.ConvTranspose2d
    return [layer for n in networks for layer in n.modules() if isinstance(layer, kinds)]


def inputs_of_a_unit(layer):
    """How many inputs an output of the layer is a sum over, far from the border: by trying."""
    if isinstance(layer, nn.Linear):
        return layer.in_features
    x = torch.ones(1, layer.in_channels, 8, 8)
    ones = torch.ones_like(layer.weight)
    if isinstance(layer, nn.Conv2d):
        return nn.functional.conv2d(x, ones, None, layer.stride).max().item()
    summed = nn.functional.conv_transpose2d(x, ones, None, layer.stride)[0, 0, 4:12, 4:12]
    return summed.mean().item()  # over places that differ in how many they are


def fans(layer, gated):
    """Fan in and fan out of a unit of the layer, from its shape alone."""
    field = layer.weight[0, 0].numel()
    fan_out, fan_in = layer.weight.shape[0] * field, layer.weight.shape[1] * field
    return fan_in, fan_out / (2 if gated else 1)


@pytest.mark.parametrize("name", NETWORKS)
def test_glorot_is_uniform_with_the_spread_of_both_fans_and_no_bias(name):
    layers = built(name, "glorot")
    for number, layer in enumerate(layers):
        last = number in (len(layers) // 2 - 1, len(layers) - 1)
        fan_in, fan_out = fans(layer, "gated" in name and not last)
        bound = math.sqrt(6 / (fan_in + fan_out))
        weight = layer.weight.detach()
        assert weight.abs().max() <= bound * 1.000001
        n = weight.numel()
        # of a uniform distribution the squared mean is a²/3, with the standard deviation a² √(4/45)
        assert abs(weight.square().mean() - bound**2 / 3) < 4 * bound**2 * math.sqrt(4 / 45 / n)
        assert not layer.bias.any()


@pytest.mark.parametrize("name", NETWORKS)
def test_he_is_normal_with_two_over_the_fan_in(name):
    for layer in built(name, "he"):
        variance, weight = 2 / inputs_of_a_unit(layer), layer.weight.detach()
        n = weight.numel()
        assert abs(weight.square().mean() - variance) < 4 * variance * math.sqrt(2 / n)
        # a normal distribution has 31.7 % beyond one standard deviation, a uniform one 42.3 %
        beyond = (weight.abs() > math.sqrt(variance)).float().mean()
        assert abs(beyond - 0.3173) < 4 * math.sqrt(0.3173 * 0.6827 / n)
        assert layer.bias.any()


@pytest.mark.parametrize("name", NETWORKS)
def test_default_is_torchs_own_draw(name):
    layers = built(name, "default")
    torch.manual_seed(0)
    for layer in layers:
        again = type(layer)(*_sizes(layer))
        assert torch.equal(again.weight, layer.weight)
        assert torch.equal(again.bias, layer.bias)


def _sizes(layer):
    if isinstance(layer, nn.Linear):
        return layer.in_features, layer.out_features
    return layer.in_channels, layer.out_channels, layer.kernel_size
