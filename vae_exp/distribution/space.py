"""The space that a z lives in, where a posterior and a prior have to meet."""

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
    q, p = space(q_z), space(p_z)
    return type(q) is type(p) and vars(q) == vars(p)
