"""A refusal of a posterior beside a prior names what goes with it."""

import pytest

from tests.conftest import options
from vae_exp import build, compose
from vae_exp.configuration.option_facts import description
from vae_exp.configuration.partners import partners

SMALL = ("decoder=gaussian", "network=linear", "z_dim=4")
# what is chosen beside the defaults, and what is said to go with it in the end
NAMED = {
    "encoder=von_mises_fisher": "prior=uniform_sphere or vampprior",
    "encoder=power_spherical": "prior=uniform_sphere or vampprior",
    "encoder=hierarchical": "prior=hierarchical",
    "encoder=two_layer encoder.lower_dim=2": "prior=two_layer",
    "encoder=bernoulli": "prior=uniform_bernoulli",
    "encoder=categorical": "prior=uniform_categorical",
    "encoder=fsq": "prior=uniform_levels",
    "prior=uniform_sphere": "encoder=von_mises_fisher or power_spherical",
    "prior=wrapped_normal": "encoder=wrapped_normal",
}


@pytest.mark.parametrize("words", NAMED)
def test_a_refusal_names_what_goes_with_the_posterior_or_the_prior(words):
    z_dim = ["z_dim=20"] * ("hierarchical" in words)
    with pytest.raises(ValueError, match=r"^(prior|kl): expected ") as refusal:
        build(compose(*SMALL, *z_dim, *words.split()))
    assert str(refusal.value).endswith(f"; {words.split()[0]} goes with {NAMED[words]}")


def test_what_goes_together_is_no_cure():
    with pytest.raises(ValueError, match=r"prior=standard_normal$"):
        build(compose(*SMALL, "prior=mixture", "kl=analytic"))
    cfg = compose("encoder=von_mises_fisher", "prior=vampprior")
    assert partners(cfg) == []
    cfg.prior._target_ = "my_package.MyPrior"
    assert len(partners(cfg)) == 1


@pytest.mark.parametrize("group, other", [("encoder", "prior"), ("prior", "encoder")])
def test_descriptions_name_options_that_there_are(group, other):
    for option in options(group):
        for word in description(group, option).replace(":", " ").split():
            key, _, value = word.partition("=")
            assert key != other or value.strip(";,") in options(other), option
