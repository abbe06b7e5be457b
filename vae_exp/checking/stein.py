"""Stein's identity: samples of several real numbers beside the slope of their density."""

import torch
from torch import Tensor

from vae_exp.checking.subject import Subject, needs
from vae_exp.checking.verdict import Wrong

DRAWN = 20_000
WIDEST = 64  # numbers of an event that are compared with each other
ERRORS = 6.5  # standard errors, the largest of thousands
SLACK = 1e-3


def stein(subject: Subject) -> str:
    """E_p[g(x_i) (f(x_j) ∂_j log p(x) + f'(x_j))] = 0 for i ≠ j, and for i = j with g = 1.

    With f = 1 and an odd g it sees correlations that the density lacks; with an odd f and an even
    g, that numbers are large together, as those are that share a scale; with g = 1, another scale.
    """
    p = subject.distribution()
    x = p.sample((DRAWN,)).double()
    needs(x[0].numel() <= WIDEST, "too many numbers to compare each with each")
    leaf = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(p.log_prob(leaf).sum(), leaf)
    x, slope = x.flatten(1), slope.flatten(1)
    spread = (x.quantile(0.75, 0) - x.quantile(0.25, 0)).clamp(min=1e-9)
    slope = slope * spread
    f = ((x - x.median(0).values) / spread).tanh()
    alone = f * slope + 1 - f.square()
    large = f.square() - f.square().mean(0)
    off = 1 - torch.eye(x.shape[1], dtype=torch.float64)
    tests = {
        "of number {j}; does sample have another scale than log_prob?": _errors(
            torch.ones_like(f[:, :1]), alone
        ),
        "of numbers {i} and {j} together; has sample correlations that log_prob lacks?": _errors(
            f, slope
        )
        * off,
        "of how large numbers {i} and {j} are together; does sample draw one scale for both, of "
        "which log_prob has one each?": _errors(large, alone) * off,
    }
    for words, errors in tests.items():
        if not errors.max() < ERRORS:
            i, j = divmod(int(errors.nan_to_num(torch.inf).argmax()), x.shape[1])
            raise Wrong(
                "expected E[f(x) ∂ log p(x) + f'(x)] = 0 over samples (Stein's identity), got "
                f"{errors[i, j].item():.0f} standard errors {words.format(i=i, j=j)}"
            )
    worst = max(errors.max().item() for errors in tests.values())
    return f"Stein's identity of all pairs (within {worst:.1f} standard errors)"


def _errors(g: Tensor, h: Tensor) -> Tensor:
    """|E[g_i h_j]| of samples (N, I) and (N, J) in standard errors, (I, J)."""
    mean, square = g.T @ h / len(g), g.square().T @ h.square() / len(g)
    error = ((square - mean.square()).clamp(min=0) / len(g)).sqrt()
    return mean.abs() / (error + SLACK / ERRORS)
