"""Each gradient of an average over codes against the enumerated one."""

import itertools

import pytest
import torch
from torch.distributions import Independent, Normal

from vae_exp.distribution.bit_codes import BitCodes
from vae_exp.distribution.one_hot import OneHotCodes
from vae_exp.expectation.enumeration import Enumeration
from vae_exp.expectation.relaxed import Concrete, GumbelSoftmax, StraightThrough
from vae_exp.expectation.score_function import ScoreFunction
from vae_exp.expectation.temperature import Temperature
from vae_exp.expectation.vimco import VIMCO
from vae_exp.kl.analytic import Analytic
from vae_exp.kl.monte_carlo import MonteCarlo
from vae_exp.objective import Terms
from vae_exp.objective.ciwae import CIWAE
from vae_exp.objective.elbo import ELBO
from vae_exp.objective.iwae import IWAE
from vae_exp.objective.miwae import MIWAE
from vae_exp.objective.renyi import Renyi

COPIES = 20_000  # of one datum, each with draws of its own
SAMPLES = 2
CODES = {
    "bits": (BitCodes, (3,), 3),
    "categories": (OneHotCodes, (2, 3), 6),
}
ELBOS = {
    "elbo": lambda: ELBO(SAMPLES, 1.0, "constant", 1, 0.0, None, 1),
    "beta": lambda: ELBO(SAMPLES, 0.5, "constant", 1, 0.0, None, 1),
}
BOUNDS = {
    "iwae": lambda: IWAE(SAMPLES),
    "miwae": lambda: MIWAE(2 * SAMPLES, 2),
    "ciwae": lambda: CIWAE(SAMPLES, 0.3),
    "renyi": lambda: Renyi(SAMPLES, 0.5),
    "renyi of the elbo": lambda: Renyi(SAMPLES, 1.0),
}
UNBIASED = {"score_function": ScoreFunction, "vimco": VIMCO}


class Decoder:
    """p(x|z) = N(x | W z + sin z V, 1), for one x."""

    def __init__(self, z_dim):
        generator = torch.Generator().manual_seed(3)
        draw = {"generator": generator, "dtype": torch.float64}
        self.weight = torch.randn(z_dim, 2, **draw)
        self.pairs = torch.randn(z_dim, z_dim, 2, **draw)
        self.x = torch.tensor([0.7, -1.1], dtype=torch.float64)

    def __call__(self, z):
        of_pairs = torch.einsum("...i,ijk,...j->...k", z, self.pairs, z)
        return Independent(Normal(z @ self.weight + 0.5 * of_pairs, 1.0), 1)

    def loss(self, z):
        return -self(z).log_prob(self.x)


def model(kind):
    family, shape, z_dim = CODES[kind]
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(shape, generator=generator, dtype=torch.float64)
    prior = 0.3 * torch.randn(shape, generator=generator, dtype=torch.float64)
    return family, logits, family(prior), Decoder(z_dim)


def terms_of(expectation, kl, family, logits, p_z, decoder, samples):
    q_z = family(logits)
    z = expectation.draw(q_z, samples)
    losses = decoder.loss(z), kl(q_z, p_z, z)
    x = decoder.x.expand(len(logits), -1)
    return Terms(x, q_z, p_z, decoder(z), z, *losses, kl, decoder, None, expectation)


def estimates(expectation, objective, kl, kind, batches=1):
    """The gradient of each copy's own loss, (COPIES, ...), of the last of some batches."""
    torch.manual_seed(0)
    family, logits, p_z, decoder = model(kind)
    for _ in range(batches):
        each = logits.repeat(COPIES, *[1] * logits.ndim).requires_grad_()
        terms = terms_of(expectation, kl, family, each, p_z, decoder, objective.samples)
        (COPIES * objective(terms)).backward()
    return each.grad.flatten(1)


def exact(objective, kl, kind):
    """∂ / ∂ logits of Σ over all tuples of codes Π_s q(z_s) · loss(z_1, ..., z_S)."""
    family, logits, p_z, decoder = model(kind)
    each = logits.unsqueeze(0).requires_grad_()
    q_z = family(each)
    codes = q_z.enumerate_support().squeeze(1)
    chosen = torch.tensor([*itertools.product(range(len(codes)), repeat=objective.samples)])
    z = codes[chosen].transpose(0, 1)  # (S, tuples, Z)
    of_all = family(each.expand(len(chosen), *logits.shape))
    q = of_all.log_prob(z).sum(0).exp()
    losses = decoder.loss(z), kl(of_all, p_z, z)
    x = decoder.x.expand(len(chosen), -1)
    # each tuple counts with its probability
    terms = Terms(x, of_all, p_z, decoder(z), z, *losses, kl, decoder, q)
    objective(terms).backward()
    return each.grad.flatten()


def in_standard_errors(rows, truth):
    return (rows.mean(0) - truth) / (rows.std(0) / len(rows) ** 0.5).clamp(min=1e-12)


@pytest.mark.parametrize("kind", CODES)
@pytest.mark.parametrize("gradient", UNBIASED)
@pytest.mark.parametrize("kl", [Analytic("auto"), MonteCarlo("auto")], ids=["analytic", "sampled"])
@pytest.mark.parametrize("objective", ELBOS)
def test_gradient_of_the_elbo_is_unbiased(kind, gradient, kl, objective):
    objective = ELBOS[objective]()
    rows = estimates(UNBIASED[gradient](), objective, kl, kind, batches=2)
    assert in_standard_errors(rows, exact(objective, kl, kind)).abs().max() < 4.5


@pytest.mark.parametrize("kind", CODES)
@pytest.mark.parametrize("gradient", UNBIASED)
@pytest.mark.parametrize("objective", BOUNDS)
def test_gradient_of_a_bound_is_unbiased(kind, gradient, objective):
    objective, kl = BOUNDS[objective](), MonteCarlo("auto")
    if objective.samples > 3 and kind == "categories":
        pytest.skip("too many tuples")
    rows = estimates(UNBIASED[gradient](), objective, kl, kind, batches=2)
    assert in_standard_errors(rows, exact(objective, kl, kind)).abs().max() < 4.5


FREE_BITS = ELBO(SAMPLES, 1.0, "constant", 1, 0.1, None, 1)


@pytest.mark.parametrize("objective", [FREE_BITS, CIWAE(SAMPLES, 0.3)], ids=["free bits", "ciwae"])
def test_a_baseline_is_of_one_term_alone(objective):
    """And so as large as that term on average."""
    torch.manual_seed(0)
    family, logits, p_z, decoder = model("bits")
    kl, expectation = MonteCarlo("auto"), ScoreFunction()
    for _ in range(3):
        terms = terms_of(expectation, kl, family, logits.repeat(COPIES, 1), p_z, decoder, SAMPLES)
        objective(terms)
    assert expectation.batches_kl == expectation.batches_reconstruction_loss == 3
    of_each = objective is FREE_BITS  # of the variables
    kl_loss = kl.per_latent(terms.q_z, p_z, terms.z) if of_each else terms.kl_loss
    expected = {"kl": kl_loss, "reconstruction_loss": terms.reconstruction_loss}
    for term, values in expected.items():
        average = getattr(expectation, f"average_{term}").item()
        assert average == pytest.approx(values.mean().item(), rel=0.05)


@pytest.mark.parametrize("kind", CODES)
@pytest.mark.parametrize("kl", [Analytic("auto"), MonteCarlo("auto")], ids=["analytic", "sampled"])
def test_enumeration_is_exact(kind, kl):
    objective = ELBO(1, 0.7, "constant", 1, 0.0, None, 1)
    family, logits, p_z, decoder = model(kind)
    each = logits.unsqueeze(0).requires_grad_()
    terms = terms_of(Enumeration(1), kl, family, each, p_z, decoder, 1)
    loss = objective(terms)
    loss.backward()
    torch.testing.assert_close(each.grad.flatten(), exact(objective, kl, kind))
    q = family(logits)
    codes = q.enumerate_support()
    log_ratio = q.log_prob(codes) - p_z.log_prob(codes)
    value = (q.log_prob(codes).exp() * (decoder.loss(codes) + 0.7 * log_ratio)).sum()
    torch.testing.assert_close(loss.detach(), value)


@pytest.mark.parametrize("kind", CODES)
def test_baselines_reduce_the_variance(kind):
    objective, kl = ELBO(SAMPLES, 1.0, "constant", 1, 0.0, None, 1), Analytic("auto")
    spread = {
        "none": estimates(ScoreFunction(), objective, kl, kind, batches=1).var(0).sum(),
        "average": estimates(ScoreFunction(), objective, kl, kind, batches=2).var(0).sum(),
        "others": estimates(VIMCO(), objective, kl, kind).var(0).sum(),
    }
    assert spread["average"] < spread["none"]
    assert spread["others"] < spread["none"]


@pytest.mark.parametrize("kind", CODES)
@pytest.mark.parametrize("relaxation", [GumbelSoftmax, StraightThrough])
def test_relaxed_gradients_are_near_the_exact_one(kind, relaxation):
    objective, kl = ELBO(SAMPLES, 1.0, "constant", 1, 0.0, None, 1), Analytic("auto")
    truth = exact(objective, kl, kind)
    expectation = relaxation(Temperature(0.3, "constant", 1.0, 1))
    rows = estimates(expectation, objective, kl, kind)
    assert torch.cosine_similarity(rows.mean(0), truth, dim=0) > 0.9


@pytest.mark.parametrize("kind", CODES)
def test_straight_through_draws_codes_and_softmax_what_lies_between(kind):
    family, logits, _, _ = model(kind)
    q_z = family(logits.unsqueeze(0))
    codes = StraightThrough(Temperature(1.0, "constant", 1.0, 1)).draw(q_z, 100)
    assert q_z.support.check(codes).all()
    soft = GumbelSoftmax(Temperature(1.0, "constant", 1.0, 1))
    assert not q_z.support.check(soft.draw(q_z, 100)).any()
    assert q_z.support.check(soft.eval().draw(q_z, 100)).all()


def test_concrete_gradient_is_that_of_the_relaxed_bound():
    """For one bit, by quadrature over its relaxation."""
    tau, logit = torch.tensor(0.7, dtype=torch.float64), torch.tensor([0.4], dtype=torch.float64)
    p_z = BitCodes(torch.zeros(1, dtype=torch.float64)).relaxed(tau)

    def f(y):
        return (y.squeeze(-1) - 0.3).square()

    leaf = logit.clone().requires_grad_()
    s = torch.linspace(-40, 40, 40_001, dtype=torch.float64)
    y = s.sigmoid().unsqueeze(-1)
    q_z = BitCodes(leaf).relaxed(tau)
    jacobian = (y * (1 - y)).squeeze(-1) * (s[1] - s[0])
    value = (q_z.log_prob(y).exp() * (f(y) + q_z.log_prob(y) - p_z.log_prob(y)) * jacobian).sum()
    value.backward()

    torch.manual_seed(0)
    each = logit.repeat(COPIES, 1).requires_grad_()
    q_z = BitCodes(each).relaxed(tau)
    z = Concrete(Temperature(0.7, "constant", 1.0, 1)).draw(q_z, 1)
    (f(z) + q_z.log_prob(z) - p_z.log_prob(z)).sum().backward()
    assert in_standard_errors(each.grad, leaf.grad).abs().max() < 4.5


def test_temperature_follows_its_schedule():
    for schedule, middle in {"constant": 2.0, "linear": 1.25, "exponential": 1.0}.items():
        temperature = Temperature(2.0, schedule, 0.5, 10)
        assert temperature.value == 2.0
        for _ in range(5):
            temperature.advance()
        assert temperature.value.item() == pytest.approx(middle)
        for _ in range(20):
            temperature.advance()
        assert temperature.value.item() == pytest.approx(2.0 if schedule == "constant" else 0.5)
