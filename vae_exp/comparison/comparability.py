"""What numbers of runs must share to be ranked against each other."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vae_exp.comparison.differences import Configuration, differences
from vae_exp.comparison.measured import measured
from vae_exp.comparison.metrics import BITS
from vae_exp.comparison.result import Result
from vae_exp.comparison.statistics import format_number

# the summary says how it was binarised, and what networks see standardised is x in its own units
DATA_BUT_NOT_ITS_CONTENT = (
    *("data.root", "data.cache", "data.binarize", "data.standardize"),
    "data.labelled",  # of training data alone
)
DEQUANTIZE = "data.dequantize"
USUAL = 128  # importance samples of ``auto``, at most
LEVELS = "bits per dimension of its levels"  # of a mass, or of a density on dequantised data


@dataclass(frozen=True)
class Comparability:
    """What the numbers of runs must share to be ranked against each other.

    Args:
        data: the configuration of the data set, as text.
        binarize: how the data were binarised.
        likelihood: ``density``, ``probability mass``, or one likelihood that is not said to be
            either, which is compared with itself alone; ``LEVELS`` where bits are ranked.
        importance_samples: K of the bound on the log-likelihood.
        given: what a log p(x|c) is told of x, or nothing.
        measured: on what the number that ranks was, where that is not the same for all runs.
    """

    data: str
    binarize: str
    likelihood: str
    importance_samples: str
    given: str
    measured: str


def comparability(result: Result, sort: str | None = None) -> Comparability:
    """What the numbers of this run are about.

    Args:
        sort: bits per dimension are those of the data's levels, whether a probability mass gave
            them or, as an upper bound, a density on the dequantised levels.
    """
    c = result.configuration
    data = _content(result, sort)
    decoder = c.options.get("decoder", "unknown")
    binarize = result.summary.get("data/binarize", c.keys.get("data.binarize"))
    samples = result.scalars.get("test/importance_samples")
    if samples is None:
        samples = c.keys.get("evaluation.importance_samples")
        samples = USUAL if samples == "auto" else samples  # of a run that has no bound yet
    likelihood = result.summary.get("likelihood") or f"likelihood of decoder={decoder}"
    return Comparability(
        json.dumps([c.options.get("data"), data], sort_keys=True, default=str),
        str(binarize),
        LEVELS if _in_bits(result, sort) else str(likelihood),
        format_number(samples) if isinstance(samples, float) else str(samples),
        _given(c),
        measured(result, sort),
    )


def _given(c: Configuration) -> str:
    """What the condition is, and the offset; of held-out data semi_supervised is told the class,
    as labels is. A part of x is given even where nothing sees it: the rest alone is modelled."""
    option = c.options.get("condition", "none").replace("semi_supervised", "labels")
    sees = [c.keys.get(f"condition.{part}") for part in ("decoder", "prior")]
    of_prior = sees[1] is True or (sees[1] == "auto" and c.options.get("prior") == "conditional")
    given = []
    if option == "part" or (option != "none" and (sees[0] is True or of_prior)):
        given.append(f"condition={option}")
    if option == "part":
        given.append(c.label(["condition.quadrants", "condition.first"]))
    if c.keys.get("decoder.offset") == "library":
        given.append("decoder.offset=library")
    return " ".join(given)


def _in_bits(result: Result, sort: str | None) -> bool:
    return sort == BITS and BITS in result.scalars


def _content(result: Result, sort: str | None) -> dict[str, Any]:
    """The keys of the data set that decide what is in it."""
    passed_over = (*DATA_BUT_NOT_ITS_CONTENT, *([DEQUANTIZE] if _in_bits(result, sort) else []))
    return {
        key: value
        for key, value in result.configuration.keys.items()
        if key.startswith(("data.", "data (")) and key not in passed_over
    }


def dataset_names(results: Sequence[Result], sort: str | None) -> dict[str, str]:
    """A name for the data of each run: the option, and the keys that tell it from its namesakes."""
    of_data = {}
    for result in results:
        c = result.configuration
        of_data[comparability(result, sort).data] = Configuration(
            {"data": c.options.get("data", "?")}, _content(result, sort)
        )
    telling = [name for name in differences(list(of_data.values())) if name != "data"]
    return {
        text: " ".join(filter(None, [c.options["data"], c.label(telling)]))
        for text, c in of_data.items()
    }
