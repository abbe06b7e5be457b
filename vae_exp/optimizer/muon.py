"""Muon for the matrices of a model's layers, Adam for everything else."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn
from torch.optim import Adam, Optimizer


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
        ValueError: this torch has no Muon.
    Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks",
        https://kellerjordan.github.io/posts/muon/; the factor: Yang, Simon and Bernstein 2023,
        "A spectral condition for feature learning", arXiv 2310.17813
    """

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
        if not hasattr(torch.optim, "Muon"):
            raise ValueError(
                "expected a torch whose Muon has adjust_lr_fn=spectral_unclamped, as 2.15 has, "
                f"got {torch.__version__}, which has no Muon"
            )
        parts: dict[bool, list[nn.Parameter]] = {True: [], False: []}
        for name, parameter in params:
            parts[is_matrix_of_layer(name, parameter)].append(parameter)
        matrices, others = parts[True], parts[False]
        super().__init__([*matrices, *others], {})
        muon = torch.optim.Muon(
            matrices, lr, weight_decay, momentum=momentum, adjust_lr_fn="spectral_unclamped"
        )
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
            part.step()

    def state_dict(self) -> dict[str, Any]:
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        for part, state in zip(self.parts, state_dict["parts"]):
            part.load_state_dict(state)
        self.param_groups = [group for part in self.parts for group in part.param_groups]


def is_matrix_of_layer(name: str, parameter: nn.Parameter) -> bool:
    """Whether it maps one layer to the next: ``0.weight``, ``gru.weight_hh_l0``, not a vector."""
    called_weight = name.rpartition(".")[2].startswith("weight")
    return called_weight and parameter.ndim == 2 and min(parameter.shape) > 1
