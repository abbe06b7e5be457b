"""Adam on gradients of length one."""

import torch
from torch.optim import Adam


class AdamNormGrad(Adam):
    """Adam, with the gradient of each parameter divided by its norm.

        g ← g / (‖g‖ + 1e-7)

    So that no parameter's steps depend on how large its gradients are together, from step to step.

    Source: Tomczak and Welling 2018, "VAE with a VampPrior", arXiv 1705.07120, in their code.
    """

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.grad.div_(p.grad.norm() + 1e-7)
        super().step(closure)
