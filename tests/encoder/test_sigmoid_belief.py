"""Layers of bits, against sums over all codes."""

import itertools

import pytest
import torch

from tests.checked import assert_ok
from vae_exp.checking.subject import Subject
from vae_exp.configuration.compose import compose
from vae_exp.configuration.instantiate import instantiate
from vae_exp.experiment import build

BOTH = ["encoder=sigmoid_belief", "prior=sigmoid_belief", "network=linear", "kl=monte_carlo"]
BATCHES, COPIES = 60, 300


def parts(latents, x_shape=(1, 4, 4)):
    cfg = compose(*BOTH, f"encoder.latents={latents}", f"z_dim={sum(latents)}")
    encoder = instantiate(cfg.encoder, x_shape=x_shape)
    return encoder, instantiate(cfg.prior, {"encoder": encoder})


@pytest.mark.parametrize("role", ["encoder", "prior"])
def test_the_checks_of_layers_of_bits_pass(role):
    def made(x_shape, z_dim):
        encoder, prior = parts([2, 1, 1], x_shape)
        return (encoder if role == "encoder" else prior), []

    assert_ok(Subject(role, made, (1, 4, 4), 4), "shapes", "batches", "density", "samples", "mean")


def model(*words):
    """In double precision, with layers that are far from even chances."""
    cfg = compose(*BOTH, "decoder=bernoulli", "encoder.latents=[2,1]", "z_dim=3", *words)
    torch.manual_seed(0)
    vae = build(cfg).vae.double()
    with torch.no_grad():
        for parameter in vae.parameters():
            parameter.copy_(0.7 * torch.randn_like(parameter))
    return vae


def gradient(vae, loss):
    loss.backward()
    return torch.cat([parameter.grad.flatten() for parameter in vae.parameters()])


def exact(vae, x, samples):
    """∂ Σ over tuples of codes Π_s q(z_s|x) · −log 1/S Σ_s p(x, z_s) / q(z_s|x)."""
    q_z, p_z = vae.encoder(x[:1]), vae.prior()
    z = q_z.enumerate_support()  # (8, 1, 3)
    log_q = q_z.log_prob(z)
    log_w = vae.decoder(z).log_prob(x[:1]) + p_z.log_prob(z) - log_q
    tuples = torch.tensor([*itertools.product(range(8), repeat=samples)])
    bound = log_w[tuples].logsumexp(1) - torch.tensor(samples).log()
    return gradient(vae, -(log_q[tuples].sum(1).exp() * bound).sum())


@pytest.mark.parametrize("way", ["score_function", "vimco"])
@pytest.mark.parametrize("objective", ["elbo", "iwae"])
def test_every_gradient_is_unbiased(way, objective):
    """Of encoder, decoder and prior, in standard errors."""
    words = [f"encoder.gradient={way}", f"objective={objective}", "objective.samples=2"]
    x = (torch.rand(1, 1, 8, 8, dtype=torch.float64) < 0.3).double().expand(COPIES, 1, 8, 8)
    truth = exact(model(), x, 1 if objective == "elbo" else 2)
    vae = model(*words)
    torch.manual_seed(1)
    rows = []
    for _ in range(BATCHES):
        vae.zero_grad()
        rows.append(gradient(vae, vae(x)[0]))
    rows = torch.stack(rows[1:])  # the first is without a running average
    z = (rows.mean(0) - truth) / (rows.std(0) / len(rows) ** 0.5).clamp(min=1e-9)
    assert z.abs().max() < 5.5
    assert z.square().mean() < 1.5


def test_enumeration_is_exact():
    x = torch.ones(1, 1, 8, 8, dtype=torch.float64)
    vae = model("encoder.gradient=enumerate")
    loss, _ = vae(x)
    torch.testing.assert_close(gradient(vae, loss), exact(model(), x, 1))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["encoder.latents=[3]"], "two layers or more"),
        (["prior.latents=[2,2]"], "those of the encoder"),
        (["encoder.gradient=vimco"], "objective.samples: expected 2 or more"),
        (["encoder.gradient=enumerate", "encoder.latents=[20,10]"], "65,536 at most"),
        (["kl=analytic"], "^kl: "),
        (["prior=standard_normal"], "^prior: "),
    ],
)
def test_what_cannot_work_is_refused(words, said):
    with pytest.raises(ValueError, match=said):
        build(compose(*BOTH, "decoder=bernoulli", *words))
