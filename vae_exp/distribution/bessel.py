"""The modified Bessel function of the first kind, of any order and any argument."""

import math
from fractions import Fraction
from functools import cache
from typing import Any

import torch
from torch import Tensor

LEAST_ORDER = 16  # from where the expansion is exact to double precision
TERMS = 10


class LogBessel(torch.autograd.Function):
    """Λ(κ) = log [Γ(ν+1) (2/κ)^ν I_ν(κ)] and its derivative, I_{ν+1}(κ) / I_ν(κ), for κ > 0.

    Debye's expansion, which is uniform in κ, at an order of 16 or more, and from there, where ν is
    less, down by the recurrence of the ratio, in which all terms are positive. Neither under- nor
    overflows. Near κ = 0, where Λ is κ²/(4ν + 4), the absolute error is a rounding of 1.

    Args:
        kappa: κ, in double precision.
        order: ν, 0 or more.

    Source: Digital Library of Mathematical Functions, 10.41.3 (the expansion), 10.41.9 (its
        polynomials) and 10.29.1 (the recurrence).
    """

    @staticmethod
    def forward(ctx: Any, kappa: Tensor, order: float) -> tuple[Tensor, Tensor]:
        steps = max(0, math.ceil(LEAST_ORDER - order))
        log_bessel, ratio = debye(kappa, order + steps)
        for step in reversed(range(steps)):
            twice = 2 * (order + step + 1)
            log_bessel = log_bessel + (kappa * ratio / twice).log1p()
            ratio = kappa / (twice + kappa * ratio)
        ctx.save_for_backward(kappa, ratio)
        ctx.order = order
        return log_bessel, ratio

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, of_log: Tensor, of_ratio: Tensor) -> tuple[Tensor, None]:
        kappa, ratio = ctx.saved_tensors
        slope = 1 - ratio.square() - (2 * ctx.order + 1) * ratio / kappa
        return of_log * ratio + of_ratio * slope, None


def debye(kappa: Tensor, order: float) -> tuple[Tensor, Tensor]:
    """Λ and Λ' by the expansion: with s = √(ν² + κ²) and p = ν/s,

        Λ = (s − ν) − ν log((ν + s) / 2ν) − ½ log(s / ν) + log Σ_k u_k(p)/ν^k − the same at p = 1

    where what stands at p = 1 is Stirling's series.
    """
    s = torch.hypot(kappa, torch.full_like(kappa, order))
    beyond = kappa.square() / (s + order)  # s − ν
    p = order / s
    coefficients = _expansion(order)
    slopes = tuple(k * c for k, c in enumerate(coefficients))[1:]
    at_one = sum(coefficients)
    correction = _polynomial(coefficients, p)
    log_bessel = (
        beyond
        - order * (beyond / (2 * order)).log1p()
        - (beyond / order).log1p() / 2
        + ((correction - at_one) / (1 + at_one)).log1p()
    )
    slope = p * _polynomial(slopes, p) / (1 + correction)
    ratio = kappa / (order + s) - kappa / s.square() * (0.5 + slope)
    return log_bessel, ratio


def _polynomial(coefficients: tuple[float, ...], x: Tensor) -> Tensor:
    value = torch.zeros_like(x)
    for coefficient in reversed(coefficients):
        value = value * x + coefficient
    return value


@cache
def _expansion(order: float) -> tuple[float, ...]:
    """Σ_{k ≥ 1} u_k(p)/ν^k as the coefficients of one polynomial in p."""
    u, total = [Fraction(1)], [Fraction(0)] * (3 * TERMS + 1)
    for k in range(1, TERMS + 1):
        u = _next(u)
        for power, coefficient in enumerate(u):
            total[power] += coefficient / Fraction(order) ** k
    return tuple(map(float, total))


def _next(u: list[Fraction]) -> list[Fraction]:
    """u_{k+1}(p) = ½ p² (1 − p²) u_k'(p) + ⅛ ∫_0^p (1 − 5 t²) u_k(t) dt."""
    following = [Fraction(0)] * (len(u) + 3)
    for n, c in enumerate(u):
        following[n + 1] += c * n / 2 + c / (8 * (n + 1))
        following[n + 3] -= c * n / 2 + 5 * c / (8 * (n + 3))
    return following
