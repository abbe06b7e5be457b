"""S models that differ in their numbers alone, as one whose parameters have S rows."""

import inspect
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.optim import Optimizer

from vae_exp.training.handed_noise import Draw, HandedNoise, RecordedDraws
from vae_exp.vae import VAE

STEP = "step"  # of an optimizer's state: a count, the same for all


class StackedModel:
    """Parameters (S, ...) of which each model's own are views, and one optimizer for all of them.

    While it is in use the parameters of the models change with it; their buffers, and the state of
    their optimizers, are brought up to date by ``hand_back``.

    Args:
        models: with one optimizer of one group each, that treats each number by itself.
    """

    def __init__(self, models: Sequence[VAE]):
        self.models, self.one = list(models), models[0]
        named = [dict(model.named_parameters()) for model in self.models]
        self.parameters = {
            name: nn.Parameter(torch.stack([own[name].detach() for own in named]))
            for name, parameter in named[0].items()
            if parameter.requires_grad
        }
        # of each model, with the stacked ones
        self.pairs = [
            [(own[name], stacked) for name, stacked in self.parameters.items()] for own in named
        ]
        for row, pairs in enumerate(self.pairs):
            for parameter, stacked in pairs:
                parameter.data = stacked.data[row]
                parameter.grad = None
        frozen = named[0].keys() - self.parameters.keys()
        constants = [
            {name: own[name] for name in frozen} | dict(model.named_buffers())
            for own, model in zip(named, self.models)
        ]
        self.buffers = {n: torch.stack([own[n] for own in constants]) for n in constants[0]}
        self.optimizer = self._stack_optimizers()
        self.losses = vmap(self._loss)
        self.draws: dict[int, list[Draw]] = {}  # of a forward pass, by the size of the batch

    def __call__(
        self, x: Tensor, c: Tensor | None, generators: Sequence[torch.Generator]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss (S,) and the numbers behind it, (S,) each, for x (S, B, X)."""
        if x.shape[1] not in self.draws:
            self.draws[x.shape[1]] = self._record(x[0], None if c is None else c[0])
        noises = tuple(draw(generators) for draw in self.draws[x.shape[1]])
        batch = (x,) if c is None else (x, c)  # as vmap takes no None
        # a module may write into its buffers, or put others in their place: these are both
        loss, info, buffers = self.losses(self.parameters, self.buffers, batch, noises)
        self.buffers = {name: buffer.detach() for name, buffer in buffers.items()}
        return loss, info

    def _loss(self, parameters, buffers, batch, noises):
        state = parameters | buffers  # one dict, into which torch puts the buffers that are new
        with HandedNoise(noises):
            loss, info = functional_call(self.one, state, batch)
        return loss, info, {name: state[name] for name in buffers}

    @torch.no_grad()
    def _record(self, x: Tensor, c: Tensor | None) -> list[Draw]:
        state = {n: v.clone() for n, v in self.one.named_buffers()}
        device = [x.device] if x.device.type == "cuda" else []
        with torch.random.fork_rng(device), RecordedDraws() as recorded:
            functional_call(self.one, state, (x, c))
        return recorded.draws

    def gradient_norms(self) -> Tensor:
        """The norm of each model's gradient, (S,)."""
        gradients = [p.grad.reshape(len(p), -1) for p in self._with_gradient()]
        return torch.stack([(g * g).sum(1) for g in gradients]).sum(0).sqrt()

    def zero_grad(self) -> None:
        for parameter in self.parameters.values():
            parameter.grad = None

    def clip_gradients(self, norms: Tensor, most: float) -> None:
        """Have no model's gradient a larger norm, as torch's ``clip_grad_norm_``."""
        factors = (most / (norms + 1e-6)).clamp(max=1)
        for parameter in self._with_gradient():
            parameter.grad *= factors.reshape(-1, *(1 for _ in parameter.shape[1:]))

    def _with_gradient(self) -> list[nn.Parameter]:
        return [p for p in self.parameters.values() if p.grad is not None]

    def set_learning_rate(self, rate: float) -> None:
        self.optimizer.param_groups[0]["lr"] = rate

    @torch.no_grad()
    def hand_back(self, row: int, copied: bool = False) -> None:
        """Bring a model up to date; a copied one is on its own from now on."""
        for name, buffer in self.models[row].named_buffers():
            buffer.copy_(self.buffers[name][row])
        for parameter, stacked in self.pairs[row]:
            if copied:
                parameter.data = parameter.data.clone()
            own = {}
            for key, value in self.optimizer.state.get(stacked, {}).items():
                if isinstance(value, Tensor):
                    value = value if key == STEP else value[row]
                    value = value.clone() if copied or key == STEP else value
                own[key] = value
            if own:
                self.models[row].optimizer.state[parameter] = own

    def _stack_optimizers(self) -> Optimizer:
        optimizers = [model.optimizer for model in self.models]
        kind, group = type(optimizers[0]), optimizers[0].param_groups[0]
        settings = {k: v for k, v in group.items() if k in inspect.signature(kind).parameters}
        settings.pop("params")
        stacked = kind(self.parameters.values(), **settings)
        for position, (parameter, whole) in enumerate(self.pairs[0]):
            state = optimizers[0].state.get(parameter, {})
            each = [o.state.get(pairs[position][0], {}) for o, pairs in zip(optimizers, self.pairs)]
            for key, value in state.items():
                if isinstance(value, Tensor):
                    alike = key == STEP
                    value = value.clone() if alike else torch.stack([own[key] for own in each])
                stacked.state[whole][key] = value
        return stacked
