"""What may be ranked against what, and why the rest may not."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from vae_exp.comparison.differences import Configuration, differences
from vae_exp.comparison.metrics import larger_is_better
from vae_exp.comparison.result import Result
from vae_exp.comparison.statistics import Estimate, estimate, format_number

DATA_BUT_NOT_ITS_CONTENT = ("data.root", "data.binarize")  # the summary says how it was binarised


@dataclass(frozen=True)
class Comparability:
    """What the numbers of runs must share to be ranked against each other.

    Args:
        data: the configuration of the data set, as text.
        binarize: how the data were binarised.
        likelihood: ``density``, ``probability mass``, or one likelihood that is not said to be
            either, which is compared with itself alone.
        importance_samples: K of the bound on the log-likelihood.
    """

    data: str
    binarize: str
    likelihood: str
    importance_samples: str


@dataclass(frozen=True)
class Row:
    """One configuration with its runs, which differ in the seed or in nothing that matters."""

    results: list[Result]

    @property
    def configuration(self) -> Configuration:
        return self.results[0].configuration

    @property
    def seeds(self) -> list:
        return [result.seed for result in self.results]

    @cached_property
    def estimates(self) -> dict[str, Estimate]:
        """Mean ± standard error of every metric that a run here has."""
        names = dict.fromkeys(name for result in self.results for name in result.scalars)
        return {name: self._estimate(name) for name in names}

    def _estimate(self, name: str) -> Estimate:
        having = [result.scalars for result in self.results if name in result.scalars]
        own = having[0].get(f"{name}_stderr") if len(self.results) == 1 else None
        return estimate([scalars[name] for scalars in having], own)

    def format_metric(self, name: str) -> str:
        """The estimate, with how many of the runs it is of where it is not of all."""
        found = self.estimates.get(name)
        if found is None:
            return "–"
        return str(found) + (f" ({found.n} of {self.n})" if found.n < self.n else "")

    @property
    def n(self) -> int:
        return len(self.results)


@dataclass(frozen=True)
class Block:
    """Configurations that may be ranked against each other, best first.

    Args:
        heading: the terms they share.
        columns: the groups and keys that differ between them.
    """

    heading: str
    rows: list[Row]
    columns: list[str]


def comparability(result: Result) -> Comparability:
    """What the numbers of this run are about."""
    c = result.configuration
    data = {
        key: value
        for key, value in c.keys.items()
        if key.startswith(("data.", "data (")) and key not in DATA_BUT_NOT_ITS_CONTENT
    }
    decoder = c.options.get("decoder", "unknown")
    binarize = result.summary.get("data/binarize", c.keys.get("data.binarize"))
    samples = result.scalars.get("test/importance_samples")
    if samples is None:
        samples = c.keys.get("evaluation.importance_samples")
    return Comparability(
        json.dumps([c.options.get("data"), data], sort_keys=True, default=str),
        str(binarize),
        str(result.summary.get("likelihood") or f"likelihood of decoder={decoder}"),
        format_number(samples) if isinstance(samples, float) else str(samples),
    )


def blocks(results: Sequence[Result], sort: str | None) -> tuple[list[Block], list[str]]:
    """The comparable ones together, and the reasons why there are several blocks.

    Args:
        sort: the metric to rank by, not finite and absent values last.
    """
    groups: dict[Comparability, dict[str, list[Result]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        groups[comparability(result)][result.configuration.identity].append(result)
    datasets = _dataset_names(results)
    found = []
    for shared, configurations in groups.items():
        rows = sorted((Row(runs) for runs in configurations.values()), key=_rank(sort))
        columns = differences([row.configuration for row in rows])
        found.append(Block(_heading(shared, datasets), rows, columns))
    return found, _reasons(list(groups), datasets)


def _rank(sort: str | None):
    sign = -1 if sort and larger_is_better(sort) else 1

    def key(row: Row) -> tuple[int, float]:
        value = row.estimates[sort].mean if sort in row.estimates else None
        if value is None:
            return 2, 0.0
        return (0, sign * value) if abs(value) < float("inf") else (1, 0.0)  # NaN is not below

    return key


def _heading(shared: Comparability, datasets: dict[str, str]) -> str:
    binarize = "" if shared.binarize in ("none", "None") else f", {shared.binarize} binarisation"
    samples = f"{shared.importance_samples} importance samples"
    return f"{datasets[shared.data]}{binarize} · {shared.likelihood} · {samples}"


def _reasons(kinds: Sequence[Comparability], datasets: dict[str, str]) -> list[str]:
    """One for each term in which the blocks are not all alike."""
    data = dict.fromkeys(datasets[kind.data] for kind in kinds)
    binarize = dict.fromkeys(kind.binarize for kind in kinds)
    likelihoods = dict.fromkeys(kind.likelihood for kind in kinds)
    samples = dict.fromkeys(kind.importance_samples for kind in kinds)
    reasons = []
    if {"density", "probability mass"} <= set(likelihoods):
        reasons.append("a density and a probability mass are not comparable")
    unknown = [name for name in likelihoods if name not in ("density", "probability mass")]
    if unknown and len(likelihoods) > 1:
        reasons.append(
            f"not known to be comparable: {', '.join(likelihoods)} (their summaries do not say "
            "whether it is a density or a probability mass)"
        )
    if len(data) > 1:
        reasons.append(f"different data: {', '.join(data)}")
    if len(binarize) > 1:
        reasons.append(f"data binarised differently: {', '.join(binarize)}")
    if len(samples) > 1:
        reasons.append(
            f"different importance samples: {', '.join(samples)}: bounds of different tightness"
        )
    return reasons


def _dataset_names(results: Sequence[Result]) -> dict[str, str]:
    """A name for the data of each run: the option, and the keys that tell it from its namesakes."""
    of_data = {}
    for result in results:
        c = result.configuration
        keys = {k: v for k, v in c.keys.items() if k.startswith(("data.", "data ("))}
        keys = {k: v for k, v in keys.items() if k not in DATA_BUT_NOT_ITS_CONTENT}
        of_data[comparability(result).data] = Configuration(
            {"data": c.options.get("data", "?")}, keys
        )
    telling = [name for name in differences(list(of_data.values())) if name != "data"]
    return {
        text: " ".join(filter(None, [c.options["data"], c.label(telling)]))
        for text, c in of_data.items()
    }
