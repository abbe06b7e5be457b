"""The ELBO objective: its value, β over time, free bits."""

import pytest
import torch

from vae_exp.objective import Terms
from vae_exp.objective.elbo import ELBO


def objective(**changes):
    defaults = {
        "samples": 1,
        "beta": 1.0,
        "beta_schedule": "constant",
        "beta_steps": 10,
        "free_bits": 0.0,
        "capacity": None,
        "capacity_steps": 10,
    }
    return ELBO(**{**defaults, **changes})


class Given:
    """An estimator whose values are given."""

    is_log_ratio = True

    def __init__(self, kl):
        self.kl = kl

    def per_latent(self, q_z, p_z, z):
        return self.kl


def terms(kl=None):
    kl = torch.rand(4, 5, 3) if kl is None else kl
    return Terms(*[None] * 5, torch.rand(4, 5), kl.sum(-1), Given(kl), None)


def test_value_is_the_average_of_both_terms():
    t = terms()
    expected = t.reconstruction_loss.mean() + t.kl_loss.mean()
    torch.testing.assert_close(objective()(t), expected)
    closed = terms(torch.rand(5, 3))
    expected = closed.reconstruction_loss.mean() + 4 * closed.kl_loss.mean()
    torch.testing.assert_close(objective(beta=4.0)(closed), expected)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [2, 2, 2, 2, 2, 2, 2, 2, 2, 2]),
        ("linear", [0, 0.5, 1, 1.5, 2, 2, 2, 2, 2, 2]),
        ("cyclical", [0, 1, 2, 2, 0, 1, 2, 2, 0, 1]),
    ],
)
def test_beta_over_the_steps(schedule, expected):
    elbo = objective(beta=2.0, beta_schedule=schedule, beta_steps=4)
    values = []
    for _ in expected:
        loss = elbo(t := terms())
        beta = (loss - t.reconstruction_loss.mean()) / t.kl_loss.mean()
        values.append(beta.item())
        assert elbo.info()["beta"].item() == pytest.approx(beta.item(), abs=1e-5)
    assert values == pytest.approx(expected, abs=1e-5)


def test_beta_is_the_final_one_in_evaluation_and_goes_on_after_it_by_the_state():
    elbo = objective(beta_schedule="linear", beta_steps=4)
    for _ in range(3):
        elbo(terms())
    elbo.eval()
    t = terms()
    torch.testing.assert_close(elbo(t), t.reconstruction_loss.mean() + t.kl_loss.mean())
    assert elbo.info()["beta"] == 1
    elbo.train()
    assert elbo.info()["beta"] == 0.5
    other = objective(beta_schedule="linear", beta_steps=4)
    other.load_state_dict(elbo.state_dict())
    other(terms())
    assert other.info()["beta"] == 0.75


def test_two_losses_can_share_a_backward_pass():
    elbo = objective(beta_schedule="linear", beta_steps=4)
    kl = torch.rand(5, 3, requires_grad=True)
    (elbo(terms(kl)) + elbo(terms(kl))).backward()
    torch.testing.assert_close(kl.grad, torch.full((5, 3), 0.25 / 5))


def test_free_bits_cost_nothing_below_and_all_above():
    kl = torch.tensor([[0.1, 0.6], [0.2, 1.4]], requires_grad=True)  # means 0.15 and 1.0
    t = terms(kl)
    loss = objective(free_bits=0.5)(t)
    torch.testing.assert_close(loss, t.reconstruction_loss.mean() + 0.5 + 1.0)
    loss.backward()
    torch.testing.assert_close(kl.grad, torch.tensor([[0.0, 0.5], [0.0, 0.5]]))


@pytest.mark.parametrize(
    "wrong", [{"samples": 0}, {"beta": -1.0}, {"beta_steps": 0}, {"free_bits": -0.1}]
)
def test_number_out_of_range_is_refused(wrong):
    with pytest.raises(ValueError, match=f"objective.{next(iter(wrong))}"):
        objective(**wrong)


def test_a_capacity_holds_the_kl_at_a_value_that_rises():
    kl = torch.tensor([[1.0, 2.0]], requires_grad=True)
    elbo = objective(beta=10.0, capacity=4.0, capacity_steps=2)
    for capacity in (0.0, 2.0, 4.0, 4.0):
        t = terms(kl)
        expected = t.reconstruction_loss.mean() + 10 * abs(3.0 - capacity)
        torch.testing.assert_close(elbo(t), expected)
        assert elbo.info()["capacity"] == capacity
    with pytest.raises(ValueError, match=r"objective\.capacity: expected 0 or more, got -1"):
        objective(capacity=-1.0)
