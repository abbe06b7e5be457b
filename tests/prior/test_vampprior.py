"""The VampPrior: a mixture of the model's own posteriors, at pseudo-inputs that are learned."""

import math
import pickle
from functools import partial

import pytest
import torch

from tests.conftest import one_in, options
from vae_exp.configuration.compose import compose
from vae_exp.distribution.bounded import Bounded
from vae_exp.encoder.gaussian import Gaussian
from vae_exp.experiment import build
from vae_exp.network.linear import Linear
from vae_exp.prior.vampprior import VampPrior

X = (1, 4, 4)


def vampprior(components=3, start="data", x_shape=X, z_dim=2):
    encoder = Gaussian(x_shape, z_dim, partial(Linear, init="default"))
    return encoder, VampPrior(encoder, x_shape, components, start)


def model(*overrides):
    small = ["z_dim=2", "network.hidden=[16]", "prior.components=4", "kl=monte_carlo"]
    experiment = build(compose("prior=vampprior", *small, *overrides))
    return experiment.vae, experiment.data.batch("train", slice(0, 32))


def test_is_the_average_posterior_of_its_pseudo_inputs():
    encoder, prior = vampprior()
    z = torch.randn(10, 2)
    each = [encoder(u).log_prob(z).exp() for u in prior.pseudo_inputs()]
    torch.testing.assert_close(prior().log_prob(z), (sum(each) / 3).log())
    means = encoder(prior.pseudo_inputs()).mean
    torch.testing.assert_close(prior().mean, means.mean(0))


def test_starts_at_different_training_data():
    _, prior = vampprior(components=20)
    x = torch.rand(30, *X)
    prior.setup(x, 30)
    same = (prior.pseudo_inputs().unsqueeze(1) == x).flatten(2).all(-1)  # (K, N)
    assert (same.sum(1) == 1).all()
    assert (same.sum(0) <= 1).all()


def test_has_more_components_than_data():
    _, prior = vampprior(components=7)
    x = torch.rand(3, *X)
    prior.setup(x, 3)
    same = (prior.pseudo_inputs().unsqueeze(1) == x).flatten(2).all(-1)
    assert same.any(1).all() and same.any(0).all()


def test_random_start_has_the_mean_and_spread_of_the_data():
    _, prior = vampprior(components=20_000, start="random")
    x = 3 + 2 * torch.randn(500, *X)
    prior.setup(x, 500)
    u = prior.pseudo_inputs().flatten(1)
    mean, spread = x.flatten(1).mean(0), x.flatten(1).std(0, correction=0)
    assert ((u.mean(0) - mean) / (spread / 20_000**0.5)).abs().max() < 5
    # the standard error of a normal's standard deviation is σ / √(2 N)
    assert ((u.std(0) - spread) / (spread / 40_000**0.5)).abs().max() < 5


@pytest.mark.parametrize("start", ["data", "random"])
def test_pseudo_inputs_stay_in_the_unit_interval_if_the_data_do(start):
    _, prior = vampprior(start=start)
    prior.setup(torch.rand(50, *X), 50)
    optimizer = torch.optim.SGD(prior.parameters(), lr=100.0)
    for _ in range(5):
        loss = -prior().log_prob(torch.full((2,), 10.0))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert prior.raw.min() < 0 or prior.raw.max() > 1
    u = prior.pseudo_inputs()
    assert u.min() >= 0 and u.max() <= 1


@pytest.mark.parametrize("start", ["data", "random"])
def test_every_pixel_of_bits_has_a_gradient_that_is_lost_nowhere(start):
    """All start on a border or in between; wherever descent has taken one, it can come back."""
    _, prior = vampprior(components=20, start=start)
    bits = (torch.rand(50, *X) < 0.3).float()
    bits[:, 0, 0] = 0.0  # pixels that never change, as in the corner of digits
    prior.setup(bits, 50)
    assert (gradient_of(prior, torch.ones_like(prior.raw)) == 1).all()
    assert (gradient_of(prior, -torch.ones_like(prior.raw)) == -1).all()
    optimizer = torch.optim.Adam(prior.parameters(), lr=0.1)
    for direction in (1.0, -1.0):  # all to one border and beyond, then all to the other
        for _ in range(60):
            optimizer.zero_grad()
            (direction * prior.pseudo_inputs()).sum().backward()
            optimizer.step()
        assert prior.pseudo_inputs().unique().tolist() == [0.0 if direction > 0 else 1.0]
        assert (prior.raw - 0.5).abs().max() < 3  # what momentum alone does


def gradient_of(prior, of_u):
    return torch.autograd.grad(prior.pseudo_inputs(), prior.raw, of_u)[0]


def test_a_gradient_is_not_followed_further_out_of_its_bounds():
    raw = torch.tensor([-0.2, 0.0, 0.4, 1.0, 1.3], requires_grad=True)
    for of_u, expected in [(1.0, [0, 1, 1, 1, 1]), (-1.0, [-1, -1, -1, -1, 0])]:
        u = Bounded.apply(raw, torch.tensor(0.0), torch.tensor(1.0))
        torch.testing.assert_close(u.detach(), raw.detach().clamp(0, 1))
        (gradient,) = torch.autograd.grad(u, raw, torch.full_like(raw, of_u))
        assert gradient.tolist() == expected
        u = Bounded.apply(raw, torch.tensor(-torch.inf), torch.tensor(torch.inf))
        (gradient,) = torch.autograd.grad(u, raw, torch.full_like(raw, of_u))
        assert torch.equal(u, raw) and gradient.tolist() == [of_u] * 5


def test_pseudo_inputs_of_bits_learn():
    """Of a clamp, nine in ten pixels have no gradient after as many steps."""
    small = ["decoder=bernoulli", "trainer.epochs=10", "trainer.log_every=1000", "z_dim=4"]
    words = ["prior=vampprior", "kl=monte_carlo", "prior.components=20", "network.hidden=[32]"]
    experiment = build(compose(*small, *words))
    vae, x = experiment.vae, experiment.data.batch("train", slice(0, 256))
    first = vae.prior.pseudo_inputs().detach().clone()
    list(experiment.train())
    vae.zero_grad()
    vae(x)[0].backward()
    assert (vae.prior.raw.grad != 0).float().mean() > 0.7
    assert (vae.prior.pseudo_inputs() != first).float().mean() > 0.4


def test_pseudo_inputs_go_anywhere_if_the_data_do():
    _, prior = vampprior()
    x = 5 * torch.randn(50, *X)
    prior.setup(x, 50)
    assert prior.pseudo_inputs().abs().max() > 2
    # and a copy that has met no data knows
    for data, bounded in ((x, False), (torch.rand(50, *X), True)):
        _, met = vampprior()
        met.setup(data, 50)
        _, copy = vampprior()
        copy.load_state_dict(met.state_dict())
        copy.raw.data.fill_(7.0)
        assert copy.pseudo_inputs().max().item() == (1 if bounded else 7)


def test_the_encoder_is_the_models_own_and_stands_in_it_once():
    vae, _ = model()
    (encoder,) = vae.prior._encoder
    assert encoder is vae.encoder
    assert [name for name, _ in vae.prior.named_parameters()] == ["raw"]
    assert not any(name.startswith("prior._encoder") for name in vae.state_dict())
    assert len({id(p) for p in vae.parameters()}) == len(list(vae.parameters()))
    copy = pickle.loads(pickle.dumps(vae))
    assert copy.prior._encoder[0] is copy.encoder


def test_the_program_starts_it_at_the_data():
    vae, _ = model("data.binarize=none")
    data = build(compose("data.binarize=none")).data
    x = data.batch("train", slice(0, data.size("train"))).flatten(1)
    distance = torch.cdist(vae.prior.pseudo_inputs().detach().flatten(1), x)
    assert distance.min(1).values.max() < 1e-3


def test_the_loss_trains_pseudo_inputs_and_the_encoder_through_the_prior():
    vae, x = model()
    z = torch.randn(8, 2)
    vae.prior().log_prob(z).mean().backward()
    assert vae.prior.raw.grad.abs().max() > 0
    assert all(p.grad is not None for p in vae.encoder.parameters())
    first = [p.detach().clone() for p in vae.prior.parameters()]
    for _ in range(3):
        loss, info = vae(x)
        vae.optimizer.zero_grad()
        loss.backward()
        vae.optimizer.step()
    assert math.isfinite(info["elbo"])
    assert all((p != b).any() for p, b in zip(vae.prior.parameters(), first))


@pytest.mark.parametrize("encoder", one_in(5, [o for o in options("encoder") if o != "fsq"]))
def test_goes_with_every_posterior(encoder):
    small = {"two_layer": "encoder.lower_dim=1"}
    small |= dict.fromkeys(("hierarchical", "sigmoid_belief"), "encoder.latents=[1,1]")
    own = [small[encoder]] if encoder in small else []
    vae, x = model(f"encoder={encoder}", *own)
    loss, info = vae(x)
    loss.backward()
    assert loss.isfinite() and info["elbo"].isfinite()
    p_z = vae.prior()
    z = p_z.sample((20_000,))
    if encoder != "wrapped_normal":  # whose mean is not that of coordinates
        error = (z.mean(0) - p_z.mean) / (z.std(0) / 20_000**0.5)
        assert error.abs().max() < 5
    each = torch.stack([vae.encoder(u).log_prob(z[:50]) for u in vae.prior.pseudo_inputs()])
    torch.testing.assert_close(p_z.log_prob(z[:50]), each.logsumexp(0) - math.log(4))


def test_noise_starts_every_pixel_of_every_pseudo_input_alike():
    _, prior = vampprior(components=400, start="noise")
    prior.setup(torch.rand(50, *X).round(), 50)
    u = prior.pseudo_inputs().detach()
    n = u.numel()
    assert abs(u.mean() - 0.05) < 4 * 0.01 / n**0.5
    assert abs(u.std() - 0.01) < 4 * 0.01 / (2 * n) ** 0.5
