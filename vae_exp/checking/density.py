"""Density: that it integrates, or sums, to one, and where it lives."""

import math

import torch
from torch.distributions import Distribution, Independent

from vae_exp.checking.quadrature import borders
from vae_exp.checking.subject import Subject, needs
from vae_exp.checking.tried import log_prob_at, tried
from vae_exp.checking.verdict import Skipped, Wrong

DRAWN = 2_000
SEVERAL = 1_000  # draws for an integral by importance
# what a normaliser is usually forgotten by, and by what in words
FACTORS = {
    math.sqrt(2 * math.pi): "√(2π)",
    2 * math.pi: "2π",
    2.0: "2",
    math.pi: "π",
    math.sqrt(2.0): "√2",
    4.0: "4",
}


def check_density(subject: Subject) -> str:
    """∫ p = 1, by quadrature over one or two numbers, over codes, or by importance."""
    each = tried(subject)
    if each[0].mass is None:
        return _by_importance(subject.small, each[0].p)
    support = subject.small.support
    whole = [one for one in each if not one.cut_off]
    needs(bool(whole), "all mass is nearer to a border than numbers can tell")
    totals = [one.mass.sum().item() for one in whole]
    plane = whole[0].at[0].numel() > 1
    tolerance = 1e-6 if support.is_discrete else 2e-3 if plane else 5e-6
    if not all(abs(total - 1) < tolerance for total in totals):
        listed = ", ".join(f"{total:.4g}" for total in totals)
        kind = "sum over all values" if support.is_discrete else "integral over the support"
        spreads = [one.x.double().std().item() for one in whole]
        raise Wrong(f"expected the {kind} to be 1, got {listed}; {_cause(totals, spreads)}")
    what = "sums" if support.is_discrete else "integrates"
    return f"{what} to 1 (within {max(abs(total - 1) for total in totals):.0e})"


def _cause(totals: list[float], spreads: list[float]) -> str:
    first = totals[0]
    alike = all(abs(total / first - 1) < 1e-2 for total in totals) if first else False
    if alike:
        for factor, words in FACTORS.items():
            for value, text in ((factor, words), (1 / factor, f"1/{words}")):
                if abs(first / value - 1) < 5e-3:
                    return f"a factor {text} too much: is a constant of log_prob missing?"
        if first < 1:
            return (
                "always the same: is a constant missing, or does it also live where the support "
                "that is declared does not reach?"
            )
        return "always the same: is a constant of log_prob missing?"
    by_scale = [total / spread for total, spread in zip(totals, spreads)]
    if max(by_scale) / min(by_scale) < 1.1:
        return "in proportion to the scale: is − log scale missing in log_prob?"
    by_scale = [total * spread for total, spread in zip(totals, spreads)]
    if max(by_scale) / min(by_scale) < 1.1:
        return (
            "in inverse proportion to the scale: is a scale taken for a variance, or log scale "
            "once too much?"
        )
    return (
        "another for each x or z: does the normaliser lack what depends on the parameters (a log "
        "scale, a variance in place of a scale, a Jacobian), or the support a part?"
    )


def _by_importance(subject: Subject, p: Distribution) -> str:
    """E_r[p / r] = 1, r wider normal distributions about where samples are."""
    needs(subject.real, f"no quadrature over {subject.support} of shape {subject.event_shape}")
    needs(
        math.prod(subject.event_shape) <= 64,
        f"no integral over {math.prod(subject.event_shape)} numbers at once; give smaller shapes",
    )
    drawn = p.sample((SEVERAL,))
    wide = torch.distributions.StudentT(
        5.0, drawn.mean(0), drawn.std(0).clamp(min=1e-6), validate_args=False
    )
    wide = Independent(wide, drawn.ndim - 1, validate_args=False)
    x = wide.sample((20 * SEVERAL,))
    weight = (log_prob_at(p, x) - wide.log_prob(x)).exp()
    mean, error = weight.mean().item(), (weight.std() / len(weight) ** 0.5).item()
    if error > 0.2 * max(mean, 1e-300):
        raise Skipped(f"importance sampling is too noisy: {mean:.3g} ± {error:.2g}")
    if abs(mean - 1) > 6 * error + 0.02:
        raise Wrong(
            f"expected the integral of the density to be 1, got {mean:.4g} ± {error:.2g} by "
            "importance sampling; is a constant missing, or a log scale or determinant?"
        )
    return f"integrates to {mean:.3f} ± {error:.3f} by importance sampling"


def check_support(subject: Subject) -> str:
    """Samples lie in the support, it excludes what is outside, and has no NaN at its borders."""
    part = subject.part()
    p = subject.distribution(2, part=part) if subject.batch_shape(2) else subject.distribution()
    x = p.sample((DRAWN,))
    if not x.isfinite().all():
        raise Wrong(f"expected finite samples, got {(~x.isfinite()).sum()} of {x.numel()} not")
    inside = subject.inside(x)
    if not inside.all():
        share = 1 - inside.double().mean().item()
        raise Wrong(
            f"expected samples in the support {subject.support}, got {share:.2%} outside, such as "
            f"{x[~inside][0].flatten()[0].item():.4g}; is the support, or sample, that of another "
            "distribution?"
        )
    if subject.role != "decoder":
        return "samples are in it"
    return _check_borders(subject.small)


def _check_borders(subject: Subject) -> str:
    """At the ends of the support, where it has them, density and gradient are numbers."""
    if math.prod(subject.event_shape) > 1:
        return "samples are in it (it takes no single number, whose ends could be tried)"
    part = subject.part()
    (z,) = subject.sees(part)
    z.requires_grad_()
    low, high = borders(subject.support)
    tried = torch.tensor([low, high, low + 1e-6, high - 1e-6, 0.0, 1.0, 0.5, 3.0]).double()
    tried = tried[tried.isfinite()].view(-1, *subject.event_shape)
    tried = tried[subject.inside(tried)]
    if not len(tried):
        return "samples are in it"
    log_p = subject.of(part, z).log_prob(tried)
    bad = log_p.isnan() | (log_p == math.inf)
    if bad.any():
        where = tried[bad][0].flatten()[0].item()
        raise Wrong(
            f"expected a finite log_prob at {where:.4g}, which is in the support "
            f"{subject.support}, got {log_p[bad][0].item()}; use xlogy, a clamp, or a support "
            "without its border"
        )
    finite = log_p[log_p.isfinite()]
    if finite.requires_grad:
        (gradient,) = torch.autograd.grad(finite.sum(), z, allow_unused=True)
        if gradient is not None and not gradient.isfinite().all():
            raise Wrong(
                f"expected a finite gradient at the border of {subject.support}, got "
                f"{gradient.flatten()[0].item()}; torch.where passes NaN on in its gradient"
            )
    return "samples are in it, and log_prob and its gradient are finite at its ends"
