"""Maps from a network's real output to a scale that stays away from 0 and infinity."""

import math

from torch import Tensor
from torch.nn import functional as F

BOUND = 7.0


def bounded_exp(log_scale: Tensor) -> Tensor:
    """exp(b tanh(s / b)) with b = 7: close to exp(s) for small s, within (9e-4, 1.1e3) always."""
    return (BOUND * (log_scale / BOUND).tanh()).exp()


def shifted_softplus(minimum: float, start: float, raw: Tensor) -> Tensor:
    """minimum + softplus(raw + c), c such that raw = 0 gives ``start``; start > minimum."""
    offset = start - minimum
    # log(exp(y) − 1), the inverse of softplus, without overflow for large y
    return minimum + F.softplus(raw + offset + math.log(-math.expm1(-offset)))
