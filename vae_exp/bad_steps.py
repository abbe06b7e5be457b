"""Steps whose loss or gradient is not finite: they are not applied, and too many end a run."""

import torch
from torch import Tensor
from torch.distributions import Distribution
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from vae_exp.training_state import TrainingState
from vae_exp.vae import VAE


class GuardedOptimizer:
    """Applies the steps of ``vae.optimizer`` that are finite, and counts the others.

    The device decides, as far as its optimizer can, so that nothing waits for it: a fused
    optimizer of torch leaves parameters and moments alone where its ``found_inf`` is 1.

    Args:
        clip_norm: the largest norm of the gradient, or none.
        limit: how many bad steps in a row end the training.
        state: its ``bad`` counts them.
    """

    def __init__(self, vae: VAE, clip_norm: float | None, limit: int, state: TrainingState):
        self.vae, self.clip_norm, self.limit, self.state = vae, clip_norm, limit, state
        self.fused = getattr(vae.optimizer, "_step_supports_amp_scaling", False)

    def step(self, loss: Tensor) -> Tensor:
        """Step with the gradients that ``loss.backward()`` left, and return their norm."""
        optimizer = self.vae.optimizer
        parameters = [p for p in self.vae.parameters() if p.grad is not None]
        norm = get_total_norm([p.grad for p in parameters])
        bad = 1 - (norm.isfinite() & loss.detach().isfinite()).float()
        if self.clip_norm is not None:
            clip_grads_with_norm_(parameters, self.clip_norm, norm)
        if self.fused:
            optimizer.found_inf = bad
            optimizer.step()
        elif not bad:
            optimizer.step()
        streak, longest, total = self.state.bad.to(bad.device)
        streak = (streak + 1) * bad
        self.state.bad = torch.stack([streak, torch.maximum(longest, streak), total + bad])
        return norm

    def settle(self, x: Tensor) -> int:
        """See how many steps were bad in a row since the last call, and how many in all.

        Args:
            x: the last batch, to see what broke.

        Raises:
            FloatingPointError: ``limit`` of them were in a row, naming the first term that broke.
        """
        streak, longest, total = self.state.bad.tolist()
        self.state.bad = torch.tensor([streak, streak, total], device=self.state.bad.device)
        if longest >= self.limit:
            raise FloatingPointError(
                f"training: {culprit(self.vae, x)} in {int(longest)} steps in a row "
                "(trainer.max_bad_steps), which were not applied; try a smaller optimizer.lr, "
                "trainer.clip_norm=1 or, for a learned scale, a larger decoder.min_scale"
            )
        return int(total)


@torch.no_grad()
def culprit(vae: VAE, x: Tensor) -> str:
    """The first thing on the way from x (B, X) to the gradient that is not finite."""
    q_z, p_z = vae.encoder(x), vae.prior()
    for name, distribution in {"encoder's": q_z, "prior's": p_z}.items():
        if broken := _broken_parameter(distribution):
            return f"the {name} {broken} is not finite"
    z = q_z.sample((vae.objective.samples,))
    p_x = vae.decoder(z)
    if broken := _broken_parameter(p_x):
        return f"the decoder's {broken} is not finite"
    if not vae.reconstruction_loss(p_x, x).isfinite().all():
        return "the reconstruction loss is not finite"
    if not vae.kl_loss(q_z, p_z, z).isfinite().all():
        return "the KL loss is not finite"
    for name, parameter in vae.named_parameters():
        if parameter.grad is not None and not parameter.grad.isfinite().all():
            return f"the gradient of {name} is not finite"
    return "the loss is not finite"


def _broken_parameter(distribution: Distribution) -> str | None:
    while hasattr(distribution, "base_dist"):
        distribution = distribution.base_dist
    for name in distribution.arg_constraints:
        value = vars(distribution).get(name)
        if isinstance(value, Tensor) and not value.isfinite().all():
            return name
    return None
