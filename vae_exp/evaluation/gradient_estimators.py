"""What each way of differentiating through codes makes of the trained posterior."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from vae_exp.data import Data
from vae_exp.evaluation.budget import Budget
from vae_exp.evaluation.progress import Progress, silent
from vae_exp.expectation import Expectation
from vae_exp.expectation.enumeration import Enumeration
from vae_exp.expectation.relaxed import Concrete, GumbelSoftmax, StraightThrough
from vae_exp.expectation.score_function import ScoreFunction
from vae_exp.expectation.temperature import Temperature
from vae_exp.expectation.vimco import VIMCO
from vae_exp.kl import closed_form
from vae_exp.runtime.rng import isolate_rng
from vae_exp.vae import VAE

DATA = 200
DRAWS = 40  # of the gradient of each datum
SAMPLES = 2  # of z for a gradient, the fewest that all estimators take
AT_ONCE = 4_000_000  # numbers of x for which gradients are drawn together, about
ENUMERATED = 256  # codes at most whose gradient is summed exactly, for each datum
TEMPERATURE = 0.5  # of relaxations, where the run has none


def gradient_estimators(
    vae: VAE, data: Data, split: str, budget: Budget, progress: Progress = silent
) -> list[dict[str, Any]]:
    """Spread and bias of the gradient of −ELBO in the logits of q(z|x), on up to 200 data with 40
    draws of two z each, or as many as fit into the budget.

    Args:
        progress: told that it is at work, where it is.

    Returns:
        nothing of a posterior that is none of independent codes, and else a row for each
        estimator:

        ``std``: the root of Σ over logits of the gradient's variance, averaged over the data;
        ``norm``: the root of the averaged squared norm of the exact gradient, or of the average
        of vimco's draws, without their noise, where there are too many codes to enumerate;
        ``bias``: the root of the averaged squared norm of the expected gradient's difference from
        that, with the noise of the draws taken off, or 0 where nothing is left of it, and
        ``bias_stderr``, its standard error over the data; none of concrete, which is the gradient
        of another model's bound, and of what is the reference.

    Units: nats per datum and unit of a logit.
    """
    vae.eval()

    def rows(size: int) -> list[dict[str, Any]]:
        with isolate_rng(data.device):
            return _rows(vae, *data.at(split, slice(0, size)))

    x, seen = vae.condition(*data.at(split, slice(0, 1)))
    with torch.no_grad():
        q_z = vae.encoder(x, *seen.encoder)
    if not hasattr(q_z, "relaxed"):
        return []
    progress("gradient estimators", 0)
    return rows(budget.affordable("gradient_estimators", min(DATA, data.size(split)), rows))


def _rows(vae: VAE, x: Tensor, c: Any) -> list[dict[str, Any]]:
    with torch.no_grad():
        observed, seen = vae.condition(x, c)
        q_z, p_z = vae.encoder(observed, *seen.encoder), vae.prior(*seen.prior)
    family = type(q_z)

    def gradient(expectation: Expectation, samples: int, draws: int = 1) -> Tensor:
        """Of each datum, so many draws: (R, B, logits)."""
        with torch.no_grad():
            repeated = (repeat(x, draws), None if c is None else repeat(c, draws))
            observed, seen = vae.condition(*repeated)
            logits = vae.encoder(observed, *seen.encoder).logits
            p_z = vae.prior(*seen.prior)
        leaf = logits.clone().requires_grad_()
        q, p = family(leaf), p_z
        if isinstance(expectation, Concrete):
            q, p = q.relaxed(expectation.temperature.value), p.relaxed(relaxed_prior(vae))
        z = expectation.draw(q, samples)
        p_x = vae.decoder(z, *seen.decoder)
        kl = closed_form(q, p)
        loss = expectation.each(-p_x.log_prob(observed), q, z, "reconstruction_loss").mean(0)
        if kl is None:
            kl = expectation.each(q.log_prob(z) - p.log_prob(z), q, z, "kl").mean(0)
        (found,) = torch.autograd.grad((loss + kl).sum(), leaf)
        return found.flatten(1).double().unflatten(0, (draws, -1))

    temperature = getattr(vae.expectation, "temperature", None)
    value = TEMPERATURE if temperature is None else temperature.value.item()
    found: dict[str, Tensor] = {}
    most = max(1, min(DRAWS, AT_ONCE // x.numel() // SAMPLES))
    together = [min(most, DRAWS - done) for done in range(0, DRAWS, most)]
    for name, build in estimators(value).items():
        if name == "concrete" and not hasattr(p_z, "relaxed"):
            continue
        expectation = build()
        gradient(expectation, SAMPLES)  # of which a running average begins
        found[name] = torch.cat([gradient(expectation, SAMPLES, draws) for draws in together])
    codes = math.prod(q_z.support.values)
    exact = gradient(Enumeration(codes), 1)[0] if codes <= ENUMERATED else None
    rows = [_row(name, draws, exact, found["vimco"]) for name, draws in found.items()]
    if exact is not None:
        norm = exact.square().sum(1).mean().sqrt().item()
        rows.append({"estimator": "enumerate", "std": 0.0, "norm": norm})
    return rows


def repeat(data: Tensor, times: int) -> Tensor:
    """The data (B, *) so many times over, (R B, *)."""
    return data.expand(times, *data.shape).flatten(0, 1)


def estimators(temperature: float) -> dict[str, Callable[[], Expectation]]:
    """By the names that ``encoder.gradient`` has for them."""

    def at(relaxation: Callable[[Temperature], Expectation]) -> Callable[[], Expectation]:
        return lambda: relaxation(Temperature(temperature, "constant", temperature, 1))

    return {
        "straight_through": at(StraightThrough),
        "gumbel_softmax": at(GumbelSoftmax),
        "concrete": at(Concrete),
        "score_function": ScoreFunction,
        "vimco": VIMCO,
    }


def relaxed_prior(vae: VAE) -> Tensor:
    """The temperature of the prior's relaxation."""
    return getattr(vae.prior, "temperature", torch.tensor(TEMPERATURE))


def _row(name: str, draws: Tensor, exact: Tensor | None, reference: Tensor) -> dict[str, Any]:
    """Of gradients (R, B, logits)."""
    variance = draws.var(0).sum(1)  # (B,)
    truth, of_truth = (reference.mean(0), reference.var(0).sum(1) / len(reference))
    if exact is not None:
        truth, of_truth = exact, torch.zeros_like(variance)
    squared_norm = (truth.square().sum(1) - of_truth).mean().clamp(min=0)
    row = {
        "estimator": name,
        "std": variance.mean().sqrt().item(),
        "norm": squared_norm.sqrt().item(),
    }
    if name == "concrete" or (exact is None and name == "vimco"):
        return row
    noise = variance / len(draws) + of_truth
    squared = (draws.mean(0) - truth).square().sum(1) - noise  # (B,)
    average, stderr = squared.mean().item(), (squared.std() / len(squared) ** 0.5).item()
    bias = math.sqrt(max(0.0, average))
    # of a root, and where it is of nothing, the root of the error
    return row | {"bias": bias, "bias_stderr": stderr / (2 * bias) if bias else math.sqrt(stderr)}
