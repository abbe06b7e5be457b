"""The space of discrete latents: N variables, each with a few values."""

import torch
from torch import Tensor
from torch.distributions import constraints


class LatentCodes(constraints.Constraint):
    """z (*, Z) that stands for N variables, the n-th with ``values[n]`` values.

    A subclass says how z encodes the variables, in ``place`` and ``empty``; which code is the
    ``nearest`` to a point; and q of each value of a variable, given E_q[z], in ``probabilities``.
    """

    is_discrete = True
    event_dim = 1

    def __init__(self, values: tuple[int, ...]):
        self.values = tuple(values)

    def place(self, z: Tensor, variable: int, value: int) -> Tensor:
        """z (*, Z), with another value of one variable."""
        raise NotImplementedError

    def traverse(self, z: Tensor, d: int, loc: Tensor, scale: Tensor, steps: Tensor) -> Tensor:
        """z (Z,) with each value (C,) of a variable, or its last one where it has fewer: (C, Z)."""
        last = self.values[d] - 1
        return torch.stack([self.place(z, d, min(int(value), last)) for value in steps])

    def geodesic(self, a: Tensor, b: Tensor, t: Tensor) -> Tensor:
        """The codes nearest to a straight line, see ``space.geodesic``."""
        return self.nearest(a + t * (b - a))

    def nearest(self, y: Tensor) -> Tensor:
        """The code nearest to what lies between codes, (*, Z)."""
        raise NotImplementedError

    def probabilities(self, mean: Tensor) -> list[Tensor]:
        """q of each value of each variable, N of (*, K_n), where E_q[z] is ``mean`` (*, Z)."""
        raise NotImplementedError

    def empty(self, like: Tensor) -> Tensor:
        """A z (Z,) whose variables are yet to be placed, of that type and device."""
        raise NotImplementedError

    def all(self, like: Tensor) -> Tensor:
        """All z that there are, (Π_n K_n, Z), of that type and device."""
        counts = [torch.arange(count, device=like.device) for count in self.values]
        chosen = torch.cartesian_prod(*counts).view(-1, len(counts))  # one column a variable
        return self.of(chosen, like)

    def of(self, chosen: Tensor, like: Tensor) -> Tensor:
        """The z (B, Z) of the values that each variable has, (B, N) whole numbers."""
        z = self.empty(like).repeat(len(chosen), 1)
        for variable, count in enumerate(self.values):
            for value in range(count):  # whole columns, for this is asked at each step
                z = torch.where(
                    (chosen[:, variable] == value).unsqueeze(-1), self.place(z, variable, value), z
                )
        return z
