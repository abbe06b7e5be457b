"""Finite scalar quantisation."""

import math

import pytest
import torch

from tests.encoder.test_posterior import build
from vae_exp.distribution.detach import detach


@pytest.mark.parametrize("levels", [[2, 3], [8, 5], [4, 7]])
def test_all_levels_are_reached_and_the_gradient_goes_straight_through(levels):
    part = build(f"fsq encoder.levels={levels}".replace(" ", " ").replace(", ", ","), 2, (2,))
    part.network = torch.nn.Identity()
    y = torch.linspace(-9, 9, 4001).unsqueeze(-1).repeat(1, 2).requires_grad_()
    q_z = part(y)
    assert q_z.support.check(q_z.mean).all()
    for d, level in enumerate(levels):
        k = [(i - level // 2) / (level // 2) for i in range(level)]
        torch.testing.assert_close(q_z.mean[:, d].unique().detach(), torch.tensor(k))
        (gradient,) = torch.autograd.grad(q_z.rsample()[:, d].sum(), y, retain_graph=True)
        slope = part.reach[d] / (level // 2) * (1 - (y[:, d] + part.shift[d]).tanh().square())
        torch.testing.assert_close(gradient[:, d], slope.detach())
    assert not detach(q_z).rsample().requires_grad


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ("[8,5,5]", r"encoder\.levels: .*z_dim=2 .*got 3"),
        ("[8,1]", "2 or more"),
        ("[]", "2 or more"),
    ],
)
def test_wrong_levels_are_refused(levels, message):
    with pytest.raises(ValueError, match=message):
        build(f"fsq encoder.levels={levels}", 2)


def test_the_code_length_is_the_kl(cli):
    run = cli(
        "data=digits",
        "decoder=bernoulli",
        "encoder=fsq",
        "prior=uniform_levels",
        "z_dim=3",
        "encoder.levels=[4,3,2]",
        "trainer.epochs=1",
        "network.hidden=[8]",
        "plots.names=[]",
        "evaluation.importance_samples=4",
    )
    assert run.exit_code == 0, run.err
    assert run.summary["test/kl"] == pytest.approx(math.log(24), abs=1e-4)
    assert run.summary["test/log_likelihood"] == pytest.approx(run.summary["test/elbo"], abs=1e-3)
