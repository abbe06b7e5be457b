"""Information against scikit-learn's, quadrature and sums by hand."""

import math

import pytest
import scipy.integrate
import torch
from sklearn.metrics import mutual_info_score

from tests.evaluation.disentanglement.made_up import COUNTS, draw_factors, rotated
from vae_exp.evaluation.disentanglement.information import (
    binned,
    enough_bins,
    entropy,
    gaps,
    information_with_factors,
    modularity,
)


def known(codes, factors):
    return information_with_factors(binned(codes, enough_bins(factors)), factors)


def entropies(factors):
    return torch.tensor([entropy(v) for v in factors.T], dtype=torch.float64)


def test_it_is_that_of_the_frequencies_and_millers_correction():
    v = draw_factors(500)[:, :1]
    z = (v + draw_factors(500, 1)[:, :1]).remainder(5)
    cells = [len(torch.cat(parts, 1).unique(dim=0)) for parts in ((z,), (v,), (z, v))]
    expected = mutual_info_score(z.squeeze(1), v.squeeze(1))
    expected += (cells[0] + cells[1] - cells[2] - 1) / 1000
    assert information_with_factors(z, v).item() == pytest.approx(expected, rel=1e-9)


def test_the_correction_removes_the_bias_of_an_entropy():
    """Of 40 equally frequent values, 200 draws: 0.1 nats short without it."""
    found = torch.tensor([entropy(draw_factors(200, seed, (40,))[:, 0]) for seed in range(200)])
    assert abs(found.mean() - math.log(40)) < 0.012


@pytest.mark.parametrize("noise", [0.3, 1.0])
def test_bins_converge_to_the_integral(noise):
    """z = v + σ ε, v one of four: I = H(z) − log σ √(2πe), H(z) by quadrature."""
    v = draw_factors(100_000, counts=(4,))
    z = v + noise * torch.randn(v.shape, generator=torch.Generator().manual_seed(3))

    def density(x):
        each = [math.exp(-((x - k) ** 2) / 2 / noise**2) for k in range(4)]
        return sum(each) / 4 / noise / math.sqrt(2 * math.pi)

    h, _ = scipy.integrate.quad(lambda x: -density(x) * math.log(density(x)), -6, 9, limit=200)
    exact = h - math.log(noise * math.sqrt(2 * math.pi * math.e))
    found = [information_with_factors(binned(z, n), v).item() for n in (4, 8, 16, 64, 256)]
    errors = [exact - value for value in found]
    assert errors[0] > errors[1] > errors[2] > abs(errors[-1])
    assert abs(errors[-1]) < 0.01


@pytest.mark.parametrize("size", [300, 5000])
def test_factors_themselves_score_1(size):
    factors = draw_factors(size)
    information = known(-2 * factors.float() + 1, factors)
    assert gaps(information, entropies(factors)).tolist() == pytest.approx([1, 1, 1], abs=1e-9)
    assert modularity(information) == pytest.approx(1)
    assert torch.equal(information > 0, torch.eye(3, dtype=torch.bool))


def test_a_factor_in_two_latents_has_no_gap_and_both_are_modular():
    factors = draw_factors(2000)
    information = known(torch.cat((factors, factors), 1).float(), factors)
    assert gaps(information, entropies(factors)).abs().max() < 1e-9
    assert modularity(information) == pytest.approx(1)


@pytest.mark.parametrize("size", [500, 5000])
def test_independent_noise_knows_nothing(size):
    noise = torch.randn(size, 8, generator=torch.Generator().manual_seed(2))
    information = known(noise, draw_factors(size))
    assert not information.any() and modularity(information) == 0


def test_a_rotation_of_the_factors_scores_low():
    factors = draw_factors(5000)
    information = known(rotated(factors), factors)
    assert gaps(information, entropies(factors)).max() < 0.05
    assert modularity(information) < 0.85


def test_gaps_and_modularity_by_hand():
    information = torch.tensor([[0.6, 0.3, 0.0], [0.2, 0.3, 0.0], [0.0, 0.0, 0.0]])
    found = gaps(information, torch.tensor([1.0, 0.5, 2.0]))
    assert found.tolist() == pytest.approx([0.4, 0.0, 0.0])
    # 1 − 0.3²/(0.6² 2) and 1 − 0.2²/(0.3² 2), and nothing of the third
    assert modularity(information) == pytest.approx((1 - 0.125 + 1 - 2 / 9) / 2)
    alone = gaps(torch.tensor([[0.5, 0.0]]), torch.tensor([1.0, 1.0]))
    assert alone.tolist() == [0.5, 0.0]


def test_of_a_factor_that_does_not_vary_there_is_no_gap():
    factors = draw_factors(500)[:, :2]
    factors[:, 1] = 3
    found = gaps(known(factors.float(), factors), entropies(factors))
    assert found[0] == pytest.approx(1, abs=0.01) and found[1] == 0


def test_a_constant_is_in_one_bin_and_there_is_one_for_each_value():
    codes = torch.stack((torch.zeros(4), torch.tensor([0.0, 1.0, 2.0, 4.0])), 1)
    assert binned(codes, 4).T.tolist() == [[0, 0, 0, 0], [0, 1, 2, 3]]
    assert enough_bins(draw_factors(500)) == max(COUNTS)
    assert enough_bins(draw_factors(500)[:, :2]) == 20
