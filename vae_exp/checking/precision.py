"""Precision: single against double, and inputs that are far out."""

import math

import torch

from vae_exp.checking.subject import Subject
from vae_exp.checking.verdict import Wrong

SINGLE = torch.float32
RELATIVE, ABSOLUTE = 1e-4, 1e-3  # nats
FAR = 50.0


def check_precision(subject: Subject) -> str:
    """In float32 all is float32, and log p is that of float64 but for rounding."""
    single, double = subject.part(SINGLE), subject.part()
    batch = (20,) if subject.batch_shape(20) else ()
    seen = subject.sees(double, *batch)
    p, exact = subject.of(single, *(tensor.float() for tensor in seen)), subject.of(double, *seen)
    x = p.sample() if batch else p.sample((20,))
    found = {"sample": x, "log_prob": p.log_prob(x)}
    for what, tensor in found.items():
        if tensor.dtype != SINGLE:
            raise Wrong(
                f"expected {what} in torch.float32 of a part and inputs in float32, got "
                f"{tensor.dtype}; is a tensor of that type made in it? use new_tensor, zeros_like "
                "or register_buffer"
            )
    x64 = exact.sample() if batch else exact.sample((2,))
    for what, tensor in {"sample": x64, "log_prob": exact.log_prob(x64)}.items():
        if tensor.dtype != torch.float64:
            raise Wrong(
                f"expected {what} in torch.float64 of a part and inputs in float64, got "
                f"{tensor.dtype}; is .float() called, or a tensor of that type made in it?"
            )
    log_p, log_p_exact = found["log_prob"].double(), exact.log_prob(x.double())
    both = log_p.isfinite() & log_p_exact.isfinite()
    if subject.real and not both.all():
        raise Wrong("expected a finite log_prob of samples in float32, got one that is not")
    gap = (log_p - log_p_exact).abs()[both]
    allowed = (RELATIVE * log_p_exact.abs() + ABSOLUTE * math.prod(subject.event_shape) ** 0.5)[
        both
    ]
    if len(gap) and (gap > allowed).any():
        raise Wrong(
            f"expected log_prob in float32 to be that of float64, got {gap.max().item():.3g} nats "
            "between them; do large numbers cancel? log1p, expm1, logsumexp and lgamma keep digits"
        )
    return f"within {gap.max().item() if len(gap) else 0.0:.0e} nats of float64"


def check_extremes(subject: Subject) -> str:
    """Densities of samples, and their gradients, are finite where x or z is 50 times as large."""
    part = subject.part(SINGLE)
    if not subject.sees(part) or any(hasattr(module, "domain") for module in part.modules()):
        seen = subject.sees(part, 20, dtype=SINGLE) if subject.batch_shape(20) else []
    else:
        seen = [FAR * tensor for tensor in subject.sees(part, 20, dtype=SINGLE)]
    p = subject.of(part, *seen)
    x = p.sample() if seen else p.sample((20,))
    log_p = p.log_prob(x)
    if not log_p.isfinite().all() and subject.inside(x).all():
        raise Wrong(
            f"expected a finite log_prob of samples at inputs {FAR:g} times as large, got "
            f"{log_p[~log_p.isfinite()][0].item()}; bound what goes into exp, or use softplus"
        )
    if not log_p.requires_grad:
        return "log_prob is finite"
    parameters = [parameter for parameter in part.parameters() if parameter.requires_grad]
    gradients = torch.autograd.grad(log_p.sum(), parameters, allow_unused=True)
    if not all(g is None or g.isfinite().all() for g in gradients):
        raise Wrong(
            f"expected finite gradients at inputs {FAR:g} times as large, got NaN; does "
            "torch.where choose between values of which the other overflows?"
        )
    return "log_prob and its gradient are finite at inputs 50 times as large"
