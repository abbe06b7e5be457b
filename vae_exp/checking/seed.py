"""The seed: the same samples after the same one."""

import torch

from vae_exp.checking.subject import Subject
from vae_exp.checking.verdict import Wrong


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
