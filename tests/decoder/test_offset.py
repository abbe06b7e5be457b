"""Rates that are shares of a datum's total, and zero inflation, against SciPy."""

import itertools
from functools import partial

import pytest
import torch
from scipy import stats
from torch.distributions import Poisson as TorchPoisson

from tests.conftest import option_file, options
from vae_exp import build
from vae_exp.configuration.compose import compose
from vae_exp.configuration.instantiate import instantiate
from vae_exp.decoder.negative_binomial import NegativeBinomial
from vae_exp.decoder.poisson import Poisson
from vae_exp.decoder.zero_inflated_negative_binomial import ZeroInflatedNegativeBinomial
from vae_exp.distribution.observed import given
from vae_exp.network.linear import Linear

LINEAR = partial(Linear, init="default")
COUNTS = [name for name in options("decoder") if "offset" in option_file("decoder", name)]


def part(kind, shape=(3,), **arguments):
    return kind(shape, 2, LINEAR, offset="library", **arguments).double().eval()


def of_total(total, dimensions):
    """All x of so many counts."""
    every = itertools.product(range(total + 1), repeat=dimensions)
    return torch.tensor([x for x in every if sum(x) == total], dtype=torch.double)


@pytest.mark.parametrize("total", [1, 4])
def test_given_the_total_poissons_are_a_multinomial_of_the_shares(total):
    decoder = part(Poisson)
    z, x = torch.randn(2).double(), of_total(total, 3)
    share = decoder.network(z).softmax(-1)
    of_the_total = TorchPoisson(torch.tensor(float(total)).double()).log_prob(x.sum(-1))
    ours = decoder(z).log_prob(x) - of_the_total
    exact = stats.multinomial(total, share.detach().numpy()).logpmf(x.numpy())
    torch.testing.assert_close(ours, torch.from_numpy(exact), rtol=0, atol=5e-3)  # raw is bounded
    assert ours.exp().sum().item() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("shape", [(3,), (4, 2), (2, 2, 3)])
def test_the_mean_is_the_share_of_its_own_total(shape):
    decoder = part(NegativeBinomial, shape, dispersion="per_component")
    z, x = torch.randn(5, 7, 2).double(), torch.poisson(torch.full((7, *shape), 4.0).double())
    raw = decoder.network(z)
    axes = tuple(range(-len(shape), 0))
    share = (15 * (raw / 15).tanh()).exp()
    share = share / share.sum(axes, keepdim=True)
    mean, r = x.sum(axes, keepdim=True) * share, torch.ones(())  # r starts at 1
    exact = stats.nbinom(r, (r / (r + mean)).detach().numpy()).logpmf(x.numpy())
    ours = decoder(z).log_prob(x)
    assert ours.shape == (5, 7)
    torch.testing.assert_close(ours, torch.from_numpy(exact).sum(axes))


def test_it_is_the_same_distribution_for_each_total_that_is_fixed():
    """p(x|z, l) of x whose total is l is what the family says at the mean l ρ, whatever z is."""
    decoder = part(NegativeBinomial, dispersion="network")
    z, x = torch.randn(4, 2).double(), of_total(5, 3)[:4]
    decoder.setup(torch.tensor([[5.0, 0, 0], [1, 1, 3]]).double(), 2)  # whose totals are 5
    assert decoder.offset.size == 5
    p_x = decoder(z)
    torch.testing.assert_close(p_x.log_prob(x), p_x.base_dist.typical.log_prob(x).sum(-1))
    torch.testing.assert_close(p_x.mean.sum(-1), torch.full((4,), 5.0).double())


def test_of_a_row_with_missing_counts_the_total_and_the_shares_are_of_the_others():
    """Which is the density, the mean, and the draws, of what is observed and of what is not."""
    decoder = part(Poisson, (4,))
    z, x = torch.randn(2).double(), torch.tensor([[30.0, torch.nan, 8, torch.nan]] * 3).double()
    x[1] *= 100
    share = decoder.network(z)
    share = (15 * (share / 15).tanh()).softmax(-1).detach()
    mean = x[:, [0, 2]].sum(-1, keepdim=True) / share[[0, 2]].sum() * share  # (3, 4)
    exact = stats.poisson(mean[:, [0, 2]].numpy()).logpmf(x[:, [0, 2]].numpy()).sum(-1)
    torch.testing.assert_close(decoder(z).log_prob(x), torch.from_numpy(exact))

    p_x = given(decoder(z), x)
    torch.testing.assert_close(p_x.mean, mean)
    drawn = p_x.sample((4000,))
    assert ((drawn.mean(0) - mean) / (mean / 4000).sqrt()).abs().max() < 4.5  # standard errors


def test_what_is_missing_is_imputed_at_the_size_of_its_own_row():
    """E[x_mis|x_obs] of a model whose z says nothing."""
    cfg = compose("data=counts", "decoder=poisson", "decoder.offset=library", "data.missing=0.5")
    vae = build(cfg).vae.eval()
    for weight in vae.decoder.network.parameters():
        torch.nn.init.zeros_(weight)
    x = torch.full((2, *vae.observe.shape), torch.nan)
    x[0, 0], x[1, 0] = 3, 5000
    found = vae.impute(x, samples=8, draws=2)
    torch.testing.assert_close(found.mean, x[:, :1].expand_as(x))
    assert (found.draws[:, 1, 1:].mean() - 5000).abs() < 200 > (found.draws[:, 0].mean() - 3).abs()
    # of a row of which nothing is known, the usual size
    usual = vae.decoder.offset.size / x[0].numel()
    found = vae.impute(x[:1] * torch.nan, samples=8).mean
    torch.testing.assert_close(found, usual.expand_as(found))


@pytest.mark.parametrize("option", COUNTS)
def test_rows_of_nothing_and_of_millions_are_finite(option):
    cfg = compose(f"decoder={option}", "decoder.offset=library", "network=linear", "z_dim=2")
    decoder = instantiate(cfg.decoder, x_shape=(3,))
    x = torch.tensor([[0.0, 0, 0], [1e7, 0, 0], [0, 1, 0]])
    decoder.setup(x, 3)
    z = (1000 * torch.randn(50, 3, 2)).requires_grad_()
    log_p = decoder(z).log_prob(x)
    assert log_p.isfinite().all()
    log_p.sum().backward()
    assert all(p.grad.isfinite().all() for p in (z, *decoder.parameters()))
    assert decoder(z).sample().shape == (50, 3, 3)


def test_missing_counts_are_not_of_the_total():
    library = part(Poisson).offset
    x = torch.tensor([[1.0, torch.nan, 3.0], [torch.nan] * 3])
    assert library.total(x).tolist() == [[4.0], [1.0]]


@pytest.mark.parametrize("dispersion", ["per_component", "network"])
def test_zero_inflated_is_a_mixture_with_nothing(dispersion):
    decoder = ZeroInflatedNegativeBinomial((1,), 2, LINEAR, dispersion, offset="none").double()
    z, x = torch.randn(6, 2).double(), torch.arange(4000.0).double()[:, None, None]
    p_x = decoder(z).base_dist
    zero, counts = p_x.zero_logits.sigmoid(), p_x.counts
    p = p_x.log_prob(x).exp()
    total, mean = p.sum(0), (x * p).sum(0)
    torch.testing.assert_close(total, torch.ones(6, 1).double())
    torch.testing.assert_close(mean, p_x.mean)
    torch.testing.assert_close((x.square() * p).sum(0) - mean.square(), p_x.variance)
    r, q = counts.total_count.detach().numpy(), 1 - counts.probs.detach().numpy()
    exact = (1 - zero) * torch.from_numpy(stats.nbinom(r, q).pmf(x.numpy())) + zero * (x == 0)
    torch.testing.assert_close(p, exact)


def test_draws_of_the_zero_inflated_are_as_many_zeros_as_it_says():
    decoder = ZeroInflatedNegativeBinomial((2,), 2, LINEAR, "network", offset="none").double()
    p_x, n = decoder(torch.randn(2).double()).base_dist, 20_000
    x = p_x.sample((n,))
    p = p_x.log_prob(torch.zeros(2).double()).exp()
    assert ((x == 0).double().mean(0) - p).abs().div((p * (1 - p) / n).sqrt()).max() < 4.5
    assert (x.mean(0) - p_x.mean).abs().div((p_x.variance / n).sqrt()).max() < 4.5


def test_the_chance_of_nothing_comes_from_the_network_and_has_a_finite_gradient():
    decoder = ZeroInflatedNegativeBinomial((3,), 2, LINEAR, "per_component", offset="none")
    raw, logits = (torch.tensor([-1e4, 0.0, 1e4]).requires_grad_() for _ in range(2))
    for x in (0.0, 7.0):
        log_p = decoder.components(raw, logits).log_prob(torch.full((3,), x))
        gradients = torch.autograd.grad(log_p.sum(), (raw, logits, decoder.raw))
        assert log_p.isfinite().all() and all(g.isfinite().all() for g in gradients)
    pi = decoder(torch.randn(5, 2)).base_dist.zero_logits.sigmoid()
    assert pi.shape == (5, 3) and pi.std(0).min() > 0
