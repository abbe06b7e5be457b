"""Which losses are averages over data, so that processes may take a part of a batch each."""

from functools import partial
from pathlib import Path

import pytest
import torch
from torch.distributions import Independent, Normal

from tests.conftest import CONF, options
from tests.objective.linear_gaussian import Encoder, model
from vae_exp.configuration.compose import compose
from vae_exp.configuration.instantiate import instantiate
from vae_exp.decoder.gaussian import Gaussian
from vae_exp.network.linear import Linear

LINEAR = partial(Linear, init="default")

COUNT, SIZES = 7, (4, 3)
X = torch.randn(COUNT, 1, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
OF_THE_BATCH = {
    "objective.free_bits=1": "`objective.free_bits`",
    "objective.capacity=1": "`objective.capacity`",
    "objective=mmd": "`objective=mmd`",
    "objective=dip": "`objective=dip`",
    "kl=total_correlation": "`kl=total_correlation`",
    "decoder.scale=optimal": "`decoder.scale=optimal`",
}
APART = ("total_correlation", "layerwise")  # see below, and tests/encoder/test_hierarchical.py
WORDS = [
    *([f"objective={name}", "kl=monte_carlo"] for name in options("objective")),
    *([f"kl={name}"] for name in options("kl") if name not in APART),
    ["kl=total_correlation", "kl.mutual_information=2"],  # there is one latent: no correlation
    ["objective.free_bits=1"],
    ["objective.capacity=1", "objective.capacity_steps=1"],
    ["decoder.scale=optimal"],
]


class Given(Normal):
    """Its samples are those of the noise that each datum has."""

    def rsample(self, sample_shape=()):
        return self.loc + self.scale * self.noise


class EncoderOfGivenNoise(Encoder):
    def forward(self, x):
        (which,) = torch.where((x == X.T).any(0))
        q = Given(self.slope * x, self.log_scale.exp().expand_as(x))
        q.noise = self.noise[:, which]
        return Independent(q, 1)


def losses(words):
    """Of the whole batch, and the average of its parts'."""
    cfg = compose("z_dim=1", *words)
    vae = model(instantiate(cfg.objective).double(), instantiate(cfg.kl))
    vae.encoder = EncoderOfGivenNoise(0.4, 0.7)
    shape = (vae.objective.samples, COUNT, 1)
    vae.encoder.noise = torch.randn(shape, dtype=torch.float64)
    if cfg.decoder.scale == "optimal":
        vae.decoder = Gaussian((1,), 1, LINEAR, "optimal", 1.0, 0.01).double()
    vae.kl.apply(lambda part: part.setup(X, COUNT) if hasattr(part, "setup") else None)
    if cfg.objective.get("free_bits"):
        vae.objective.free_bits = vae(X)[1]["kl"].item()  # one part is above, the other below
    if cfg.objective.get("capacity"):
        for _ in range(2):  # in the first step it is 0, from then on the KL of the whole
            vae.objective.capacity.beta = vae(X)[1]["kl"].item()
    whole = vae(X)[0].item()
    return whole, sum(vae(x)[0].item() * len(x) / COUNT for x in X.split(SIZES))


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_a_loss_is_an_average_over_data_unless_the_docs_say_otherwise(words):
    whole, parts = losses(words)
    named = [name for word, name in OF_THE_BATCH.items() if word in words]
    assert (abs(whole - parts) > 1e-3) == bool(named), (whole, parts)
    page = Path(CONF.parent / "docs" / "cluster.md")
    if named and page.exists():  # in a checkout
        (sentence,) = (s for s in page.read_text().split(". ") if s.startswith("Only batch norm"))
        assert named[0] in sentence
