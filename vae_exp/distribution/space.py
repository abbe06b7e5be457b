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
    q, p = space(q_z), space(p_z)
    return type(q) is type(p) and vars(q) == vars(p)


def centre(q_z: Distribution) -> Tensor:
    """The one z that stands for q(z|x), which is decoded, and drawn: (*, Z).

    It is E_q[z], and the mode where an average of points is no point of the space, which is where
    the space has a ``geodesic`` of its own: E_q[z] of a distribution on the sphere is inside it.
    """
    return q_z.mode if hasattr(space(q_z), "geodesic") else q_z.mean


def geodesic(support: constraints.Constraint, a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """The share t of the way from a to b in their space, a + t (b − a) where it says no other.

    Shapes: a, b (*, Z); t broadcasts, (*, 1).
    """
    if hasattr(support, "geodesic"):
        return support.geodesic(a, b, t)
    return a + t * (b - a)


def with_coordinate(support: constraints.Constraint, z: Tensor, d: int, value: Tensor) -> Tensor:
    """z with these values of one coordinate, and the others as they are, unless their space says
    otherwise in a method of that name.

    Shapes: z (Z,); value (C,); (C, Z).
    """
    if hasattr(support, "with_coordinate"):
        return support.with_coordinate(z, d, value)
    points = z.repeat(len(value), 1)
    points[:, d] = value
    return points
