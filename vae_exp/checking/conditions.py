"""Conditions: a part with a network takes c behind x or z, and depends on it."""

from functools import partial

import torch
from torch import nn

from vae_exp.checking.subject import Subject, needs
from vae_exp.checking.verdict import Skipped, Wrong
from vae_exp.network.conditional import Conditional

C_SHAPE = (3,)


def seeing(network):
    """The network of a part that also sees c."""
    return partial(Conditional, network, [C_SHAPE])


def check_condition(subject: Subject) -> str:
    """p(x|z, c), q(z|x, c) or p(z|c) of a batch, with another c another distribution."""
    if subject.role == "prior":
        needs(subject.c_shape is not None, "depends on none")
        part = subject.part()
        (c,) = subject.sees(part, 4)
        seen, others = [c], [c.roll(1, 0)]
    else:
        part = _with_condition(subject)
        (first,) = subject.sees(part, 4)
        c = torch.eye(4, *C_SHAPE, dtype=first.dtype)
        seen, others = [first, c], [first, c.roll(1, 0)]
    try:
        p, q = subject.of(part, *seen), subject.of(part, *others)
    except TypeError as error:
        if "positional argument" in str(error):
            raise Skipped("forward takes none (forward(self, x, *seen) would)") from error
        raise
    if tuple(p.batch_shape) != (4,):
        raise Wrong(f"expected batch (4,) with c of batch (4,), got {tuple(p.batch_shape)}")
    x = p.sample()
    if torch.equal(p.log_prob(x), q.log_prob(x)):
        raise Wrong("expected another distribution with another c, got the same; does c get lost?")
    return "another c is another distribution"


def _with_condition(subject: Subject) -> nn.Module:
    needs(subject.network_for is not None, "has no argument network, of which c could be an input")
    conditional = Subject(subject.role, subject.network_for(seeing), subject.x_shape, subject.z_dim)
    return conditional.part()
