"""Checks of ``vae_exp.checking`` that a part of this project has to pass."""

from vae_exp.checking.distributions import CHECKS
from vae_exp.checking.verdict import verdicts


def assert_ok(subject, *names, skipped=()):
    """Each of these checks of a distribution passes, and none is skipped but those that may."""
    for found in verdicts({name: CHECKS[name] for name in (*names, *skipped)}, subject):
        allowed = ("ok", "skipped") if found.check in skipped else ("ok",)
        assert found.verdict in allowed, found
