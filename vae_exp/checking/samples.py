"""Samples: that they are of the density, have the mean that is said, and follow the seed."""

import math

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent

from vae_exp.checking.subject import Subject, needs
from vae_exp.checking.tried import tried
from vae_exp.checking.verdict import Skipped, Wrong
from vae_exp.distribution.variable import OfVariables

SOME = 4_000
WIDEST = 64  # numbers of an event that are compared with each other
FARTHEST = 2.7  # √N sup |F_N − F|; beyond with a probability of 1e-6
ERRORS = 6.5  # standard errors, the largest of thousands
ABOUT = 0.02  # of a standard deviation: means that are averages of fixed points
UNSEEN = 20  # the most that is expected of N draws of what is not among them
SPREAD = 0.1  # of a variance, likewise
TAIL = 1e-3


def check_samples(subject: Subject) -> str:
    """Of one number: Kolmogorov-Smirnov, or χ². Of codes: χ². Of several: Stein's identity."""
    told = []
    for one in tried(subject):
        if one.mass is not None and not one.cut_off:
            told.append(_compare(subject.small, one.x, one.at, one.mass / one.mass.sum()))
    if subject.real and math.prod(subject.event_shape) > 1:
        told.append(_stein(subject))
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


def _stein(subject: Subject) -> str:
    """E_p[f(x_i) ∂_j log p(x) + δ_ij f'(x_i)] = 0, of samples in any dimension."""
    p = subject.distribution()
    x = p.sample((SOME,)).double()
    flat = x.flatten(1)
    needs(flat.shape[1] <= WIDEST, "too many numbers to compare each with each")
    middle, spread = flat.median(0).values, flat.quantile(0.75, 0) - flat.quantile(0.25, 0)
    leaf = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(p.log_prob(leaf).sum(), leaf)
    slope = slope.flatten(1)
    spread = spread.clamp(min=1e-9)
    f = ((flat - middle) / spread).tanh()
    each = f.unsqueeze(2) * slope.unsqueeze(1) * spread  # (N, D, D)
    each = each + torch.diag_embed(1 - f.square())
    error = each.mean(0).abs() / (each.std(0) / len(x) ** 0.5 + 1e-3 / ERRORS)
    if not error.max() < ERRORS:
        i, j = divmod(int(error.nan_to_num(torch.inf).argmax()), flat.shape[1])
        same = "of one number" if i == j else f"of numbers {i} and {j} together"
        raise Wrong(
            f"expected E[f(x) ∂ log p(x) + f'(x)] = 0 over samples (Stein's identity), got "
            f"{error[i, j].item():.0f} standard errors {same}; does sample have another scale "
            "than log_prob, or correlations that log_prob lacks?"
        )
    return f"Stein's identity of all pairs (within {error.max().item():.1f} standard errors)"


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
    ranked = [(v - v.median(0).values).sign() + 0.01 * (v - v.mean(0)).sign() for v in (a, b)]
    a, b = (v - v.mean(0) for v in ranked)
    size = (a.square().mean(0) * b.square().mean(0)).sqrt()
    r = (a * b).mean(0) / size.clamp(min=1e-12) * len(a) ** 0.5
    if r.abs().max() > ERRORS:
        raise Wrong(
            f"expected {what} to be drawn independently, got a correlation of "
            f"{r.abs().max().item() / len(a) ** 0.5:.2f}; is noise of too small a shape drawn and "
            "expanded?"
        )


def check_mean(subject: Subject) -> str:
    """The mean is that of the density where there is one, and of samples, and so the variance."""
    small, told = subject.small, []
    approximate = subject.role != "decoder"  # some average over fixed points
    needs(
        not hasattr(small.support, "distance"), "the mean of a curved space is not that of numbers"
    )
    needs(not _most_probable(small), "the mean of categories is the most probable one")
    for one in tried(subject):
        x, said = one.x, _said(one.p, subject)
        if not said.isfinite().all():
            told.append("none, and it says so")
            continue
        if one.mass is None or (one.at[0].numel() > 1 and not small.support.is_discrete):
            _against_samples(said, x, approximate, small.support.is_discrete)
            told.append("that of samples")
            continue
        if one.cut_off:
            continue
        at, mass = one.at, one.mass
        each = mass.unsqueeze(-1) * at.flatten(1) / mass.sum()
        total = each.abs().sum(0)
        middle = at.abs().flatten(1).amax(1) < at.abs().max() ** 0.5
        if (each[~middle].abs().sum(0) > TAIL * total).any() and at.abs().max() > 1e6:
            told.append("the density has none: its tails are too heavy")
            continue
        scale = x.double().std(0).clamp(min=1e-3).flatten()
        gap = ((said.flatten() - each.sum(0)) / scale).abs().max().item()
        if gap > (ABOUT if approximate else 1e-4):
            raise Wrong(
                f"expected the mean of the density, {each.sum(0)[0].item():.5g}, got "
                f"{said.flatten()[0].item():.5g}; is it that of what is transformed, or the "
                "location of a skewed distribution?"
            )
        told.append("that of the density")
        _against_samples(said, x, approximate, small.support.is_discrete)
    needs(bool(told), "all mass is nearer to a border than numbers can tell")
    _of_usual_size(subject, approximate)
    return ", ".join(dict.fromkeys(told))


def _of_usual_size(subject: Subject, approximate: bool) -> None:
    """Mean, and of a posterior the variance, of as many numbers as usual, beside samples."""
    p = subject.distribution(*((2,) if subject.batch_shape(2) else ()))
    said = _said(p, subject)
    x = p.sample((SOME,)).double()
    if said.isfinite().all():
        _against_samples(said, x, approximate, subject.support.is_discrete)
    if subject.role != "encoder" or subject.support.is_discrete:
        return
    try:
        variance = p.variance.detach().double()
    except (NotImplementedError, AttributeError):
        return
    square = (x - said).square()
    error = (square.mean(0) - variance).abs() - SPREAD * variance
    error = error / (square.std(0) / SOME**0.5 + 1e-12)
    if variance.isfinite().all() and error.max() > ERRORS:
        raise Wrong(
            f"expected the variance of samples, {square.mean(0).flatten()[0].item():.5g}, to be "
            f"variance, got {variance.flatten()[0].item():.5g}; is it the scale, or "
            "its fourth power?"
        )


def _most_probable(subject: Subject) -> bool:
    support = subject.support
    return isinstance(support, OfVariables) and support.variables[0].type == "category"


def _said(p: Distribution, subject: Subject) -> Tensor:
    try:
        return p.mean.detach().double()
    except (NotImplementedError, AttributeError) as error:
        if subject.role == "prior":
            raise Skipped("has none, and a prior needs none") from error
        raise Wrong(
            "expected a mean, of which reconstructions and codes are made, got none; add a "
            "property mean to the distribution"
        ) from error


def _against_samples(said: Tensor, x: Tensor, approximate: bool, discrete: bool) -> None:
    x = x.double()
    deviation = x.std(0).clamp(min=1e-9)
    allowed = (ABOUT if approximate else 0.0) * deviation
    if discrete:  # what is rare may not have been drawn at all
        allowed = allowed + UNSEEN / len(x) * (1 + said.abs())
    error = ((x.mean(0) - said).abs() - allowed) / (deviation / len(x) ** 0.5)
    if error.max() > ERRORS:
        raise Wrong(
            f"expected the average of samples, {x.mean(0).flatten()[0].item():.5g}, to be the "
            f"mean, got {said.flatten()[0].item():.5g}: {error.max().item():.0f} standard errors"
        )


def check_seed(subject: Subject) -> str:
    """The same seed gives the same samples, another one others; densities are no noise."""
    part = subject.part()
    p = subject.distribution(3, part=part) if subject.batch_shape(3) else subject.distribution()
    draws = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        draws.append(p.sample((5,)))
    if not torch.equal(draws[0], draws[1]):
        raise Wrong(
            "expected the same samples after torch.manual_seed(1) twice, got others; is another "
            "generator drawn from (numpy, random, torch.Generator of its own)?"
        )
    torch.manual_seed(3)
    first = p.log_prob(draws[0])
    torch.manual_seed(4)
    if not torch.equal(first, p.log_prob(draws[0])):
        raise Wrong("expected the same log_prob of the same x, got another; is it drawn at random?")
    if torch.equal(draws[0], draws[2]):
        if (draws[0] == draws[0][:1]).all():
            return "all samples are the same one"
        raise Wrong("expected other samples from another seed, got the same; is there a fixed one?")
    return "samples follow torch's seed"
