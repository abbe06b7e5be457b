"""FactorVAE against a total correlation in closed form, and who learns from which term."""

import math

import pytest
import torch
from torch import nn

from tests.objective.linear_gaussian import elbo, model, seeded
from vae_exp.configuration.compose import compose
from vae_exp.experiment import build
from vae_exp.kl.analytic import Analytic
from vae_exp.objective.factor_vae import FactorVAE, shuffle

X = torch.randn(6, 1, generator=seeded(), dtype=torch.float64)
RHO = 0.8
KNOWN = -math.log(1 - RHO**2) / 2  # their total correlation
WORDS = ["objective=factor_vae", "objective.hidden=[8]", "z_dim=3", "network.hidden=[8]"]


@pytest.fixture(scope="module")
def experiment():
    return build(compose(*WORDS, "objective.gamma=7", "kl=monte_carlo"))


def of_batch(vae, x):
    torch.manual_seed(3)
    return vae(x)


def gradients(value, parameters):
    found = torch.autograd.grad(value, parameters, allow_unused=True)
    return [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, found)]


def correlated(count):
    """Samples of two standard normals with the correlation ρ."""
    torch.manual_seed(0)
    return torch.randn(count, 2) @ torch.linalg.cholesky(torch.tensor([[1, RHO], [RHO, 1]])).T


class LogRatio(nn.Module):
    """a (log q(z) − Σ_d log q(z_d)) + b of these two."""

    def __init__(self):
        super().__init__()
        self.parts = nn.Parameter(torch.tensor([1.0, 0.0]))  # a, b

    def forward(self, z):
        joint = z.square().sum(-1, keepdim=True) - 2 * RHO * z.prod(-1, keepdim=True)
        exponent = z.square().sum(-1, keepdim=True) - joint / (1 - RHO**2)
        a, b = self.parts
        return a * (KNOWN + exponent / 2) + b


def test_the_discriminators_loss_is_least_at_the_log_ratio_whose_mean_is_the_total_correlation():
    part = FactorVAE(1, 2, 1.0, [4])
    part.discriminator = LogRatio()
    z = correlated(40_000)
    with torch.no_grad():
        log_ratio = part.discriminator(z)
    stderr = (log_ratio.std() / len(z) ** 0.5).item()
    assert abs(log_ratio.mean().item() - KNOWN) < 4 * stderr < 0.03

    slopes = []
    for some in z.split(1000):
        (slope,) = torch.autograd.grad(part.discriminate(some), part.discriminator.parts)
        slopes.append(slope)
    slopes = torch.stack(slopes)
    assert (slopes.mean(0).abs() < 4 * slopes.std(0) / len(slopes) ** 0.5).all()
    assert (slopes.std(0) < 0.05).all()


@pytest.mark.long
def test_a_trained_discriminator_finds_it():
    torch.manual_seed(1)
    part = FactorVAE(1, 2, 1.0, [24])
    z = correlated(6000)
    optimizer = torch.optim.Adam(part.parameters(), 1e-2)
    for _ in range(300):
        optimizer.zero_grad()
        part.discriminate(z[:3000]).backward()
        optimizer.step()
    with torch.no_grad():
        logit, apart = part.discriminator(z[3000:]).mean().item(), part.discriminate(z[3000:])
    assert logit == pytest.approx(KNOWN, abs=0.06)
    assert apart.item() < math.log(2) - 0.1


def test_what_tells_nothing_costs_log_2_and_adds_nothing():
    torch.manual_seed(5)
    plain = model(elbo(2), Analytic("auto"))(X)[0].item()
    part = FactorVAE(2, 1, 9.0, [4]).double()
    for parameter in part.parameters():
        nn.init.zeros_(parameter)
    torch.manual_seed(5)
    loss, info = model(part, Analytic("auto"))(X)
    assert loss.item() == pytest.approx(plain)
    assert info["discriminator_loss"].item() == pytest.approx(math.log(2))
    assert info["total_correlation"].item() == 0


def test_each_learns_from_its_own_term_alone(experiment):
    vae, x = experiment.vae, experiment.data.batch("train", slice(0, 20))
    part = vae.objective
    own, others = list(part.parameters()), []
    for child in (vae.encoder, vae.decoder):
        others += list(child.parameters())
    loss, info = of_batch(vae, x)
    found = gradients(loss, [*own, *others])

    torch.manual_seed(3)
    q_z, p_z = vae.encoder(x), vae.prior()
    z = q_z.rsample((1,))
    negative_elbo = (-vae.decoder(z).log_prob(x) + q_z.log_prob(z) - p_z.log_prob(z)).mean()
    penalty = 7 * part.discriminator(z[0]).mean()
    expected = [
        *gradients(part.discriminate(z[0].detach()), own),
        *gradients(negative_elbo + penalty, others),
    ]
    assert len(found) == len(expected) and all(g.any() for g in found)
    torch.testing.assert_close(found, expected)
    assert loss.item() == pytest.approx((negative_elbo + penalty).item(), rel=1e-6)
    assert info["elbo"].item() == pytest.approx(-negative_elbo.item(), rel=1e-5)


def test_one_step_trains_both(experiment):
    vae, x = experiment.vae, experiment.data.batch("train", slice(0, 20))
    before = {name: p.detach().clone() for name, p in vae.named_parameters()}
    vae.optimizer.zero_grad()
    of_batch(vae, x)[0].backward()
    vae.optimizer.step()
    moved = {name.split(".")[0] for name, p in vae.named_parameters() if (p != before[name]).any()}
    assert moved == {"encoder", "decoder", "objective"}


def test_a_shuffle_keeps_each_dimension_and_no_pair():
    z = torch.arange(400.0).unsqueeze(-1).expand(400, 2)
    torch.manual_seed(0)
    shuffled = shuffle(z)
    assert torch.equal(shuffled.sort(0).values, z)
    assert abs(torch.corrcoef(shuffled.T)[0, 1].item()) < 4 / 400**0.5


def test_a_batch_of_one_is_finite():
    vae = model(FactorVAE(1, 1, 1.0, [4]).double(), Analytic("auto"))
    loss, _ = vae(X[:1])
    loss.backward()
    assert loss.isfinite() and vae.encoder.slope.grad.isfinite().all()


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["objective.gamma=-1"], r"objective\.gamma: expected 0 or more, got -1"),
        (["objective.hidden=[4,0]"], r"objective\.hidden: expected positive widths"),
        (
            ["encoder=power_spherical", "prior=uniform_sphere", "kl=monte_carlo"],
            r"objective: expected a posterior on real numbers.*use encoder=gaussian",
        ),
    ],
)
def test_what_it_cannot_do_is_refused(words, message):
    with pytest.raises(ValueError, match=message):
        build(compose(*WORDS, *words))
