"""The FactorVAE score where the calmest latent is known."""

import torch

from tests.evaluation.disentanglement.made_up import draw_factors
from vae_exp.evaluation.disentanglement.factor_vae_score import factor_vae_score


def score(of):
    factors, held_out = draw_factors(3000), draw_factors(2000, 1)
    return factor_vae_score(of(factors), factors, of(held_out), held_out)


def test_factors_themselves_are_told_always():
    assert score(lambda v: v.float()) == 1
    assert score(lambda v: torch.cat((v, v), 1) * torch.tensor([1.0, -2, 9] * 2)) == 1


def test_latents_of_two_factors_are_told_less_often():
    """The first two factors are told by one latent, so at best two thirds of the votes."""
    assert 0.6 < score(lambda v: torch.stack((4 * v[:, 0] + v[:, 1], v[:, 2]), 1).float()) < 0.75


def test_noise_and_a_constant_are_at_chance():
    generator = torch.Generator().manual_seed(4)
    assert abs(score(lambda v: torch.randn(len(v), 5, generator=generator)) - 1 / 3) < 0.07
    assert abs(score(lambda v: torch.zeros(len(v), 1)) - 1 / 3) < 0.03


def test_a_value_of_one_datum_alone_is_passed_over():
    v = torch.tensor([[0, 0]] * 50 + [[1, 1]] * 50 + [[2, 0]])
    v[::2, 1] = 1 - v[::2, 1]
    v[-1] = torch.tensor([2, 1])
    assert factor_vae_score(v.float(), v, v.float(), v) == 1
