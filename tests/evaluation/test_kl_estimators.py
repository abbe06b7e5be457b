"""A closed form of the KL that cannot be right is told of."""

import logging

import pytest
import torch
from torch import nn
from torch.distributions import Independent, Normal
from torch.distributions.kl import kl_divergence, register_kl

from vae_exp.configuration.compose import compose
from vae_exp.evaluation.budget import Budget
from vae_exp.evaluation.kl_estimators import kl_estimators
from vae_exp.experiment import build


class Own(Normal):
    share = 1.0  # of the right closed form


@register_kl(Own, Normal)
def _kl(q, p):
    return Own.share * kl_divergence(Normal(q.loc, q.scale), p)


class Encoder(nn.Module):
    def __init__(self, z_dim):
        super().__init__()
        self.z_dim = z_dim

    def forward(self, x):
        loc = x.flatten(1).mean(1, keepdim=True).expand(-1, self.z_dim)
        return Independent(Own(loc, 0.7), 1)


@pytest.mark.parametrize(("share", "told"), [(1.0, False), (0.8, True), (-1.0, True)])
def test_a_closed_form_that_samples_speak_against(share, told, monkeypatch, caplog):
    monkeypatch.setattr(Own, "share", share)
    experiment = build(compose("data=digits", "z_dim=20"))
    experiment.vae.encoder = Encoder(20)
    with caplog.at_level(logging.WARNING):
        budget = Budget(None, torch.device("cpu"))
        rows = kl_estimators(experiment.vae, experiment.data, "test", 10**6, budget)
    assert rows[0]["estimator"] == "analytic"
    assert ("is the pair's register_kl right?" in caplog.text) is told, caplog.text
