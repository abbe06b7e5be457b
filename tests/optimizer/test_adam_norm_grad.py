"""Adam on gradients of length one."""

import pytest
import torch
from torch import nn

from vae_exp.optimizer.adam_norm_grad import AdamNormGrad


@pytest.mark.parametrize("fused", [True, False])
def test_steps_are_those_of_adam_on_gradients_of_length_one(fused):
    own, reference = ([nn.Parameter(torch.ones(3, 4)), nn.Parameter(torch.ones(5))] for _ in "ab")
    ours = AdamNormGrad(own, lr=0.1, fused=fused)
    adam = torch.optim.Adam(reference, lr=0.1)
    for step in range(5):
        for p, r in zip(own, reference):
            p.grad = torch.randn(p.shape) * 10.0**step
            r.grad = p.grad / (p.grad.square().sum().sqrt() + 1e-7)
        ours.step()
        adam.step()
    for p, r in zip(own, reference):
        torch.testing.assert_close(p, r)


def test_the_size_of_a_gradient_does_not_matter_and_zero_is_no_step():
    results = []
    for size in (1e-3, 1e3):
        p = nn.Parameter(torch.ones(4))
        optimizer = AdamNormGrad([p], lr=0.1)
        for step in range(3):
            p.grad = torch.tensor([1.0, -2.0, 3.0, 0.0]) * size * (1 + step % 2)
            optimizer.step()
        results.append(p.detach())
    torch.testing.assert_close(*results, rtol=1e-4, atol=1e-6)
    still = nn.Parameter(torch.ones(4))
    still.grad = torch.zeros(4)
    AdamNormGrad([still], lr=0.1).step()
    assert torch.equal(still, torch.ones(4))
