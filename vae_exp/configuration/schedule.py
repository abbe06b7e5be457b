"""Whether a schedule of learning rates can be meant, decided before training by running it."""

import math
from collections.abc import Callable

import torch
from omegaconf import DictConfig
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

IN_EPOCHS = ("T_max", "total_iters", "milestones")  # of torch's schedulers, which take any number
# torch divides by what rates are multiplied by at first, and names no key where it cannot
FIRST, LAST = "a number above 0, up to 1", "a number from 0 to 1"
FACTORS = {"factor": FIRST, "start_factor": FIRST, "end_factor": LAST}
TRIED = 1000  # epochs


def check_epochs(section: DictConfig) -> None:
    """Look at what a scheduler's configuration counts in epochs.

    Raises:
        ValueError: a number of them is not positive and whole.
    """
    for key in IN_EPOCHS:
        for value in _numbers(section.get(key, 1)):
            if type(value) is not int or value < 1:
                raise ValueError(
                    f"scheduler.{key}: expected a positive number of epochs, got {value}"
                )


def check_factors(section: DictConfig) -> None:
    """Look at what one of torch's schedulers multiplies learning rates by.

    Raises:
        ValueError: a factor is out of range.
    """
    if not section._target_.startswith("torch.optim.lr_scheduler."):
        return
    for key, expected in FACTORS.items():
        value = section.get(key, 1)
        if not 0 <= value <= 1 or (value == 0 and expected == FIRST):
            raise ValueError(f"scheduler.{key}: expected {expected}, got {value}")


def try_schedule(scheduler: Callable[[Optimizer], LRScheduler]) -> None:
    """Step it on an optimizer of no consequence, with a learning rate of 1.

    Raises:
        ValueError: a rate is not finite or below 0.
    """
    optimizer = torch.optim.SGD([torch.zeros(())], lr=1.0)
    trial = scheduler(optimizer)
    optimizer._opt_called = True  # or torch warns; its steps would be most of the time
    for epoch in range(TRIED):
        (rate,) = (group["lr"] for group in optimizer.param_groups)
        if not (math.isfinite(rate) and rate > -1e-9):
            raise ValueError(
                f"expected learning rates of 0 or more, got {rate:.3g} times "
                f"optimizer.lr in epoch {epoch + 1}"
            )
        trial.step()


def _numbers(value: object) -> list[object]:
    return [value] if isinstance(value, int | float | str) or value is None else list(value)
