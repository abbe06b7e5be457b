"""MMD against sums by hand, its known expectations, and the objective that it is part of."""

import pytest
import torch

from tests.objective.linear_gaussian import model, seeded
from vae_exp.kl.analytic import Analytic
from vae_exp.objective.mmd import KERNELS, MMD, SCALES, squared_mmd


@pytest.mark.parametrize("kernel", KERNELS)
def test_it_is_the_sum_over_pairs(kernel):
    z, y = torch.randn(4, 3), torch.randn(4, 3)

    def k(a, b):
        return sum(KERNELS[kernel]((a - b).square().sum(), 2 * 3 * scale) for scale in SCALES)

    pairs = [(i, j) for i in range(4) for j in range(4)]
    apart = [(i, j) for i, j in pairs if i != j]
    expected = sum(k(z[i], z[j]) + k(y[i], y[j]) for i, j in apart) / 12
    expected = expected - 2 * sum(k(z[i], y[j]) for i, j in pairs) / 16
    torch.testing.assert_close(squared_mmd(z, y, kernel), expected)


@pytest.mark.parametrize("kernel", KERNELS)
def test_its_expectation_is_zero_for_equal_and_positive_for_other_distributions(kernel):
    torch.manual_seed(1)
    same = squared_mmd(torch.randn(500, 40, 2), torch.randn(500, 40, 2), kernel)
    assert same.mean().abs() < 4 * same.std() / 500**0.5
    moved = squared_mmd(torch.randn(500, 40, 2) + 0.7, torch.randn(500, 40, 2), kernel)
    assert moved.mean() > 10 * moved.std() / 500**0.5


def test_the_rbf_kernel_has_the_closed_form_of_gaussians():
    """E k over N(0, 1) and N(m, 1): of exp(−d²/s), d ~ N(m, 2): (1 + 4/s)^(−½) exp(−m²/(s + 4))."""
    torch.manual_seed(2)
    m, n = 1.0, 4000
    s = 2 * torch.tensor(SCALES)

    def kernel(shift):
        return ((1 + 4 / s).rsqrt() * (-(shift**2) / (s + 4)).exp()).sum().item()

    batches = squared_mmd(torch.randn(n, 8, 1) + m, torch.randn(n, 8, 1), "rbf")
    exact = 2 * kernel(0.0) - 2 * kernel(m)
    assert abs(batches.mean().item() - exact) < 4 * batches.std().item() / n**0.5


def test_the_weights_of_the_three_terms():
    x = torch.randn(6, 1, generator=seeded(), dtype=torch.float64)
    losses = {}
    for alpha, weight in [(0.0, 1.0), (1.0, 0.0), (1.0, 10.0), (0.5, 10.0)]:
        torch.manual_seed(5)
        vae = model(MMD(2, alpha, weight, "imq"), Analytic("auto"))
        loss, info = vae(x)
        losses[alpha, weight] = loss.item()
        reconstruction, kl = info["reconstruction_loss"].item(), info["kl"].item()
    assert losses[0.0, 1.0] == pytest.approx(reconstruction + kl)
    assert losses[1.0, 0.0] == pytest.approx(reconstruction)
    discrepancy = (losses[1.0, 10.0] - reconstruction) / 10
    assert losses[0.5, 10.0] == pytest.approx(reconstruction + 0.5 * kl + 9.5 * discrepancy)


def test_a_batch_of_one_has_no_pairs_and_no_discrepancy():
    vae = model(MMD(1, 1.0, 10.0, "imq"), Analytic("auto"))
    loss, info = vae(torch.ones(1, 1, dtype=torch.float64))
    loss.backward()
    assert loss == info["reconstruction_loss"]


def test_a_negative_weight_is_refused():
    with pytest.raises(ValueError, match=r"objective\.weight: expected at least 1 − objective"):
        MMD(1, 0.0, 0.5, "imq")
