"""Evaluation mode, and back, also from an error."""

from contextlib import suppress

import pytest
from torch import nn

from vae_exp.runtime.evaluating import evaluating


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_is_what_it_was_before(training):
    module = nn.Sequential(nn.Dropout()).train(training)
    with suppress(ZeroDivisionError), evaluating(module):
        assert not module[0].training
        module.train()
        raise ZeroDivisionError
    assert module.training == module[0].training == training
