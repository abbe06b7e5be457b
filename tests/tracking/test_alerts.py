"""What is told, and that it is told once."""

from vae_exp.evaluation.posterior_histograms import PosteriorHistograms
from vae_exp.tracking.alerts import Alerts


def found(active, latents=20):
    return PosteriorHistograms({}, active, latents)


def titles(alerts):
    return [title for title, _ in alerts]


def test_a_collapse_is_told_after_the_warm_up_at_the_second_look_and_once():
    alerts = Alerts(warmup_steps=100)
    assert not alerts.of_posterior(found(0), step=50)
    assert not alerts.of_posterior(found(0), step=100)
    assert not alerts.of_posterior(found(1), step=150)
    assert titles(alerts.of_posterior(found(0), step=200)) == ["Posterior collapse"]
    assert not alerts.of_posterior(found(0), step=250)
    assert not alerts.of_end({"status": "finished", "test/active_units": 0})


def test_a_look_at_an_active_posterior_in_between_begins_anew():
    alerts = Alerts(0)
    for active in (0, 2, 1, 5):
        assert not alerts.of_posterior(found(active), step=10)


def test_one_active_unit_of_one_is_no_collapse():
    alerts = Alerts(0)
    for _ in range(3):
        assert not alerts.of_posterior(found(1, latents=1), step=10)
    one = {"status": "finished", "test/active_units": 1, "test/kl_per_latent": [3.0]}
    assert not alerts.of_end(one)
    assert titles(alerts.of_end(one | {"test/active_units": 0})) == ["Posterior collapse"]


def test_steps_that_are_not_finite_and_a_failure_are_told():
    alerts = Alerts(0)
    assert not alerts.of_record({"step": 10, "train/bad_steps": 0})
    assert not alerts.of_record({"step": 10, "val/elbo": -1.0})
    assert titles(alerts.of_record({"step": 20, "train/bad_steps": 3}))
    assert not alerts.of_record({"step": 30, "train/bad_steps": 3})
    assert alerts.of_end({"status": "failed", "error": "no room"}) == [("Run failed", "no room")]
    assert not alerts.of_end({"status": "preempted"})
