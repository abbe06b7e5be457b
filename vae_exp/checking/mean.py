"""The mean, and a posterior's variance: those of the density and of samples."""

from torch import Tensor
from torch.distributions import Distribution

from vae_exp.checking.samples import ERRORS, SOME
from vae_exp.checking.subject import Subject, needs
from vae_exp.checking.tried import tried
from vae_exp.checking.verdict import Skipped, Wrong
from vae_exp.distribution.variable import OfVariables

ABOUT = 0.02  # of a standard deviation: means that are averages of fixed points
UNSEEN = 20  # the most that is expected of N draws of what is not among them
SPREAD = 0.1  # of a variance, likewise
TAIL = 1e-3


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
        if approximate:
            _variance_of_density(one.p, at.flatten(1), mass / mass.sum())
    needs(bool(told), "all mass is nearer to a border than numbers can tell")
    _of_usual_size(subject, approximate)
    return ", ".join(dict.fromkeys(told))


def _variance_of_density(p: Distribution, at: Tensor, share: Tensor) -> None:
    """The variance, where there is one, beside Σ share (at − mean)²."""
    said = _variance(p)
    square = share.unsqueeze(-1) * (at - (share.unsqueeze(-1) * at).sum(0)).square()
    middle = at.abs().amax(1) < at.abs().max() ** 0.5
    tails = square[~middle].sum(0) > TAIL * square.sum(0)
    if said is None or not said.isfinite().all() or (tails.any() and at.abs().max() > 1e6):
        return
    known = square.sum(0)
    if ((said.flatten() - known).abs() > SPREAD * known).any():
        raise Wrong(
            f"expected the variance of the density, {known[0].item():.5g}, got "
            f"{said.flatten()[0].item():.5g}; is it the scale, or its fourth power?"
        )


def _variance(p: Distribution) -> Tensor | None:
    try:
        return p.variance.detach().double()
    except (NotImplementedError, AttributeError):
        return None


def _of_usual_size(subject: Subject, approximate: bool) -> None:
    """Mean, and of a posterior the variance, of as many numbers as usual, beside samples."""
    p = subject.distribution(*((2,) if subject.batch_shape(2) else ()))
    said = _said(p, subject)
    x = p.sample((SOME,)).double()
    if said.isfinite().all():
        _against_samples(said, x, approximate, subject.support.is_discrete)
    if subject.role != "encoder" or subject.support.is_discrete:
        return
    variance = _variance(p)
    if variance is None:
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
