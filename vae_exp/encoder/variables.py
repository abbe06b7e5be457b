"""What an encoder sees of a row of a table."""

from collections.abc import Sequence

import torch
from torch import Tensor

from vae_exp.distribution.variable import SEEN, Variable
from vae_exp.encoder.inputs import Inputs, Seeing


class VariableInputs(Inputs):
    """Of a category 0 and 1, one number for each; of all else (t(x) − loc) / scale.

    t is the logarithm of what is positive, log(1 + x) of counts, and x elsewhere. What is not
    observed is NaN, and a category that is not is 0 throughout.

    Args:
        variables: the columns, of which x (*, D) has a number each.
    """

    def __init__(self, variables: Sequence[Variable]):
        super().__init__((sum(variable.width for variable in variables),))
        self.variables = tuple(variables)

    def before(self, encoder: torch.nn.Module) -> Seeing:
        return Seeing(self, encoder)

    def forward(self, x: Tensor) -> Tensor:
        seen = []
        for variable, column in zip(self.variables, x.unbind(-1)):
            if variable.type == "category":
                codes = torch.arange(variable.width, device=x.device)
                seen.append((column.unsqueeze(-1) == codes).to(x))
            else:
                column = SEEN.get(variable.type, torch.clone)(column)
                seen.append(((column - variable.loc) / variable.scale).unsqueeze(-1))
        return torch.cat(seen, -1)
