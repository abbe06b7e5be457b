"""Gradients: against finite differences in double precision, and that they reach everything."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from vae_exp.checking.difference_quotient import compare_gradient
from vae_exp.checking.subject import Subject, needs
from vae_exp.checking.verdict import Skipped, Wrong
from vae_exp.expectation import PATHWISE

ERRORS = 6.0
REPEATS = 40


def check_gradients(subject: Subject) -> str:
    """∂ log p / ∂ (x, z, parameters) along random directions is the difference quotient."""
    part = subject.part()
    p = subject.distribution(2, part=part) if subject.batch_shape(2) else subject.distribution()
    x = p.sample(() if p.batch_shape else (2,))
    seen = subject.sees(part, 2) if subject.batch_shape(2) else []
    weight = torch.randn(2, dtype=torch.float64)

    def value() -> Tensor:
        return (subject.of(part, *seen).log_prob(x) * weight).sum()

    leaves = {f"{name} of the part": parameter for name, parameter in learned(part)}
    if subject.role != "encoder":
        leaves |= {"z" if subject.role == "decoder" else "c": tensor for tensor in seen}
    if subject.real and subject.role != "decoder":
        leaves["the sample"] = x
    needs(bool(leaves), "it has no parameter, and z no density with a gradient")
    constant = not subject.of(part, *seen).log_prob(x).requires_grad
    codes = subject.role == "encoder" and subject.support.is_discrete
    needs(not (constant and codes), "log_prob of its codes depends on no parameter")
    compare_gradient(value, leaves, "log_prob")
    return f"log_prob has the difference quotient's, by {len(leaves)} tensors"


def learned(part: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """The parameters that training moves."""
    return [(name, p) for name, p in part.named_parameters() if p.requires_grad]


def check_flow(subject: Subject) -> str:
    """A gradient, finite and not 0, comes to each parameter."""
    part = subject.part()
    batch = (16,) if subject.batch_shape(16) else ()
    p = subject.distribution(*batch, part=part)
    x = p.rsample((8,)) if subject.role == "encoder" and p.has_rsample else p.sample((8,))
    total = p.log_prob(x.detach()).sum()
    if x.requires_grad:
        total = total + x.sin().sum() + p.log_prob(x).cos().sum()
    parameters = learned(part)
    needs(bool(parameters), "it has no parameters")
    if not total.requires_grad:
        raise Wrong("expected log_prob to have a gradient by the parameters, got a constant")
    gradients = torch.autograd.grad(total, [p for _, p in parameters], allow_unused=True)
    for (name, _), gradient in zip(parameters, gradients):
        if gradient is None or not gradient.any():
            raise Wrong(
                f"expected a gradient for every parameter, got none for {name}; is it unused, or "
                "detached?"
            )
        if not gradient.isfinite().all():
            raise Wrong(f"expected a finite gradient, got {gradient.sum().item()} for {name}")
    return f"comes to each of {len(parameters)} parameters"


def check_reparametrised(subject: Subject) -> str:
    """∂ rsample / ∂ parameters is the difference quotient, at the same noise; or, where samples
    are no smooth function of noise, ∂ E_q[sin z] that of the score function."""
    part = subject.part()
    needs(subject.role == "encoder", "only a posterior is differentiated through its samples")
    if not getattr(part, "expectation", PATHWISE).reparametrised:
        raise Skipped("its expectation is not reparametrised, see vae_exp.expectation")
    (x,) = subject.sees(part)
    q_z = subject.of(part, x)
    if not q_z.has_rsample:
        raise Wrong(
            "expected rsample, samples with a gradient, got none; write it (has_rsample = True), "
            "or give the encoder an expectation (vae_exp.expectation) that needs none"
        )
    parameters = learned(part)
    needs(bool(parameters), "it has no parameters")
    if not q_z.rsample().requires_grad:
        raise Wrong("expected rsample to have a gradient, got none; is it in no_grad, or detached?")

    def value() -> Tensor:
        torch.manual_seed(7)
        return subject.of(part, x).rsample((4,)).sin().sum()

    if subject.support.is_discrete:
        return "carries a gradient (codes are no smooth function: it is that of a stand-in)"
    try:
        compare_gradient(value, {f"{name} of the part": p for name, p in parameters}, "rsample")
    except Wrong as wrong:
        return _by_score(subject, part, x, wrong)
    return "rsample has the difference quotient's"


def _by_score(subject: Subject, part: nn.Module, x: Tensor, wrong: Wrong) -> str:
    parameters = [p for _, p in learned(part)]

    def rows(surrogate: Callable[[], Tensor]) -> tuple[Tensor, Tensor]:
        found = []
        for _ in range(REPEATS):
            gradients = torch.autograd.grad(surrogate(), parameters, allow_unused=True)
            gradients = [
                torch.zeros_like(p) if g is None else g for p, g in zip(parameters, gradients)
            ]
            found.append(torch.cat([g.flatten() for g in gradients]))
        each = torch.stack(found)
        return each.mean(0), each.var(0) / REPEATS

    def score() -> Tensor:
        q_z = subject.of(part, x)
        z = q_z.sample((500,))
        f = z.sin().sum(-1)
        return (q_z.log_prob(z) * (f - f.mean())).mean() * 500 / 499

    mean_a, var_a = rows(lambda: subject.of(part, x).rsample((500,)).sin().sum(-1).mean())
    mean_b, var_b = rows(score)
    noisy = var_a + var_b > 1e-24
    error = ((mean_a - mean_b)[noisy] / (var_a + var_b)[noisy].sqrt()).abs()
    if error.max() > ERRORS + 1:
        raise wrong
    return "E[sin z] has the score function's gradient"
