"""The logits of a Bernoulli that begin around those of the data."""

import pytest
import torch

from vae_exp.configuration.compose import compose
from vae_exp.experiment import build


@pytest.mark.parametrize("network", ["mlp", "conv", "linear"])
def test_an_untrained_model_has_the_average_of_the_data(network):
    """With the network's own part at zero, p(x_i = 1) is the average of pixel i in training."""
    experiment = build(compose("decoder=bernoulli", "decoder.bias=data", f"network={network}"))
    vae, data = experiment.vae, experiment.data
    with torch.no_grad():
        for parameter in vae.decoder.network.parameters():
            parameter.zero_()
    mean = vae.decoder(torch.randn(5, 20)).mean
    assert (mean == mean[0]).all()
    grey = data.values["train"].double() / data.levels  # the bits are drawn from
    expected = grey.mean(0).clamp(0.001, 0.999)
    spread = (expected * (1 - expected) / len(grey)).sqrt()
    assert ((mean[0] - expected).abs() <= 4.5 * spread + 1e-6).all()


def test_it_is_a_constant_that_a_checkpoint_has_and_no_parameter():
    with_bias = build(compose("decoder=bernoulli", "decoder.bias=data")).vae
    without = build(compose("decoder=bernoulli")).vae
    assert [*dict(with_bias.named_parameters())] == [*dict(without.named_parameters())]
    assert set(with_bias.state_dict()) - set(without.state_dict()) == {"decoder.bias"}
    assert with_bias.decoder.bias.isfinite().all()


def test_the_first_epoch_begins_better_than_without():
    start = []
    for bias in ("network", "data"):
        words = ["decoder=bernoulli", f"decoder.bias={bias}", "network.init=glorot"]
        experiment = build(compose(*words, "trainer.max_steps=1", "trainer.log_every=1"))
        start.append(next(iter(experiment.train()))["train/elbo"])
    assert start[1] > start[0] + 5
