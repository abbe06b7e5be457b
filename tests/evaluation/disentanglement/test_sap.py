"""SAP of latents that tell all, or nothing."""

import pytest
import torch

from tests.evaluation.disentanglement.made_up import COUNTS, draw_factors
from vae_exp.evaluation.disentanglement.sap import predictabilities, sap_gaps

VALUES = torch.tensor(COUNTS, dtype=torch.float64)


def test_thresholds_on_a_factor_tell_it_whatever_its_order():
    factors, held_out = draw_factors(2000), draw_factors(500, 1)
    table = predictabilities(factors.float().exp(), factors, -held_out.float(), held_out)
    assert table.shape == (3, 3)  # codes of other data: nothing is told but by chance
    table = predictabilities(factors.float().exp(), factors, held_out.float().exp(), held_out)
    assert table.diagonal().tolist() == [1, 1, 1]
    assert (table - torch.eye(3) < 1 / VALUES + 0.15).all()
    assert sap_gaps(table, VALUES).tolist() == pytest.approx((1 - 1 / VALUES).tolist(), abs=0.1)


def test_a_factor_in_two_latents_and_noise_have_no_gap():
    factors, held_out = draw_factors(1000)[:, :2], draw_factors(1000, 1)[:, :2]
    twice = (torch.cat((part, part), 1).float() for part in (factors, held_out))
    table = predictabilities(next(twice), factors, next(twice), held_out)
    assert sap_gaps(table, VALUES[:2]).tolist() == [0, 0]
    noise = torch.randn(1000, 2), torch.randn(1000, 2)
    table = predictabilities(noise[0], factors, noise[1], held_out)
    assert sap_gaps(table, VALUES[:2]).max() < 0.06


def test_rare_values_count_as_much_as_frequent_ones():
    v = (torch.arange(1000) >= 950).long().unsqueeze(1)
    assert predictabilities(torch.zeros(1000, 1), v, torch.zeros(1000, 1), v).item() == 0.5


def test_a_latent_alone_is_compared_with_none():
    table = torch.tensor([[0.9, 0.2]], dtype=torch.float64)
    assert sap_gaps(table, torch.tensor([2, 5]).double()).tolist() == pytest.approx([0.4, 0])
