"""The space that a z lives in, where a posterior and a prior have to meet."""

from torch import Tensor
from torch.distributions import Distribution, constraints


def space(distribution: Distribution) -> constraints.Constraint:
    """The support of a z, or of each of its dimensions where they are independent.

    Raises:
        NotImplementedError: torch does not know it.
    """
    support = distribution.support
    while hasattr(support, "base_constraint"):  # of independent dimensions, or of a mixture
        support = support.base_constraint
    return support


def same_space(q_z: Distribution, p_z: Distribution) -> bool:
    """Whether both are distributions on one space, so that KL(q ‖ p) may be finite."""
    return equal(space(q_z), space(p_z))


def equal(a: constraints.Constraint, b: constraints.Constraint) -> bool:
    """Whether two spaces are one."""
    return type(a) is type(b) and vars(a) == vars(b)


def geodesic(support: constraints.Constraint, a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """The point at the share t (*, 1) of the shortest way from a to b (*, Z) in a space: (*, Z).

    As a space with a ``geodesic`` of its own has it, and else on a straight line.
    """
    if hasattr(support, "geodesic"):
        return support.geodesic(a, b, t)
    return a + t * (b - a)
