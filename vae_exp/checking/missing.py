"""Missing values: NaN in x, of which a likelihood leaves out that component."""

import torch

from vae_exp.checking.quadrature import points
from vae_exp.checking.subject import Subject, needs
from vae_exp.checking.tried import EDGE
from vae_exp.checking.verdict import Skipped, Wrong


def check_missing(subject: Subject) -> str:
    """p(x_obs|z) where some of x is NaN, which is 1 where all is; a finite q(z|x_obs)."""
    needs(subject.role != "prior", "a prior sees no x")
    part = subject.part()
    if subject.role == "encoder":
        (x,) = subject.sees(part, 3)
        x.view(3, -1)[:, 0] = torch.nan
        try:
            finite = subject.of(part, x).mean.isfinite().all()
        except Exception as error:
            raise Skipped(f"takes none: {type(error).__name__}") from error
        needs(bool(finite), "takes none (NaN in x gives NaN in q); data that have some are refused")
        return "NaN in x leaves q(z|x) finite"
    (z,) = subject.sees(part, 3)
    p = subject.of(part, z)
    x = p.sample()
    nothing = torch.full_like(x, torch.nan)
    try:
        log_p = p.log_prob(nothing)
    except Exception as error:
        raise Skipped(f"takes none: {type(error).__name__}") from error
    needs(
        not log_p.isnan().any(), "takes none (NaN in x gives NaN); data that have some are refused"
    )
    if not torch.allclose(log_p, torch.zeros_like(log_p)):
        raise Wrong(
            f"expected log_prob 0 where nothing of x is observed, got {log_p[0].item():.4g}; NaN "
            "must be left out, not counted as a number"
        )
    if x[0].numel() < 2:
        return "where nothing of x is observed log_prob is 0"
    some = x.clone()
    some.view(3, -1)[:, 0] = torch.nan
    log_some = p.log_prob(some)
    grid = _first_component(subject, x)
    if grid is None or not log_some.isfinite().all():
        raise Wrong("expected a finite log_prob of what is observed of x, got one that is not")
    at, log_volume = grid
    row = x[:1].repeat(len(at), *[1] * (x.ndim - 1))
    row.view(len(at), -1)[:, 0] = at.flatten()
    alone = subject.of(part, z[:1].expand(len(at), -1))
    each = alone.log_prob(row) + log_volume
    if not subject.support.is_discrete and max(each[0], each[-1]).exp() > EDGE:
        return "what is missing is left out"
    summed = each.logsumexp(0)
    if abs((summed - log_some[0]).item()) > 1e-2:
        raise Wrong(
            f"expected log p of what is observed, {summed.item():.5g} with the missing component "
            f"summed out, got {log_some[0].item():.5g}"
        )
    return "what is missing is summed out"


def _first_component(subject: Subject, x: torch.Tensor):
    return points(subject.support, x.view(len(x), -1)[:, :1].repeat(700, 1))
