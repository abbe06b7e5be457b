"""The closed form of a KL, where a posterior and a prior have one: the average over samples."""

import inspect
from collections.abc import Iterator
from functools import cache

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from vae_exp.checking.subject import Subject, needs, stir
from vae_exp.checking.verdict import Wrong, raised
from vae_exp.configuration.option_facts import SHAPES, option_class, option_part, options
from vae_exp.distribution.space import same_space
from vae_exp.distribution.sphere import Sphere
from vae_exp.kl import closed_form
from vae_exp.runtime.rng import isolate_rng

MANY, OF_CODES = 20_000, 5_000  # draws
ERRORS = 6.5
UNSEEN = 1e-3  # of a nat, and of the KL: what codes that are too rare to be drawn may have
USUAL = "standard_normal"  # comes first
SPREADS = (0.3, 0.6, 1.0, 1.5, 2.0, 3.0, -1.0, -3.0)  # of x, so that rows have other scales
C_SHAPE = (3,)
LAYERED = ("two_layer", "hierarchical", "sigmoid_belief")  # of which each layer has a KL
SPHERICAL = ("uniform_sphere", "power_spherical", "von_mises_fisher")  # take seconds to import


def check_closed_form(subject: Subject) -> str:
    """vae_exp.kl.closed_form(q, p) = E_q[log q(z) − log p(z)], per datum, of each pair with one."""
    needs(subject.role != "decoder", "a likelihood has no KL")
    told = []
    for name, q, p in _pairs(subject):
        try:
            came = closed_form(q, p)
        except Exception as error:
            raise Wrong(
                f"expected a closed form of the KL with {name}, or NotImplementedError, got one "
                f"that {raised(error)}; is the kind of base_dist looked at in register_kl's "
                "function?"
            ) from error
        if came is not None:
            _compare(q, p, came.detach().double(), name)
            told.append(name)
    needs(bool(told), "no pair with a closed form (torch.distributions.register_kl)")
    return f"the average over samples, with {', '.join(told)}"


def _pairs(subject: Subject) -> Iterator[tuple[str, Distribution, Distribution]]:
    """The part's q(z|x), or p(z), with each of the program's of the other kind on its space."""
    part, rows = subject.part(), len(SPREADS)
    spread = torch.tensor(SPREADS, dtype=torch.float64)
    seen = subject.sees(part, rows) if subject.batch_shape(rows) else []
    seen = [tensor * spread.view(-1, *[1] * (tensor.ndim - 1)) for tensor in seen]
    own = subject.of(part, *seen)
    other = "prior" if subject.role == "encoder" else "encoder"
    spherical = isinstance(subject.support, Sphere)
    for option, partner in partners(other, subject.z_dim, spherical):
        shape = SHAPES["vector"] if other == "encoder" else C_SHAPE
        sees = other == "encoder" or option_takes(option, "c_shape")
        theirs = partner(*[spread.unsqueeze(-1) * torch.rand(rows, *shape).double()] * sees)
        q, p = (own, theirs) if other == "prior" else (theirs, own)
        if q.event_shape == p.event_shape and same_space(q, p):
            yield f"{other}={option}", q, p


def option_takes(prior: str, argument: str) -> bool:
    """Whether a prior of the program has such an argument."""
    return argument in inspect.signature(option_class("prior", prior)).parameters


@cache
def partners(group: str, z_dim: int, spherical: bool) -> list[tuple[str, nn.Module]]:
    """The priors or encoders of the program with so many latents, moved from where they start."""
    found = []
    for option in sorted(options(group), key=USUAL.__ne__):
        if option in LAYERED or (option in SPHERICAL) != spherical:
            continue
        given = {"z_dim": z_dim}
        if group == "prior" and option_takes(option, "c_shape"):
            given["c_shape"] = C_SHAPE
        with isolate_rng(torch.device("cpu")):
            try:
                part = option_part(group, option, **given)
            except ValueError:  # it takes no such z, or is made of an encoder
                continue
            stir(part)
        found.append((option, part.double().eval()))
    return found


@torch.no_grad()
def _compare(q: Distribution, p: Distribution, came: Tensor, name: str) -> None:
    if came.shape != q.batch_shape:
        raise Wrong(
            f"expected a closed form of the KL with {name} of shape {tuple(q.batch_shape)}, one "
            f"number for each datum, got {tuple(came.shape)}; is the sum over latent dimensions "
            "forgotten, or one over data too many?"
        )
    count = OF_CODES if q.support.is_discrete else MANY
    z = q.sample((count,))
    each = (q.log_prob(z) - p.log_prob(z)).double()
    expected, error = each.mean(0), each.std(0) / count**0.5
    gap = (came - expected).abs() - UNSEEN * (1 + expected.abs())
    wrong = ~(gap < ERRORS * error + 1e-9)
    if wrong.any():
        b = int((gap / (error + 1e-9)).nan_to_num(torch.inf).argmax())
        raise Wrong(
            f"expected the closed form of the KL with {name} to be the average of log q(z) − log "
            f"p(z), {expected[b].item():.5g} ± {error[b].item():.2g} in row {b} of {len(came)}, "
            f"got {came[b].item():.5g}; {_cause(came, expected)}"
        )


def _cause(came: Tensor, expected: Tensor) -> str:
    for factor, words in ((-1, "is its sign the other one?"), (2, "is ½ left out?")):
        if torch.allclose(came, factor * expected, rtol=0.05):
            return words
    if torch.allclose(came, expected / 2, rtol=0.05):
        return "is ½ there once too much?"
    gap = came - expected
    if gap.std() < 0.1 * gap.mean().abs():
        return "the same gap for all data: is a constant of it, or of log_prob, another one?"
    negative = "a KL is never negative: " if (came < 0).any() else ""
    return (
        f"{negative}where density and samples are right, has a term of register_kl's function (a "
        "log scale, a variance) another sign or factor, or are q and p exchanged?"
    )
