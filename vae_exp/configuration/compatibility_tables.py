"""What goes with what, as tables, found by trying the parts of each pair together."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from vae_exp.configuration.option_facts import (
    FACTS,
    NEEDS_CONDITION,
    SHAPES,
    TITLES,
    option_class,
    option_facts,
    option_part,
    options,
)

YES, NO = "yes", "–"
PRIORS = [option for option in options("prior") if option not in NEEDS_CONDITION]


@dataclass(frozen=True)
class Table:
    """A heading, what to know of it, the names of the columns, and the rows."""

    heading: str
    note: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


def tables(*groups: str) -> list[Table]:
    """These groups, each a table, and then what goes with what of them; all where none is named.

    Raises:
        ValueError: no such group.
    """
    wrong = [group for group in groups if group not in TITLES]
    if wrong:
        raise ValueError(f"group: expected one of {', '.join(TITLES)}, got {', '.join(wrong)}")
    of_each = [
        Table(
            TITLES[group], "", ("option", "what it is", FACTS[group][0]), list(option_facts(group))
        )
        for group in groups or TITLES
    ]
    between = [make() for make, concerned in BETWEEN if not groups or concerned & set(groups)]
    return [*of_each, *between]


def posterior_and_prior() -> Table:
    """For each pair, which KL estimators refuse it."""
    import torch

    from vae_exp.distribution.space import same_space

    estimators = {name: option_part("kl", name) for name in options("kl")}
    rows = []
    for encoder_option in options("encoder"):
        encoder = option_part("encoder", encoder_option)
        cells = []
        for prior_option in PRIORS:
            q_z = encoder(torch.zeros(3, *SHAPES["vector"]))
            p_z = option_part("prior", prior_option, encoder=encoder)()
            if not same_space(q_z, p_z):
                cells.append(NO)
                continue
            z = q_z.sample((2,))
            refused = [
                name
                for name, kl in estimators.items()
                if (kl.reparametrises and not reparametrised(encoder_option))
                or not _works(kl, q_z, p_z, z)
            ]
            cells.append(f"not {', '.join(refused)}" if refused else "all")
        rows.append((encoder_option, *cells))
    note = (
        "Which kl options a posterior (row) and a prior (column) admit; – where their z live in "
        "different spaces."
    )
    return Table("encoder × prior → kl", note, ("encoder", *PRIORS), rows)


@cache
def reparametrised(option: str) -> bool:
    """Whether the samples of a posterior are smooth functions of its parameters."""
    from vae_exp.expectation import PATHWISE

    return getattr(option_part("encoder", option), "expectation", PATHWISE).reparametrised


def objective_and_kl() -> Table:
    """Which objective takes which estimator."""
    rows = []
    for objective in options("objective"):
        weighs = option_class("objective", objective).weighs_samples
        fits = [not weighs or option_class("kl", kl).is_log_ratio for kl in options("kl")]
        rows.append((objective, *(YES if fit else NO for fit in fits)))
    return Table(
        "objective × kl", "Which estimator an objective takes.", ("objective", *options("kl")), rows
    )


def likelihood_and_data() -> Table:
    """Which likelihood takes which kind of data, as they are or with which key."""
    rows = []
    for decoder in options("decoder"):
        support = option_part("decoder", decoder).support
        rows.append((decoder, *(_admitted(support, kind) for kind in KINDS)))
    note = (
        "Whether a likelihood takes a kind of data: as they are, or with the key that is named; "
        "images become bits by themselves where it needs them (data.binarize=auto)."
    )
    return Table("decoder × kind of data", note, ("decoder", *KINDS), rows)


# for each kind of data, by the key that makes it so, what its values can be
KINDS: dict[str, dict[str, list[float]]] = {
    "images": {YES: [0.0, 2 / 16], "data.dequantize=true": [0.0123]},
    "real": {YES: [-1.2345]},
    "numbers in (0, 1)": {YES: [0.12345]},
    "counts": {YES: [0.0, 7.0]},
    "bits": {YES: [0.0, 1.0]},
}


# the tables of what goes with what, and the groups that they are about
BETWEEN: list[tuple[Callable[[], Table], set[str]]] = [
    (posterior_and_prior, {"encoder", "prior", "kl"}),
    (objective_and_kl, {"objective", "kl"}),
    (likelihood_and_data, {"decoder", "data"}),
]


def _admitted(support: Any, kind: str) -> str:
    import torch
    from torch.distributions import constraints

    if kind == "images" and support is constraints.boolean:
        return "as bits"  # which is what data.binarize=auto makes of them
    for key, values in KINDS[kind].items():
        if bool(support.check(torch.tensor(values)).all()):
            return key
    return NO


def _works(kl: Any, *arguments: Any) -> bool:
    try:
        kl(*arguments)
    except ValueError:
        return False
    return True
