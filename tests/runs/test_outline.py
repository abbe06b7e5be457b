"""A model drawn up without memory is the one that is built, for every option."""

import pytest
import torch

from tests.conftest import choices, one_in, two_at_once
from vae_exp.configuration.build_model import build_vae
from vae_exp.configuration.compose import compose
from vae_exp.configuration.trust import Trust
from vae_exp.data.observation import Observation
from vae_exp.runs.outline import check_outline

SHAPES = {"trajectories": (32, 2), "counts": (50,), "ppca": (20,)}
CHOICES = [
    *two_at_once(choices("encoder"), choices("decoder")),
    *two_at_once(choices("network"), choices("objective")),
    *choices("prior", "kl"),
]


@pytest.mark.parametrize("words", one_in(6, CHOICES), ids=" ".join)
def test_the_outline_is_that_of_the_model(words):
    cfg = compose(*words)
    x_shape = next((SHAPES[name] for name in SHAPES if f"data={name}" in words), (1, 8, 8))
    datum = Observation(x_shape, classes=tuple(range(10)))
    vae = build_vae(cfg, datum, torch.device("cpu"))
    state = {"vae": vae.state_dict(), "x_shape": x_shape, "observation": datum.state()}
    before = torch.get_rng_state()
    check_outline(cfg, Trust(), state)
    assert torch.equal(before, torch.get_rng_state())
    name, weight = max(state["vae"].items(), key=lambda item: item[1].numel())
    for other in (weight[:-1], None):
        wrong = {**state["vae"], name: other}
        if other is None:
            del wrong[name]
        with pytest.raises(ValueError, match="expected the weights of this model"):
            check_outline(cfg, Trust(), {**state, "vae": wrong})
