"""Parts that return something else than their contract says: refused in words, before training."""

import pytest
import torch
from torch.distributions import Independent, Normal

from vae_exp import build, compose
from vae_exp.configuration.contracts import check_distributions, check_estimate
from vae_exp.kl import KLEstimator

SMALL = ("decoder=gaussian", "network=linear", "z_dim=5")
EVENT = (1, 8, 8)


def normal(*shape):
    return Normal(torch.zeros(shape), torch.ones(shape))


def raise_with(error):
    raise error


# what the part returns for two data, one sample, five latents; and what is said
WRONG = {
    "encoder tuple": ("encoder", lambda x: (x, x), "Distribution, q(z|x), got tuple"),
    "encoder event": (
        "encoder",
        lambda x: normal(2, 5),
        "q(z|x) of batch (2,), event (Z,), got batch (2, 5), event (); are the event's dimensions "
        "summed? Independent(..., 1) does",
    ),
    "prior event": ("prior", lambda: normal(5), "p(z) of batch () or (2,), event (5,), got batch"),
    "prior size": ("prior", lambda: Independent(normal(7), 1), "got batch (), event (7,)"),
    "decoder tensor": ("decoder", lambda z: z, "Distribution, p(x|z), got Tensor"),
    "decoder event": (
        "decoder",
        lambda z: normal(1, 2, *EVENT),
        "p(x|z) of batch (1, 2), event (1, 8, 8), got batch (1, 2, 1, 8, 8), event (); are the "
        "event's dimensions summed? Independent(..., 3) does",
    ),
    "decoder flat": ("decoder", lambda z: Independent(normal(1, 2, 64), 1), "got batch (1, 2), "),
    "decoder mean": (
        "decoder",
        lambda z: raise_with(RuntimeError("mat1 and\nmat2")),
        "to take a few of the data, got RuntimeError: mat1 and mat2; python -m vae_exp.check",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_part_that_returns_something_else_is_named(case):
    experiment = build(compose(*SMALL))
    part, forward, words = WRONG[case]
    getattr(experiment.vae, part).forward = forward
    x, _ = experiment.data.at("train", slice(0, 9))
    with pytest.raises(ValueError, match=rf"^{part}: expected ") as refusal:
        check_distributions(experiment.vae, x)
    assert words in str(refusal.value) and "\n" not in str(refusal.value)


class Joint(KLEstimator):
    """−log r of each sample, without a dimension for the latents: the sum is over the batch."""

    def per_latent(self, q_z, p_z, z):
        return q_z.log_prob(z) - p_z.log_prob(z)


class Scalar(KLEstimator):
    def per_latent(self, q_z, p_z, z):
        return (q_z.log_prob(z) - p_z.log_prob(z)).mean(0, keepdim=True).mean(1)


@pytest.mark.parametrize("kl", [Joint, Scalar])
@pytest.mark.parametrize("samples", [1, 2, 3])
def test_an_estimate_for_each_sample_or_datum_is_asked_of_a_kl(kl, samples):
    experiment = build(compose(*SMALL, f"objective.samples={samples}"))
    x, _ = experiment.data.at("train", slice(0, 9))
    distributions = check_distributions(experiment.vae, x)
    check_estimate(experiment.vae, *distributions)
    experiment.vae.kl = kl("auto")
    with pytest.raises(ValueError, match=r"^kl: expected the sum of per_latent .* one for each"):
        check_estimate(experiment.vae, *distributions)


def test_a_refusal_in_a_parts_own_words_stays_as_it_is():
    experiment = build(compose(*SMALL))
    own = ValueError("decoder.depth: expected 3, got 4")
    experiment.vae.decoder.forward = lambda z: raise_with(own)
    with pytest.raises(ValueError, match=r"^decoder\.depth: expected 3, got 4$"):
        check_distributions(experiment.vae, experiment.data.at("train", slice(0, 9))[0])


def test_no_estimator_of_another_make():
    experiment = build(compose(*SMALL))
    x, _ = experiment.data.at("train", slice(0, 9))
    distributions = check_distributions(experiment.vae, x)
    experiment.vae.kl = torch.nn.Identity()
    with pytest.raises(ValueError, match=r"^kl: expected a subclass of vae_exp\.kl\.KLEstimator"):
        check_estimate(experiment.vae, *distributions)
