"""Which epoch is the best, and when none better is waited for any more."""

import math
from typing import Literal

from vae_exp.training.state import TrainingState
from vae_exp.vae import VAE

Monitor = Literal["auto", "elbo", "loss"]


class EarlyStopping:
    """Goes by a validation number.

    Args:
        monitor: which: ``elbo``; ``loss``, what is minimised, once a warm-up is over; ``auto``, the
            ELBO if that is the objective, even with a biased estimator of the KL, and otherwise the
            loss, as with a classifier's term in it.
        patience: after how many epochs in which it did not get better to stop, or none for never;
            those of a warm-up do not count.
    """

    def __init__(self, monitor: Monitor, patience: int | None):
        self.monitor = monitor
        self.patience = math.inf if patience is None else patience

    def watched(self, vae: VAE) -> str:
        """The validation number that says which epoch is best, ``elbo`` or ``loss``."""
        if self.monitor != "auto":
            return self.monitor
        is_elbo = vae.objective.is_elbo and vae.kl.is_kl and not vae.condition.enumerates
        return "elbo" if is_elbo else "loss"

    def out_of_patience(self, vae: VAE, state: TrainingState, steps_per_epoch: int) -> bool:
        """Whether too many epochs have passed since the best one, and since the warm-up."""
        warmup = math.ceil(max(vae.objective.warmup_steps, vae.kl.warmup_steps) / steps_per_epoch)
        return state.epoch - max(state.best_epoch, warmup) >= self.patience
