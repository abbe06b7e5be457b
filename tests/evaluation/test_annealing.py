"""Annealed chains: what a transition leaves as it is, and bounds against integrals."""

import math

import pytest
import torch
from torch.distributions import Bernoulli, Independent, MultivariateNormal, Normal

from vae_exp.evaluation import annealing
from vae_exp.evaluation.annealed_importance import Annealing
from vae_exp.evaluation.annealing import Moves, temperature, tune
from vae_exp.evaluation.hamiltonian import Joint, transition

SLOPES = torch.tensor([[1.5, -0.7], [0.4, 2.0], [1.0, 1.0]])  # of x in z
X = torch.tensor([[1.0, -0.5, 2.0], [0.2, 0.1, -1.0]])
NOISE = 0.6


def generator(seed=0):
    return torch.Generator().manual_seed(1000 + seed)  # not that of what torch draws itself


def standard_normal(size):
    return Independent(Normal(torch.zeros(size), torch.ones(size)), 1)


@pytest.fixture
def gaussian():
    """z ~ N(0, 1) in the plane and x ~ N(A z, s²) of three numbers, two data."""
    return Joint(standard_normal(2), lambda z: Normal(z @ SLOPES.T, NOISE).log_prob(X).sum(-1))


def tempered_posterior(beta):
    """p(z) p(x|z)^β, normalised: a Gaussian for each of the data."""
    precision = torch.eye(2) + beta * SLOPES.T @ SLOPES / NOISE**2
    loc = torch.linalg.solve(precision, beta * SLOPES.T @ X.T / NOISE**2).T
    return MultivariateNormal(loc, precision_matrix=precision)


def test_the_slope_is_that_of_the_density(gaussian):
    z = torch.randn(5, 2, 2).double()
    joint = Joint(gaussian.p_z, lambda z: gaussian.likelihood(z.float()).double())
    point, beta = joint.at(z), torch.tensor([0.3, 0.8])
    posterior = torch.stack(
        [tempered_posterior(b).log_prob(z)[:, i] for i, b in enumerate(beta)], 1
    )
    difference = point.log_density(beta) - posterior  # a constant, of each datum
    assert torch.allclose(difference, difference[:1].expand(5, 2), atol=1e-4)
    z = z.requires_grad_()
    density = sum(tempered_posterior(b).log_prob(z)[:, i].sum() for i, b in enumerate(beta))
    (slope,) = torch.autograd.grad(density, z)
    assert torch.allclose(point.slope(beta), slope, atol=1e-4)


@pytest.mark.parametrize("step", [0.3, 0.6])
def test_a_transition_leaves_the_tempered_posterior_as_it_is(gaussian, step):
    """Moments of 20000 chains that begin there, after three transitions, in standard errors."""
    chains, beta = 20_000, 0.5
    exact = tempered_posterior(beta)
    point = gaussian.at(exact.sample((chains,)))
    scale, steps = torch.tensor([[0.5, 1.0], [1.0, 0.5]]), torch.full((2,), step)
    before, drawn = point.z, generator()
    for _ in range(3):
        betas = torch.full((2,), beta)
        point, accepted = transition(gaussian, point, betas, steps, scale, 3, drawn)
    assert 0.05 < accepted.mean() < 1
    assert (point.z - before).abs().mean() > 0.05
    white = torch.linalg.solve_triangular(
        exact.scale_tril, (point.z - exact.mean).unsqueeze(-1), upper=False
    ).squeeze(-1)
    assert (white.mean(0).abs() < 4 / chains**0.5).all()
    covariance = torch.einsum("cbi,cbj->bij", white, white) / chains
    assert (covariance - torch.eye(2)).abs().max() < 4 * (2 / chains) ** 0.5
    fourth = white.pow(4).mean(0) - 3
    assert (fourth.abs() < 4 * (96 / chains) ** 0.5).all()


def test_what_is_not_finite_is_not_taken():
    p_z = standard_normal(1)
    joint = Joint(p_z, lambda z: torch.where(z > 0.5, torch.nan, 0.0 * z).squeeze(-1))
    point = joint.at(torch.zeros(200, 1, 1))
    one, steps, drawn = torch.ones(1), torch.full((1,), 0.7), generator()
    for _ in range(5):
        point, _ = transition(joint, point, one, steps, torch.ones(1, 1), 2, drawn)
    assert point.z.isfinite().all()
    assert (point.z <= 0.5).all()
    assert (point.z != 0).any()


def test_steps_are_tuned_to_be_taken_and_scales_to_the_posterior(gaussian, monkeypatch):
    monkeypatch.setattr(annealing, "KNOTS", 30)
    moves = tune(gaussian, torch.randn(200, 2, 2), 2, generator())
    step, scale = moves.at(1.0)
    exact = tempered_posterior(1.0)
    assert torch.allclose(scale, exact.stddev, rtol=0.25)
    point = gaussian.at(exact.sample((2000,)))
    _, accepted = transition(gaussian, point, torch.ones(2), step, scale, 2, generator())
    assert accepted.mean().item() == pytest.approx(0.8, abs=0.1)
    middle = moves.at(0.5)[1]  # which comes a few tries late, from larger ones
    assert torch.allclose(middle, tempered_posterior(temperature(0.5)).stddev, rtol=0.4)


def test_temperatures_rise_from_0_to_1():
    betas = [temperature(i / 50) for i in range(51)]
    assert (betas[0], betas[-1]) == (0, 1)
    assert betas == sorted(betas)
    assert betas[25] == pytest.approx(0.5)
    assert betas[1] < 0.01


def anneal(joint, moves, z, backward, temperatures=20, seed=0):
    chains = Annealing(joint, moves, z, backward, temperatures, generator(seed))
    while chains.done < temperatures:
        chains.advance()
    return chains


@pytest.fixture
def bits():
    """One latent number, and three bits that depend on it: two data, which are quadratures."""
    weight, bias = torch.tensor([3.0, -2.0, 1.0]), torch.tensor([0.5, -1.0, 0.0])
    p_z = standard_normal(1)
    x = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])

    def likelihood(z):
        return Bernoulli(logits=z * weight + bias).log_prob(x).sum(-1)

    z = torch.linspace(-10, 10, 4001).view(-1, 1, 1)
    density = (p_z.log_prob(z) + likelihood(z)).double()  # (4001, 2)
    truth = density.logsumexp(0) + math.log(20 / 4000)
    return Joint(p_z, likelihood), z, density, truth


def test_weights_average_to_the_evidence_and_backward_to_its_inverse(bits):
    """E[w] = p(x) and E[1/w] = 1/p(x), of moves that have not even been tuned."""
    joint, grid, density, truth = bits
    moves = Moves(torch.full((2, 2), 0.8).log(), torch.zeros(2, 2, 1), 2)
    count = 5000
    forward = anneal(joint, moves, torch.randn(count, 2, 1), False, 6)
    chosen = torch.multinomial((density - density.logsumexp(0)).exp().T, count, True).T
    z = grid.squeeze(1)[chosen]
    backward = anneal(joint, moves, z, True, 6, seed=1)
    for ratio in ((forward.log_w - truth).exp(), (truth - backward.log_w).exp()):
        error = ratio.std(0) / count**0.5
        assert ((ratio.mean(0) - 1).abs() < 4 * error).all()
        assert (error < 0.05).all()


def test_bounds_are_on_either_side_of_the_integral_and_meet(bits):
    """E[lower] ≤ log p(x) ≤ E[upper] within standard errors, of 200 repetitions of two chains."""
    joint, grid, density, truth = bits
    repeat = 200
    many = Joint(
        joint.p_z,
        lambda z: (
            joint.likelihood(z.unflatten(1, (2, -1)).transpose(1, 2)).transpose(1, 2).flatten(1)
        ),
    )
    truth = truth.repeat_interleave(repeat)
    chosen = torch.multinomial((density - density.logsumexp(0)).exp().T, repeat, True)
    exact = grid.squeeze(1)[chosen.flatten()].expand(2, -1, -1)  # one for both chains
    moves = Moves(torch.full((2, 2 * repeat), 0.8).log(), torch.zeros(2, 2 * repeat, 1), 2)
    widths = []
    for temperatures in (3, 40):
        lower = anneal(many, moves, torch.randn(2, 2 * repeat, 1), False, temperatures)
        upper = anneal(many, moves, exact, True, temperatures, seed=1)
        below = truth - lower.results()["bound"]
        above = upper.results()["bound"] - truth
        for gap in (below, above):
            assert gap.mean() > -3 * gap.std() / (2 * repeat) ** 0.5
        widths.append((below + above).mean().item())
    assert widths[0] > 0.1
    assert widths[1] < 0.05


def test_chains_go_on_from_a_state_as_if_nothing_had_been(gaussian):
    moves = Moves(torch.full((2, 2), -1.0), torch.zeros(2, 2, 2), 2)
    z = torch.randn(4, 2, 2)
    whole = anneal(gaussian, moves, z, False)
    first = Annealing(gaussian, moves, z, False, 20, generator())
    for _ in range(7):
        first.advance()
    state = first.state_dict()
    second = Annealing(gaussian, moves, torch.zeros_like(z), False, 20, generator(9))
    second.load_state_dict(state)
    while second.done < 20:
        second.advance()
    for name, values in whole.results().items():
        assert torch.equal(second.results()[name], values)
    with pytest.raises(ValueError, match="expected a state of shape"):
        Annealing(gaussian, moves, z[:2], False, 20, generator()).load_state_dict(state)


def test_a_density_without_a_gradient_is_refused():
    p_z = standard_normal(1)
    for likelihood in (lambda z: torch.zeros(1, 1), lambda z: z.detach().sum(-1)):
        with pytest.raises(ValueError, match=r"^decoder: expected a log density with a gradient"):
            Joint(p_z, likelihood).at(torch.zeros(1, 1, 1))
