"""Which trainings can be stacked, decided before training by trying it."""

import copy

import torch
from torch import Tensor
from torch.optim import SGD, Adam, AdamW

from vae_exp.distributed.process_group import world_size
from vae_exp.runtime.random_stream import RandomStream
from vae_exp.runtime.rng import isolate_rng
from vae_exp.training.ensemble import Training
from vae_exp.training.stacked_model import StackedModel

ELEMENTWISE = (Adam, AdamW, SGD)  # what they do to a number does not depend on the others
TOLERANCE = 1e-3  # of loss and gradient in float32, relative
TINY = 1e-6


def check_stackable(one: Training) -> None:
    """See that this, and others that differ in their seed alone, can be trained as an ``Ensemble``.

    Copies of its model take a step, one alone and one stacked. It leaves no trace.

    Raises:
        ValueError: they cannot, with why not.
    """
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
    model, data = one.vae, one.data
    device = data.device
    with isolate_rng(device):
        x, c = data.at("train", slice(0, one.trainer.batch_size))
        alone, together = copy.deepcopy(model).train(), copy.deepcopy(model).train()
        stacked = StackedModel([together])
        stream = RandomStream(device)
        loss, info = alone(x, c)
        loss.backward()
        batch = x.unsqueeze(0), None if c is None else c.unsqueeze(0)
        try:
            losses, infos = stacked(*batch, [stream.generator])
            losses.sum().backward()
        except Exception as error:  # whatever torch.func cannot do
            return f"which torch.func refuses: {str(error).strip().partition(chr(10))[0]:.200}"
    stacked.hand_back(0)
    got = {name: value[0] for name, value in infos.items()}
    expected = info | dict(alone.named_buffers())
    got |= dict(together.named_buffers())
    for name, parameter in alone.named_parameters():
        if parameter.grad is not None:
            expected[f"gradient of {name}"] = parameter.grad
            got[f"gradient of {name}"] = stacked.parameters[name].grad[0]
    for name, value in expected.items():
        if not _close(got[name], value):
            return f"where the {name} would be another than in a run alone"
    return None


@torch.no_grad()
def _close(got: Tensor, expected: Tensor) -> bool:
    got, expected = got.double(), expected.double()
    if not expected.isfinite().all():
        return True
    return bool((got - expected).norm() <= TOLERANCE * expected.norm() + TINY)
