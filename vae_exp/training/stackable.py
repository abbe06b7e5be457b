"""Which trainings can be stacked, decided before training by trying it."""

import torch
from torch.optim import SGD, Adam, AdamW

from vae_exp.distributed.process_group import world_size
from vae_exp.runtime.rng import isolate_rng
from vae_exp.training.handed_noise import RecordedDraws
from vae_exp.training.stacked_model import StackedModel
from vae_exp.training.ensemble import Training

ELEMENTWISE = (Adam, AdamW, SGD)  # what they do to a number does not depend on the others
TOLERANCE = 1e-3  # of loss and gradient in float32, relative


def check_stackable(trainings: list[Training]) -> None:
    """See that these, which differ in their seed alone, can be trained as an ``Ensemble``.

    A step of the first is taken both ways. It leaves no trace.

    Raises:
        ValueError: they cannot, with why not.
    """
    one = trainings[0]
    why = _refused_settings(one) or _refused_model(one)
    if why:
        raise ValueError(
            f"hydra/launcher: expected parallel, got vmap, which trains seeds as one model, {why}"
        )


def _refused_settings(one: Training) -> str | None:
    trainer, optimizer = one.trainer, one.vae.optimizer
    if world_size() > 1:
        return "in one process"
    if one.data.device.type == "mps":
        return "on the CPU or on CUDA"
    if trainer.compile:
        return "and does not compile it; or use trainer.compile=false"
    if trainer.precision != "float32":
        return f"in float32, not {trainer.precision}"
    if type(optimizer) not in ELEMENTWISE or len(optimizer.param_groups) > 1:
        return "with optimizer=adam, adamw or sgd, which treat each number by itself"
    return None


def _refused_model(one: Training) -> str | None:
    vae, data = one.vae, one.data
    vae.train()
    with isolate_rng(data.device):
        x, c = data.at("train", slice(0, one.trainer.batch_size))
        before = {name: buffer.clone() for name, buffer in vae.named_buffers()}
        ...
