"""DCI of matrices whose scores are known, and of forests that cannot miss."""

import math

import pytest
import torch

from tests.evaluation.disentanglement.made_up import draw_factors, rotated
from vae_exp.evaluation.disentanglement.dci import completeness, dci, disentanglement


def test_a_permutation_scores_1_and_equal_parts_score_0():
    permutation = 0.3 * torch.eye(4)[[2, 0, 3, 1]].double()
    assert disentanglement(permutation) == pytest.approx(1)
    assert completeness(permutation, 4) == pytest.approx(1)
    equal = torch.ones(4, 4).double()
    assert disentanglement(equal) == pytest.approx(0, abs=1e-12)
    assert completeness(equal, 4) == pytest.approx(0, abs=1e-12)


def test_two_latents_of_one_factor_are_disentangled_and_not_complete():
    importances = torch.tensor([[0.5, 0.0], [0.5, 0.0], [0.0, 1.0]]).double()
    assert disentanglement(importances) == pytest.approx(1)
    assert completeness(importances, 3) == pytest.approx((1 - math.log(2) / math.log(3) + 1) / 2)
    assert completeness(importances, 8) == pytest.approx((1 - math.log(2) / math.log(8) + 1) / 2)


def test_latents_count_as_they_matter():
    importances = torch.tensor([[0.9, 0.9], [0.1, 0.0], [0.0, 0.0]]).double()
    assert disentanglement(importances) == pytest.approx(0.1 / 1.9)
    assert disentanglement(importances * 0) == completeness(importances * 0, 3) == 0


def test_factors_themselves_score_1_and_a_rotation_low():
    factors, held_out = draw_factors(600), draw_factors(300, 1)
    exact = dci(factors.float(), factors, held_out.float(), held_out, 3)
    found = exact.disentanglement, exact.completeness, exact.informativeness.min().item()
    assert found == pytest.approx((1, 1, 1))
    mixed = dci(rotated(factors), factors, rotated(held_out), held_out, 3)
    assert mixed.disentanglement < 0.4 and mixed.completeness < 0.4


def test_noise_tells_nothing():
    factors, held_out = draw_factors(600)[:, :2], draw_factors(300, 1)[:, :2]
    generator = torch.Generator().manual_seed(2)
    noise = torch.randn(600, 3, generator=generator), torch.randn(300, 3, generator=generator)
    found = dci(noise[0], factors, noise[1], held_out, 3)
    assert found.disentanglement < 0.02 and found.completeness < 0.02
    assert (found.informativeness < torch.tensor([1 / 3, 1 / 4]) + 0.1).all()
