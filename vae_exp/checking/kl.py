"""An estimator of KL(q ‖ p): its expectation, value and gradient, against closed forms."""

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, Normal

from vae_exp.checking.keeping import pickled, restored
from vae_exp.checking.kl_pairs import BATCH, Estimator, estimate
from vae_exp.checking.log_ratio import check_log_ratio
from vae_exp.checking.subject import needs
from vae_exp.checking.verdict import Check, Skipped, Wrong
from vae_exp.checking.waiting import never_waits
from vae_exp.kl import KLEstimator, closed_form

MANY = 20_000
CHUNKS = 40
ERRORS = 6.0
NEAR = 0.2  # of the KL: what a biased estimator may err by where q and p are close
GRADIENT = 1e-3


def check_shapes(subject: Estimator) -> str:
    """(S, B) or (B,), the sum of per_latent (…, D)."""
    part = subject.part()
    q, p, _ = subject.pair(1.0)
    z = q.rsample((5,))
    whole = estimate(part, q, p, z)
    per_latent = part.per_latent(q, p, z)
    if not torch.allclose(per_latent.sum(-1).expand(5, BATCH), whole):
        raise Wrong("expected per_latent to sum up to the estimate over its last dimension")
    if not part.compares_data:
        _keeps_the_batch(part, q, p, z)
    return f"an estimate of each {'datum' if part(q, p, z).ndim == 1 else 'sample'}"


def _keeps_the_batch(part: KLEstimator, q: Distribution, p: Distribution, z: Tensor) -> None:
    """That of the first datum, whatever the z of the others are."""
    others = torch.cat([z[:, :1], q.sample((len(z),))[:, 1:]], 1)
    first, again = (estimate(part, q, p, each)[:, 0] for each in (z, others))
    if not torch.allclose(first, again):
        raise Wrong(
            f"expected the estimate of a datum to be its own, {first[0].item():.5g}, whatever the "
            f"z of the others are, got {again[0].item():.5g} with other z of theirs; is a mean "
            "taken over the batch? set compares_data = True where that is meant"
        )


def check_value(subject: Estimator) -> str:
    """E_q[estimate] = KL(q ‖ p), per datum."""
    part = subject.part()
    needs(part.is_kl, "it says (is_kl) that it estimates no KL, but what is minimised in its place")
    for apart in (0.05, 0.3) if not part.unbiased else (0.05, 0.3, 1.0):
        q, p, _ = subject.pair(apart)
        with torch.no_grad():
            z = q.sample((MANY,))
            each = estimate(part, q, p, z)
            reference = q.log_prob(z) - p.log_prob(z)
        exact = closed_form(q, p)
        mean, spread = each.mean(0), each.std(0)
        expected, theirs = reference.mean(0), reference.std(0)
        if exact is not None:
            expected, theirs = exact.detach(), torch.zeros_like(theirs)
        error = ERRORS * ((spread.square() + theirs.square()) / MANY).sqrt() + 1e-9
        error = error + (0.0 if part.unbiased else NEAR) * expected.abs()
        wrong = (mean - expected).abs() > error
        if wrong.any():
            b = int(wrong.nonzero()[0])
            raise Wrong(
                f"expected KL(q ‖ p) = {expected[b].item():.5g} nats of {subject.name}, got "
                f"{mean[b].item():.5g} on average of {MANY} samples; {_cause(mean, expected, b)}"
            )
    told = "unbiased" if part.unbiased else "near the KL where q is near p (it says it is biased)"
    return f"{told}, of {subject.name}"


def _cause(mean: Tensor, expected: Tensor, b: int) -> str:
    ratio = (mean[b] / expected[b]).item()
    if mean.std() < 0.02 * expected.std() and abs(mean.mean() / expected.mean() - 1) < 0.05:
        return "the same for all data, and that of the batch: is a mean taken over it?"
    if abs(ratio + 1) < 0.1:
        return "is its sign the other one?"
    if abs(ratio - 2) < 0.05 or abs(ratio - 0.5) < 0.02:
        return "is a factor 2 missing?"
    return "is p's scale or location left out, or log q and log p exchanged?"


def check_zero(subject: Estimator) -> str:
    """0 on average where q = p."""
    part = subject.part()
    q, p, _ = subject.pair(0.0)
    if closed_form(q, p) is None or not torch.allclose(
        closed_form(q, p), torch.zeros(BATCH, dtype=torch.float64), atol=1e-9
    ):
        raise Skipped("no pair with q = p is known of such distributions")
    needs(part.is_kl, "it estimates no KL")
    each = estimate(part, q, p, q.sample((1_000,)))
    mean, error = each.mean(0).abs(), each.std(0) / 1_000**0.5
    if (mean > ERRORS * error + 1e-9).any():
        raise Wrong(f"expected 0 on average where q = p, got {mean.max().item():.4g}")
    return "0 where q = p"


def check_gradient(subject: Estimator) -> str:
    """E[∂ estimate] through samples is ∂ KL; of an exact one, the difference quotient."""
    part = subject.part()
    q, p, leaves = subject.pair(0.3)
    needs(part.is_kl and part.unbiased, "it says that it is biased, or estimates no KL")
    exact = closed_form(q, p)
    needs(exact is not None, f"no closed form of {subject.name}")
    expected = torch.autograd.grad(exact.sum(), leaves, retain_graph=True)
    rows = []
    for _ in range(2 if part.exact else CHUNKS):
        mean = estimate(part, q, p, q.rsample((250,))).mean(0).sum()
        if not mean.requires_grad:
            raise Wrong(
                "expected a gradient by the parameters of q, got a constant; is it detached?"
            )
        gradients = torch.autograd.grad(mean, leaves, retain_graph=True, allow_unused=True)
        rows.append(
            [torch.zeros_like(leaf) if g is None else g for leaf, g in zip(leaves, gradients)]
        )
    for i, gradient in enumerate(expected):
        each = torch.stack([row[i] for row in rows])
        error = (each.std(0) if not part.exact else 0 * each[0]) / len(rows) ** 0.5
        gap = (each.mean(0) - gradient).abs() - GRADIENT * gradient.abs().max()
        if (gap > (ERRORS + 1) * error + 1e-9).any():
            at = int((gap - (ERRORS + 1) * error).argmax())
            negative = (each.mean(0) + gradient).norm() < 0.2 * gradient.norm()
            cause = "is its sign the other" if negative else "is a term detached that is needed"
            raise Wrong(
                f"expected the gradient of the KL by {('the location', 'the log scale')[i]} of q, "
                f"{gradient.flatten()[at].item():.5g}, got {each.mean(0).flatten()[at].item():.5g} "
                f"on average; {cause}?"
            )
    return "that of the closed form, on average"


def check_waiting(subject: Estimator) -> str:
    """It asks for no number of the device."""

    def step(part: KLEstimator, loc: Tensor, log_scale: Tensor, p_loc: Tensor) -> Tensor:
        q = Independent(Normal(loc, log_scale.exp(), validate_args=False), 1, validate_args=False)
        p = Independent(Normal(p_loc, p_loc.exp(), validate_args=False), 1, validate_args=False)
        return part(q, p, q.rsample((2,))).sum()

    needs(subject.name.startswith("independent"), "needs distributions of its own")
    seen = [torch.rand(BATCH, 3, requires_grad=True) for _ in range(2)]
    return never_waits(step, subject.part().float(), [*seen, torch.rand(3)])


def check_state(subject: Estimator) -> str:
    """It can be pickled, and has a state_dict."""
    q, p, _ = subject.pair(1.0)
    z = q.sample((3,))
    part = subject.part()
    pickled(part, lambda one: one(q, p, z))
    restored(part, subject.part(), [], lambda one: one(q, p, z))
    return "can be pickled, and restored"


CHECKS: dict[str, Check] = {
    "shapes": check_shapes,
    "value": check_value,
    "zero": check_zero,
    "gradients": check_gradient,
    "log ratio": check_log_ratio,
    "waiting": check_waiting,
    "state_dict": check_state,
}
