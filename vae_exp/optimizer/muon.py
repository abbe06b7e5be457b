"""Muon for the matrices of a model's layers, Adam for everything else."""

import functools
import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

# a X + b (X Xᵀ) X + c (X Xᵀ)² X takes all singular values of (0, 1] into about (0.7, 1.2), soon
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5


class MuonAndAdam(Optimizer):
    """Momentum whose update is orthogonalised, for each matrix of a layer, and Adam for the rest.

    Of a matrix's momentum M = U S Vᵀ the update is about U Vᵀ √(rows / columns), by five
    Newton-Schulz steps: all directions move alike, and what a layer gives out moves as much in any
    layer. It pays for batches of 500 and more, for the orthogonalising costs the same for any
    batch. A table of numbers that is no map, such as the means of a mixture, one a row, or
    pseudo-inputs, has nothing to be orthogonal for: the matrices are those that are called a
    weight, as the layers of torch.nn call theirs.

    Args:
        params: the parameters with their names, as ``named_parameters`` has them.
        lr: of the matrices.
        adam_lr: of the others.
        momentum, betas, eps: of the two.
        weight_decay: λ; before each step a matrix shrinks to (1 − lr λ) of itself, so that the
            largest of its singular values stays below about √(rows / columns) / λ.

    Raises:
        ValueError: a number out of its range.

    As a fused optimizer of torch, it leaves all alone where ``found_inf``, a tensor that is set
    before ``step``, is 1: so nothing waits for a device to know.

    Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks",
        https://kellerjordan.github.io/posts/muon/; the factor: Yang, Simon and Bernstein 2023,
        "A spectral condition for feature learning", arXiv 2310.17813
    """

    _step_supports_amp_scaling = True  # torch's name for it
    found_inf: Tensor | None = None

    def __init__(
        self,
        params: Iterable[tuple[str, nn.Parameter]],
        lr: float,
        adam_lr: float,
        momentum: float,
        betas: tuple[float, float],
        eps: float,
        weight_decay: float,
    ):
        for key, value in {"lr": lr, "adam_lr": adam_lr, "weight_decay": weight_decay}.items():
            if not 0 <= value < math.inf:
                raise ValueError(f"optimizer.{key}: expected a finite number from 0, got {value}")
        if not 0 <= momentum < 1:
            raise ValueError(
                f"optimizer.momentum: expected a number from 0, below 1, got {momentum}"
            )
        parts: dict[bool, list[nn.Parameter]] = {True: [], False: []}
        for name, parameter in params:
            parts[is_matrix_of_layer(name, parameter)].append(parameter)
        matrices, others = parts[True], parts[False]
        super().__init__([*matrices, *others], {})
        muon = Muon(matrices, lr, momentum, weight_decay)
        adam = Adam(others, adam_lr, betas, eps, fused=True)
        self.parts = [muon, adam]
        # the schedule moves both, through the groups that they look at
        self.param_groups = [*muon.param_groups, *adam.param_groups]

    def zero_grad(self, set_to_none: bool = True) -> None:
        for part in self.parts:
            part.zero_grad(set_to_none)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        for part in self.parts:
            if self.found_inf is not None:
                part.found_inf = self.found_inf
            part.step()

    def state_dict(self) -> dict[str, Any]:
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        for part, state in zip(self.parts, state_dict["parts"]):
            part.load_state_dict(state)
        self.param_groups = [group for part in self.parts for group in part.param_groups]


class Muon(Optimizer):
    """M ← μ M + (1 − μ) G, W ← (1 − lr λ) W − lr √(rows / columns) orthogonal((1 − μ) G + μ M).

    As ``torch.optim.Muon`` with ``adjust_lr_fn="spectral_unclamped"``, but that the products are in
    bfloat16 only where the processor is made for it: elsewhere they take twelve times as long there
    as in float32, and nearly all of the training.

    Args:
        params: matrices.
        lr: the rate.
        momentum: μ.
        weight_decay: λ.
    """

    found_inf: Tensor | None = None

    def __init__(
        self, params: Iterable[nn.Parameter], lr: float, momentum: float, weight_decay: float
    ):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        for group in self.param_groups:
            lr, momentum = group["lr"], group["momentum"]
            if self.found_inf is not None:
                lr = lr * (1 - self.found_inf)
            for matrix in group["params"]:
                if matrix.grad is None:
                    continue
                state = self.state[matrix]
                if not state:
                    state["momentum_buffer"] = torch.zeros_like(matrix.grad)
                average, gradient = state["momentum_buffer"], matrix.grad
                if self.found_inf is not None:  # an average with itself stays as it is
                    gradient = torch.where(self.found_inf == 1, average, gradient)
                average.lerp_(gradient, 1 - momentum)
                update = orthogonalize(gradient.lerp(average, momentum))
                rows, columns = matrix.shape
                matrix.mul_(1 - lr * group["weight_decay"])
                matrix.sub_(update * (lr * (rows / columns) ** 0.5))


def orthogonalize(matrix: Tensor) -> Tensor:
    """About U Vᵀ of the matrix U S Vᵀ, in the matrix's type: singular values from 0.7 to 1.2."""
    a, b, c = NEWTON_SCHULZ
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T  # X Xᵀ is the smaller one
    x = wide.bfloat16() if multiplies_bfloat16(matrix.device) else wide
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(ITERATIONS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x if wide is matrix else x.T).to(matrix)


@functools.cache
def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether the processor has instructions for products of bfloat16; else they are emulated."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def is_matrix_of_layer(name: str, parameter: nn.Parameter) -> bool:
    """Whether it maps one layer to the next: ``0.weight``, ``gru.weight_hh_l0``, not a vector."""
    called_weight = name.rpartition(".")[2].startswith("weight")
    return called_weight and parameter.ndim == 2 and min(parameter.shape) > 1
