"""What goes with the chosen posterior and prior, as the first lines of their YAML files have it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from omegaconf import DictConfig

from vae_exp.configuration.build_model import as_chosen
from vae_exp.configuration.option_facts import description, options

PAIRS = (("encoder", "prior"), ("prior", "encoder"))


def partners(cfg: DictConfig) -> list[str]:
    """For each of the two that names others than the chosen one to go with it, those in words:
    ``encoder=bernoulli goes with prior=uniform_bernoulli``.
    """
    told = []
    for group, other in PAIRS:
        chosen, beside = as_chosen(cfg[group]), as_chosen(cfg[other])
        named, _, option = chosen.partition("=")
        if named != group or option not in options(group):  # a class of a user's own
            continue
        of_line = re.search(rf"\b{other}=(\w+(?: (?:or|and) \w+)*)", description(group, option))
        if of_line and beside not in [f"{other}={name}" for name in of_line[1].split()]:
            told.append(f"{chosen} goes with {of_line[0].replace(' and ', ' or ')}")
    return told


@contextmanager
def name_partners(cfg: DictConfig) -> Iterator[None]:
    """Around a trial of the parts: where prior or KL is refused, name what goes together.

    Raises:
        ValueError: one has been raised.
    """
    try:
        yield
    except ValueError as error:
        told = partners(cfg) if re.match(r"(prior|kl): ", str(error)) else []
        if not told:
            raise
        raise ValueError("; ".join([str(error), *told])) from error
