"""The space that a z lives in, where a posterior and a prior have to meet."""

from torch import Tensor
from torch.distributions import Distribution, constraints

from vae_exp.distribution.grid import PointMass


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
    """Whether both are distributions on one space, so that KL(q ‖ p) may be finite.

    A mixture of point masses is nowhere but at its own.
    """
    if isinstance(getattr(p_z, "component_distribution", None), PointMass):
        return False
    return equal(space(q_z), space(p_z))


def equal(a: constraints.Constraint, b: constraints.Constraint) -> bool:
    """Whether two spaces are one."""
    return type(a) is type(b) and vars(a) == vars(b)


def centre(q_z: Distribution) -> Tensor:
    """The one z that stands for q(z|x), which is decoded, and drawn: (*, Z).

    It is E_q[z], and the mode where an average of points is no point of the space, which is where
    the space has a ``geodesic`` of its own: E_q[z] of a distribution on the sphere is inside it.
    """
    return q_z.mode if hasattr(space(q_z), "geodesic") else q_z.mean


def geodesic(support: constraints.Constraint, a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """The point at the share t (*, 1) of the shortest way from a to b (*, Z) in a space: (*, Z).

    As a space with a ``geodesic`` of its own has it, and else on a straight line.
    """
    if hasattr(support, "geodesic"):
        return support.geodesic(a, b, t)
    return a + t * (b - a)


def traverse(
    support: constraints.Constraint, z: Tensor, d: int, loc: Tensor, scale: Tensor, steps: Tensor
) -> Tensor:
    """z (Z,) with coordinate d at loc + scale · steps (C,), and the others as they are: (C, Z).

    Or what a space with a ``traverse`` of its own has in place of that.
    """
    if hasattr(support, "traverse"):
        return support.traverse(z, d, loc, scale, steps)
    points = z.repeat(len(steps), 1)
    points[:, d] = loc + scale * steps
    return points
