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
# A bias before batch normalisation has a gradient of 0 but for rounding, which Adam makes steps of:
# it is found to be another, and rightly so, for the running averages follow it


def check_stackable(one: Training, other: Training) -> None:
    """See that these, and more that differ in their seed alone, can be trained as an ``Ensemble``.

    Copies of both models take a step, alone and stacked. It leaves no trace.

    Raises:
        ValueError: they cannot, with why not.
    """
    why = _refused_settings(one) or _refused_models(one, other)
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


def _refused_models(one: Training, other: Training) -> str | None:
    models, data = [one.vae, other.vae], one.data
    with isolate_rng(data.device):
        x, c = data.at("train", slice(0, one.trainer.batch_size))
        streams = [RandomStream(data.device) for _ in models]  # the same noise for both
        alone = [copy.deepcopy(model).train() for model in models]
        expected = []
        for model, stream in zip(alone, [RandomStream(data.device) for _ in models]):
            with stream.in_use():
                loss, info = model(x, c)
            loss.backward()
            expected.append(info)
    both = [copy.deepcopy(model).train() for model in models]
    try:
        stacked = StackedModel(both)
        batch = torch.stack([x, x]), None if c is None else torch.stack([c, c])
        losses, infos = stacked(*batch, [stream.generator for stream in streams])
        losses.sum().backward()
    except Exception as error:  # whatever torch.func cannot do
        return f"which torch.func refuses: {str(error).strip().partition(chr(10))[0]:.200}"
    for row, (model, copied) in enumerate(zip(alone, both)):
        stacked.hand_back(row)
        wanted = expected[row] | dict(model.named_buffers())
        got = {name: value[row] for name, value in infos.items()} | dict(copied.named_buffers())
        for name, parameter in model.named_parameters():
            if parameter.grad is not None:
                gradient = stacked.parameters[name].grad
                wanted[f"gradient of {name}"] = parameter.grad
                got[f"gradient of {name}"] = (
                    torch.zeros_like(parameter) if gradient is None else gradient[row]
                )
        for name, value in wanted.items():
            if not _close(got[name], value):
                return f"where the {name} would be another than in a run alone"
    return None


@torch.no_grad()
def _close(got: Tensor, expected: Tensor) -> bool:
    got, expected = got.double(), expected.double()
    if not expected.isfinite().all():
        return True
    return bool((got - expected).norm() <= TOLERANCE * expected.norm() + TINY)
