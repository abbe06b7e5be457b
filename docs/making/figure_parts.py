"""Distributions as the parts give them, for networks that give chosen numbers."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from vae_exp.cli.compose import compose
from vae_exp.configuration.instantiate import instantiate


class Constant(nn.Module):
    """The same numbers whatever it is asked, so many as the shape takes, again and again."""

    def __init__(self, out_shape: tuple[int, ...], values: list[float]):
        super().__init__()
        size = math.prod(out_shape)
        numbers = torch.tensor(values).repeat(-(-size // len(values)))[:size]
        self.register_buffer("numbers", numbers.reshape(out_shape))

    def forward(self, x: Tensor, *seen: Tensor) -> Tensor:
        return self.numbers.expand(*x.shape[:1], *self.numbers.shape)


def part(group: str, option: str, values: list[float], words: list[str], **offered: Any) -> Any:
    """The part, whose network is a ``Constant``."""
    cfg = compose(f"{group}={option}", *words)[group]
    offered = {"x_shape": (1,), "levels": 15, **offered}
    return instantiate(cfg, offered, network_for=lambda _: lambda _in, out: Constant(out, values))


# what the network says of q(z|x): locations, then log scales and so on
POSTERIORS = {
    "gaussian": [0.3, -0.2, -0.2, -0.9],
    "full_gaussian": [0.3, -0.2, -0.2, -0.9, 1.1],
    "low_rank_gaussian": [0.3, -0.2, -0.7, -0.7, 1.4, 1.0],
    "laplace": [0.3, -0.2, -0.4, -0.9],
    "student_t": [0.3, -0.2, -0.4, -0.9],
    "flow": [0.0, 0.0, -0.1, -0.1, *([1.0, -1.0] * 16)],
    "von_mises_fisher": [0.5, 0.4, 1.0, -0.5],
    "power_spherical": [0.5, 0.4, 1.0, -0.5],
    "wrapped_normal": [0.9, 0.5, -0.7, -0.7],
}


def posterior(option: str) -> Distribution:
    """q(z|x) in two dimensions."""
    words = ["z_dim=2", "encoder.rank=1"] if option == "low_rank_gaussian" else ["z_dim=2"]
    torch.manual_seed(2)
    encoder = part("encoder", option, POSTERIORS[option], words)
    if option == "flow":  # at the start of training it is all but a Gaussian
        with torch.no_grad():
            for parameter in encoder.parameters():
                parameter.mul_(1.8)
    return encoder(torch.zeros(1, 1))


def prior(option: str) -> Distribution:
    """p(z) in two dimensions; where it is learned, with parameters as it might have learned."""
    torch.manual_seed(1)
    if option == "vampprior":
        return vampprior()
    words = ["prior.components=4"] if option == "mixture" else []
    made = part("prior", option, [0.0], ["z_dim=2", *words])
    with torch.no_grad():
        if option == "mixture":
            made.log_scale.normal_(-0.7, 0.3)
        if option == "flow":
            for parameter in made.bijection.parameters():
                parameter.mul_(1.9)
    return made()


def vampprior() -> Distribution:
    """Of six pseudo-inputs and an encoder with random weights."""
    words = ["z_dim=2", "network.hidden=[16]"]
    encoder = instantiate(compose("encoder=gaussian", *words).encoder, {"x_shape": (4,)})
    last = encoder.network.layers[-1]
    with torch.no_grad():
        last.weight[:2] *= 2
        last.weight[2:] *= 0.5
        last.bias[2:] -= 0.8
    words = ["prior=vampprior", "prior.components=6", "prior.start=random", "z_dim=2"]
    offered = {"x_shape": (4,), "encoder": encoder}
    made = instantiate(compose(*words).prior, offered)
    made.setup(4 * torch.randn(100, 4), 100)
    return made()


# what the network says of p(x|z), one component
LIKELIHOODS = {
    "beta": [0.9, 1.3],
    "beta_binomial": [-0.6, -0.2],
    "categorical": [0.1, 1.2, 0.3, -1.0, 0.8, 1.9, 1.1, -0.4, 0.2, 1.5, 0.6, -0.3, 0.9, 2.1, 0.4],
    "discretized_logistic_mixture": [0.0, 0.3, -0.2, 0.2, -0.4, -0.9],
    "poisson": [1.5],
    "negative_binomial": [1.5],
    "zero_inflated_negative_binomial": [1.5, -0.8],
    "bernoulli": [0.6],
    "continuous_bernoulli": [1.8],
}
SCALED = ("gaussian", "laplace", "logistic", "student_t", "discretized_logistic")


def likelihood(option: str) -> Distribution:
    """p(x|z) of one component."""
    words = ["decoder.scale_value=0.15"] if option in SCALED else []
    words += ["decoder.components=2"] if option == "discretized_logistic_mixture" else []
    decoder = part("decoder", option, LIKELIHOODS.get(option, [0.45]), words)
    decoder.may_miss = False
    return decoder(torch.zeros(1, decoder.z_dim))
