"""PIWAE: the gradients of two bounds, from one p(x|z)."""

import pytest
import torch
from torch import nn
from torch.distributions import Independent, Normal

from tests.objective.linear_gaussian import gradients, model
from vae_exp.objective.iwae import IWAE
from vae_exp.objective.miwae import MIWAE
from vae_exp.objective.piwae import PIWAE
from vae_exp.prior.mixture import Mixture

X = torch.randn(5, 1, generator=torch.Generator().manual_seed(7), dtype=torch.float64)


class DropoutDecoder(nn.Module):
    """A decoder that counts how often it is asked, and draws a mask each time."""

    def __init__(self):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(1.5, dtype=torch.float64))
        self.asked = 0

    def forward(self, z):
        self.asked += 1
        loc = nn.functional.dropout(self.slope * z, 0.5)
        return Independent(Normal(loc, torch.tensor(0.8, dtype=torch.float64)), 1)


def with_dropout(objective):
    torch.manual_seed(3)
    vae = model(objective)
    vae.decoder = DropoutDecoder()
    return vae


def same_noise(objective, factor=1.0):
    vae = with_dropout(objective)
    loss, _ = vae(X)
    of_encoder = [vae.encoder.slope, vae.encoder.log_scale]
    grads = torch.autograd.grad(factor * loss, [*of_encoder, vae.decoder.slope])
    return loss.detach(), torch.stack(grads[:2]), grads[2]


def test_it_decodes_once_so_that_one_mask_serves_both_bounds():
    vae = with_dropout(PIWAE(6, 3))
    gradients(vae, X)
    assert vae.decoder.asked == 1
    value, encoder, decoder = same_noise(PIWAE(6, 3))
    value_of_iwae, _, of_iwae = same_noise(IWAE(6))
    _, of_miwae, _ = same_noise(MIWAE(6, 3))
    torch.testing.assert_close((value, decoder), (value_of_iwae, of_iwae))
    torch.testing.assert_close(encoder, of_miwae)


def test_a_part_of_a_batch_can_be_weighted():
    """As data parallelism does: the gradients are linear in the loss."""
    once, thrice = same_noise(PIWAE(6, 3)), same_noise(PIWAE(6, 3), 3.0)
    torch.testing.assert_close([3 * once[1], 3 * once[2]], list(thrice[1:]))


def test_groups_hundreds_of_nats_apart_count_alike_for_the_encoder():
    """Where the model's weights of the worse group are less than any number but 0."""
    found = []
    for objective in (PIWAE(4, 2), MIWAE(4, 2)):
        torch.manual_seed(3)
        vae = model(objective, scale=3.0)
        x = X + 300
        loss, _ = vae(x)
        found.append(torch.autograd.grad(loss, [vae.encoder.slope, vae.encoder.log_scale]))
    torch.testing.assert_close(*found)


def test_a_learned_prior_has_the_gradient_of_iwae():
    found = []
    for objective in (PIWAE(6, 3), IWAE(6)):
        torch.manual_seed(3)
        vae = model(objective)
        vae.prior = Mixture(1, 4).double()
        torch.manual_seed(4)
        loss, _ = vae(X)
        found.append(torch.autograd.grad(loss, list(vae.prior.parameters())))
    torch.testing.assert_close(*found)


@pytest.mark.parametrize("part", ["encoder", "decoder"])
def test_a_part_may_be_held_fixed(part):
    vae = model(PIWAE(6, 3))
    getattr(vae, part).requires_grad_(False)
    loss, _ = vae(X)
    loss.backward()
    assert all(p.grad.isfinite() for p in vae.parameters() if p.requires_grad)
