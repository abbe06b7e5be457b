"""An objective: its value beside the ELBO and the log-likelihood, and its gradient."""

import math
from dataclasses import replace

import torch
from torch import Tensor

from vae_exp.checking.difference_quotient import compare_gradient
from vae_exp.checking.keeping import pickled, restored
from vae_exp.checking.linear_gaussian import (
    BATCH,
    SAMPLES,
    Z_DIM,
    data,
    log_likelihood,
    parameters,
    terms,
)
from vae_exp.checking.minimised import Minimised, value
from vae_exp.checking.subject import needs
from vae_exp.checking.verdict import Check, Wrong
from vae_exp.checking.waiting import never_waits
from vae_exp.checking.weighing import check_weighing
from vae_exp.objective import Objective, Terms

REPEATS = 300
ERRORS = 6.0
EXCHANGED = (
    "; are samples and data exchanged in an average, or a logarithm and a mean, or log K left out?"
)


def check_value(subject: Minimised) -> str:
    """The negative ELBO where it must be; of a bound that weighs samples, with one sample."""
    part = subject.part()
    given = terms(data(), parameters())
    found = value(part, given).item()
    elbo = -(given.reconstruction_loss + given.kl_loss)  # log w, (S, B)
    if part.is_elbo:
        negative, what = -elbo.mean().item(), "−ELBO, reconstruction_loss + kl_loss on average"
        _close(found, negative, what, _sign(part, given, negative, negative))
        return "the negative ELBO"
    needs(part.weighs_samples, "finite; it is no ELBO, and no bound of several samples")
    tightest = -(elbo.logsumexp(0) - math.log(SAMPLES)).mean().item()
    if not tightest - 1e-9 <= found <= -elbo.mean().item() + 1e-9:
        sign = _sign(part, given, tightest, -elbo.mean().item())
        raise Wrong(
            f"expected a value from {tightest:.5g}, −log of the mean weight, to "
            f"{-elbo.mean().item():.5g}, the negative ELBO of the same samples, got {found:.5g}"
            + (sign or EXCHANGED)
        )
    if found > -elbo.mean().item() - 1e-9:
        raise Wrong(
            "expected a bound that several samples make tighter, got the ELBO; is the logarithm "
            "taken inside the mean over samples?"
        )
    try:
        one = subject.part(1)
    except ValueError:
        return "between the ELBO and −log of the mean weight"
    alone = terms(data(), parameters(), 1)
    _close(
        value(one, alone).item(),
        (alone.reconstruction_loss + alone.kl_loss).mean().item(),
        "the negative ELBO where there is one sample",
    )
    return "between the ELBO and −log of the mean weight, and with one sample the ELBO"


def _close(came: float, expected: float, what: str, cause: str = "") -> None:
    if abs(came - expected) > 1e-6 * (1 + abs(expected)):
        sign = "; is its sign the other one?" if abs(came + expected) < 1e-6 * abs(came) else ""
        raise Wrong(f"expected {what}, {expected:.6g}, got {came:.6g}{sign or cause}")


def _sign(part: Objective, given: Terms, low: float, high: float) -> str:
    """The term whose other sign brings the value where it must be, from low to high."""
    for term in ("kl_loss", "reconstruction_loss"):
        other = value(part, replace(given, **{term: -getattr(given, term)})).item()
        if low - 1e-6 * (1 + abs(low)) <= other <= high + 1e-6 * (1 + abs(high)):
            return f"; is the sign of {term} the other one?"
    return ""


def check_bound(subject: Minimised) -> str:
    """−value ≤ log p(x) on average, of a model whose log p(x) is known."""
    part = subject.part()
    needs(part.is_elbo or part.weighs_samples, "it is no bound on the log-likelihood")
    x, given = data(), parameters()
    with torch.no_grad():
        found = torch.stack([-value(part, terms(x, given)) for _ in range(REPEATS)])
    known = log_likelihood(x).mean().item()
    mean, error = found.mean().item(), found.std().item() / REPEATS**0.5
    if mean > known + ERRORS * error:
        raise Wrong(
            f"expected a lower bound on log p(x) = {known:.5g}, got {mean:.5g} ± {error:.2g}; is a "
            "term left out, or the mean over samples a sum?"
        )
    return f"{mean:.4f} ± {error:.4f} is below log p(x) = {known:.4f}"


def check_average(subject: Minimised) -> str:
    """Of a batch, the average of its parts; uniform weights change nothing."""
    part = subject.part()
    needs(not part.compares_data, "it compares the data of a batch, and says so")
    x, given = data(), parameters()
    noise = torch.randn(SAMPLES, BATCH, Z_DIM, dtype=torch.float64)
    whole = value(part, terms(x, given, noise=noise)).item()
    parts = [
        value(part, terms(x[at], given, noise=noise[:, at])).item()
        for at in (slice(0, 2), slice(2, 4), slice(4, 6))
    ]
    _close(whole, sum(parts) / 3, "the value of a batch to be the average of those of its thirds")
    given_terms = terms(x, given, noise=noise)
    uniform = replace(given_terms, weight=torch.full((BATCH,), 1 / BATCH, dtype=torch.float64))
    _close(value(part, uniform).item(), whole, "the same value with uniform terms.weight")
    _weighted(part, x, given, noise)
    return "of a batch, the average of its parts, weighted by terms.weight"


def _weighted(part: Objective, x: Tensor, given: dict[str, Tensor], noise: Tensor) -> None:
    """A weight of 3/N counts as being there three times among N."""
    times = torch.arange(1, BATCH + 1)
    repeated = (times - 1).repeat_interleave(times)
    several = terms(x[repeated], given, noise=noise[:, repeated])
    once = replace(terms(x, given, noise=noise), weight=times.double() / len(repeated))
    came, expected = value(part, once).item(), value(part, several).item()
    if abs(came - expected) > 1e-6 * (1 + abs(expected)):
        raise Wrong(
            f"expected a datum with a larger terms.weight to count for more, {expected:.6g}, got "
            f"{came:.6g}; is .mean() taken where terms.mean(...) weighs? (data are weighted where "
            "classes are summed out, condition=semi_supervised; where it compares data, "
            "compares_data = True says so)"
        )


def check_samples(subject: Minimised) -> str:
    """Every sample of every datum counts."""
    part = subject.part()
    given = terms(data(), parameters())
    leaf = given.reconstruction_loss.detach().requires_grad_()
    found = value(part, replace(given, reconstruction_loss=leaf))
    if not found.requires_grad:
        raise Wrong("expected a value that depends on reconstruction_loss, got one that does not")
    (gradient,) = torch.autograd.grad(found, leaf, allow_unused=True)
    if gradient is None or (gradient == 0).any():
        count = 0 if gradient is None else int((gradient != 0).sum())
        raise Wrong(
            f"expected each of {SAMPLES} × {BATCH} reconstruction losses to count, got {count} "
            "that do; is the dimension of samples dropped, or all but the best ones left out?"
        )
    return f"all {SAMPLES} × {BATCH} count"


def check_gradients(subject: Minimised) -> str:
    """A gradient comes to every parameter; the difference quotient where it is no stand-in."""
    part = subject.part()
    x, given = data(), parameters()

    def now() -> Tensor:
        torch.manual_seed(5)
        return value(part, terms(x, given))

    total = now()
    if not total.requires_grad:
        raise Wrong("expected a gradient, got a constant; is it detached?")
    gradients = torch.autograd.grad(total, list(given.values()), allow_unused=True)
    for name, gradient in zip(given, gradients):
        if gradient is None or not gradient.any() or not gradient.isfinite().all():
            raise Wrong(f"expected a gradient by the {name}, got none, or NaN; is a term detached?")
    if part.reparametrises:
        return "comes to every parameter (it has one of its own, and says so)"
    compare_gradient(now, given, "the objective")
    return "comes to every parameter, and is the difference quotient"


def check_waiting(subject: Minimised) -> str:
    """It asks for no number of the device."""

    def step(part: Objective, x: Tensor, *leaves: Tensor) -> Tensor:
        return part(terms(x, dict(zip(names, leaves))))

    given = parameters(torch.float32)
    names = list(given)
    return never_waits(step, subject.build(SAMPLES).train(), [data().float(), *given.values()])


def check_state(subject: Minimised) -> str:
    """It can be pickled, and has a state_dict."""
    noise = torch.randn(SAMPLES, BATCH, Z_DIM, dtype=torch.float64)
    given = terms(data(), {k: v.detach() for k, v in parameters().items()}, noise=noise)

    def result(part: Objective) -> Tensor:
        torch.manual_seed(5)
        return part(given)

    part = subject.part()
    pickled(part, result)
    restored(part, subject.part(), [], result)
    return "can be pickled, and restored"


CHECKS: dict[str, Check] = {
    "value": check_value,
    "bound": check_bound,
    "average": check_average,
    "samples": check_samples,
    "weighing": check_weighing,
    "gradients": check_gradients,
    "waiting": check_waiting,
    "state_dict": check_state,
}
