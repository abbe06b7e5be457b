"""Samples: that they are of the density, and drawn independently."""

import math

import torch
from torch import Tensor
from torch.distributions import Independent

from vae_exp.checking.stein import stein
from vae_exp.checking.subject import Subject
from vae_exp.checking.tried import tried
from vae_exp.checking.verdict import Skipped, Wrong

SOME = 4_000
FARTHEST = 2.7  # √N sup |F_N − F|; beyond with a probability of 1e-6
ERRORS = 6.5  # standard errors, the largest of thousands


def check_samples(subject: Subject) -> str:
    """Of one number: Kolmogorov-Smirnov, or χ². Of codes: χ². Of several: Stein's identity."""
    told = []
    for one in tried(subject):
        if one.mass is not None and not one.cut_off:
            told.append(_compare(subject.small, one.x, one.at, one.mass / one.mass.sum()))
    if subject.real and math.prod(subject.event_shape) > 1:
        told.append(stein(subject))
    _independent(subject)
    if not told:
        raise Skipped(f"no quadrature over {subject.support} of shape {subject.event_shape}")
    return "; ".join(dict.fromkeys(told))


def _compare(subject: Subject, x: Tensor, at: Tensor, mass: Tensor) -> str:
    if subject.support.is_discrete:
        return _chi_square(x, at, mass)
    if at[0].numel() == 1:
        return _kolmogorov(x.flatten().double(), at.flatten(), mass)
    return _moments(x.double(), at, mass)


def _kolmogorov(x: Tensor, at: Tensor, mass: Tensor) -> str:
    cdf = mass.cumsum(0) - mass / 2
    x = x.sort().values
    right = torch.searchsorted(at, x).clamp(1, len(at) - 1)
    share = ((x - at[right - 1]) / (at[right] - at[right - 1])).clamp(0, 1)
    expected = cdf[right - 1].lerp(cdf[right], share)
    steps = torch.arange(len(x) + 1, dtype=torch.float64) / len(x)
    gap = max((expected - steps[:-1]).max().item(), (steps[1:] - expected).max().item())
    if gap * len(x) ** 0.5 > FARTHEST:
        spread = _ratio(x, at, mass)
        raise Wrong(
            f"expected {len(x)} samples to have the distribution of log_prob, got distribution "
            f"functions that are {gap:.3f} apart (Kolmogorov-Smirnov allows "
            f"{FARTHEST / len(x) ** 0.5:.3f}); {spread}"
        )
    return f"the density's distribution (Kolmogorov-Smirnov {gap * len(x) ** 0.5:.2f})"


def _ratio(x: Tensor, at: Tensor, mass: Tensor) -> str:
    """How samples spread, beside how the density does, by quartiles."""
    cdf = mass.cumsum(0)
    low, high = (at[torch.searchsorted(cdf, q).clamp(max=len(at) - 1)] for q in (0.25, 0.75))
    sampled = x.quantile(0.75) - x.quantile(0.25)
    ratio = (sampled / (high - low)).item()
    if abs(ratio - 1) > 0.03:
        return (
            f"samples spread {ratio:.3g} times as far as the density: is a variance taken for a "
            "scale, or another scale sampled with than log_prob has?"
        )
    return "they spread alike: is the location, or the family, another one?"


def _chi_square(x: Tensor, at: Tensor, mass: Tensor) -> str:
    flat, values = x.flatten(1).double(), at.flatten(1)
    if values.shape[1] == 1:
        edges = (values[1:, 0] + values[:-1, 0]) / 2
        place = torch.searchsorted(edges, flat[:, 0].contiguous())
        nearest = values[place, 0]
        off = (flat[:, 0] - nearest).abs() > 1e-3 * (1 + nearest.abs())
        if off.any():
            raise Wrong(f"expected samples among the values of the support, got {flat[off][0, 0]}")
    else:
        place = torch.cdist(flat, values).argmin(1)
    counts = place.bincount(minlength=len(values)).double()
    expected = len(x) * mass
    often = expected >= 10
    counts = torch.cat([counts[often], counts[~often].sum(0, keepdim=True)])
    expected = torch.cat([expected[often], expected[~often].sum(0, keepdim=True)])
    if expected[-1] < 10:  # what is too rare to be tested must at least be rare
        rare = counts[-1].item()
        if rare > 60:
            raise Wrong(
                f"expected {expected[-1].item():.2g} samples of rare values, got {rare:.0f}"
            )
        counts, expected = counts[:-1], expected[:-1]
    free = len(counts) - 1
    if free < 1:
        return "the only value that there is"
    chi = ((counts - expected).square() / expected).sum()
    p_value = torch.special.gammaincc(torch.tensor(free / 2).double(), chi / 2).item()
    if p_value < 1e-7:
        worst = ((counts - expected).square() / expected).argmax()
        raise Wrong(
            f"expected {len(x)} samples as often as log_prob says, got χ² {chi.item():.0f} with "
            f"{free} degrees of freedom; one value came {counts[worst]:.0f} times instead of "
            f"{expected[worst]:.0f}: does sample use other parameters than log_prob?"
        )
    return f"as often as the probabilities say (χ² {chi.item():.0f}, {free} degrees)"


def _moments(x: Tensor, at: Tensor, mass: Tensor) -> str:
    """Means of bounded functions, in standard errors."""
    middle, scale = x.median(0).values, (x.quantile(0.75, 0) - x.quantile(0.25, 0)).clamp(min=1e-9)

    def features(z: Tensor) -> Tensor:
        u = ((z - middle) / scale).tanh()
        return torch.cat([u, u.square(), u[:, :1] * u[:, 1:]], -1)

    expected = (mass.unsqueeze(-1) * features(at)).sum(0)
    drawn = features(x)
    error = (drawn.mean(0) - expected).abs() / (drawn.std(0) / len(x) ** 0.5 + 1e-3 / ERRORS)
    if error.max() > ERRORS:
        raise Wrong(
            "expected averages over samples that the density has, got "
            f"{error.max().item():.0f} standard errors between them; does sample use another "
            "scale, location or correlation than log_prob?"
        )
    return f"the density's averages (within {error.max().item():.1f} standard errors)"


def _independent(subject: Subject) -> None:
    """Two data of a batch, and components that are independent, are drawn independently."""
    part = subject.part()
    if subject.batch_shape(2):
        seen = [tensor[:1].expand(2, *tensor.shape[1:]) for tensor in subject.sees(part, 2)]
        x = subject.of(part, *seen).sample((SOME,)).double()
        _uncorrelated(x[:, 0].flatten(1), x[:, 1].flatten(1), "two data of a batch")
    numbers = subject.role == "decoder" or subject.real
    p = subject.distribution(*((2,) if subject.c_shape else ()), part=part)
    if numbers and isinstance(p, Independent) and not p.base_dist.event_shape:
        x = p.sample((SOME,)).double().flatten(0, len(p.batch_shape)).flatten(1)
        if x.shape[1] > 1:
            _uncorrelated(x[:, :-1], x[:, 1:], "two components of one datum")


def _uncorrelated(a: Tensor, b: Tensor, what: str) -> None:
    """Neither on which side of the middle two numbers are, nor how far from it."""
    for of in ("", " of magnitudes"):
        r = _correlation(a, b).abs().max().item()
        if r * len(a) ** 0.5 > ERRORS:
            raise Wrong(
                f"expected {what} to be drawn independently, got a correlation{of} of {r:.2f}; is "
                "noise, or a scale that is drawn, of too small a shape and expanded?"
            )
        a, b = ((v - v.median(0).values).abs() for v in (a, b))


def _correlation(a: Tensor, b: Tensor) -> Tensor:
    """Of on which side of the middle each is, which no tail can outweigh."""
    ranked = [(v - v.median(0).values).sign() + 0.01 * (v - v.mean(0)).sign() for v in (a, b)]
    a, b = (v - v.mean(0) for v in ranked)
    size = (a.square().mean(0) * b.square().mean(0)).sqrt()
    return (a * b).mean(0) / size.clamp(min=1e-12)
