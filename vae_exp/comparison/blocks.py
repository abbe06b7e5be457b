"""What may be ranked against what, and why the rest may not."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from vae_exp.comparison.behind import Behind, behind
from vae_exp.comparison.comparability import (
    LEVELS,
    Comparability,
    comparability,
    dataset_names,
)
from vae_exp.comparison.differences import Configuration, differences
from vae_exp.comparison.metrics import BITS, direction
from vae_exp.comparison.result import Result
from vae_exp.comparison.statistics import Estimate, estimate, format_column

BEHIND = "behind the first"  # the heading
ALIKE = "≈"  # before a number, of what cannot be told from the first


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

    def by_seed(self, name: str) -> dict[str, float]:
        """The metric for each seed; runs of one seed are not independent, their mean counts."""
        found = defaultdict(list)
        for result in self.results:
            if name in result.scalars:
                found[str(result.seed)].append(result.scalars[name])
        return {seed: sum(values) / len(values) for seed, values in found.items()}

    @property
    def n(self) -> int:
        return len(self.results)


@dataclass(frozen=True)
class Block:
    """Configurations that may be ranked against each other, best first.

    Args:
        heading: the terms they share.
        columns: the groups and keys that differ between them.
        sort: the metric that they are ranked by, None where they are not.
    """

    heading: str
    rows: list[Row]
    columns: list[str]
    sort: str | None = None

    @cached_property
    def texts(self) -> dict[str, list[str]]:
        """Of every metric its column as text: where a row's is not of all of its runs, of how many;
        a dash where it has none."""
        names = dict.fromkeys(name for row in self.rows for name in row.estimates)
        return {name: self._column(name) for name in names}

    @cached_property
    def behind(self) -> list[Behind | None]:
        """How far each row is behind the first; all None where no end of the metric is better."""
        sign = direction(self.sort) if self.sort else 0
        if sign == 0:
            return [None] * len(self.rows)
        return behind([row.by_seed(self.sort) for row in self.rows], sign)

    @cached_property
    def behind_texts(self) -> list[str]:
        """As a column; nothing where there is nothing to say."""
        found = [b and Estimate(b.mean, b.stderr, self.rows[0].n, "seeds") for b in self.behind]
        if not any(found):
            return []
        marks = [f"{ALIKE} " if b and not b.told else "" for b in self.behind]
        texts = [mark + text for mark, text in zip(marks, format_column(found))]
        return ["", *texts[1:]]

    def numbers(self, names: Iterable[str]) -> list[tuple[str, list[str]]]:
        """Metrics as columns: what ranks is followed by how far rows are behind in it."""
        columns = []
        for name in names:
            columns.append((name, self.texts.get(name, ["–"] * len(self.rows))))
            if name == self.sort and self.behind_texts:
                columns.append((BEHIND, self.behind_texts))
        return columns

    def _column(self, name: str) -> list[str]:
        found = [row.estimates.get(name) for row in self.rows]
        return [
            text + (f" ({e.n} of {row.n})" if e is not None and e.n < row.n else "")
            for text, e, row in zip(format_column(found), found, self.rows)
        ]


def blocks(results: Sequence[Result], sort: str | None) -> tuple[list[Block], list[str]]:
    """The comparable ones together, and the reasons why there are several blocks.

    Args:
        sort: the metric to rank by, not finite and absent values last.
    """
    groups: dict[Comparability, dict[str, list[Result]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        groups[comparability(result, sort)][result.configuration.identity].append(result)
    datasets = dataset_names(results, sort)
    found = []
    for shared, configurations in groups.items():
        rows = sorted((Row(runs) for runs in configurations.values()), key=_rank(sort))
        columns = differences([row.configuration for row in rows])
        found.append(Block(_heading(shared, datasets), rows, columns, sort))
    return found, reasons(list(groups), datasets)


def _rank(sort: str | None):
    sign = 1 if sort and direction(sort) < 0 else -1  # where no end is better, the largest first

    def key(row: Row) -> tuple[int, float]:
        value = row.estimates[sort].mean if sort in row.estimates else None
        if value is None:
            return 2, 0.0
        return (0, sign * value) if abs(value) < float("inf") else (1, 0.0)  # NaN is not below

    return key


def _heading(shared: Comparability, datasets: dict[str, str]) -> str:
    binarize = "" if shared.binarize in ("none", "None") else f", {shared.binarize} binarisation"
    samples = f"{shared.importance_samples} importance samples"
    given = f", given c ({shared.given})" if shared.given else ""
    measured = f" · {shared.measured}" if shared.measured else ""
    return f"{datasets[shared.data]}{binarize}{given} · {shared.likelihood} · {samples}{measured}"


def reasons(kinds: Sequence[Comparability], datasets: dict[str, str]) -> list[str]:
    """Why these do not compare, one for each term in which they are not all alike.

    Args:
        datasets: their names, see ``dataset_names``.
    """
    data = dict.fromkeys(datasets[kind.data] for kind in kinds)
    binarize = dict.fromkeys(kind.binarize for kind in kinds)
    likelihoods = dict.fromkeys(kind.likelihood for kind in kinds)
    samples = dict.fromkeys(kind.importance_samples for kind in kinds)
    found = []
    if {"density", "probability mass"} <= set(likelihoods):
        found.append("a density and a probability mass are not comparable")
    unknown = [name for name in likelihoods if name not in ("density", "probability mass", LEVELS)]
    if unknown and len(likelihoods) > 1:
        found.append(
            f"not known to be comparable: {', '.join(likelihoods)} (their summaries do not say "
            "whether it is a density or a probability mass)"
        )
    if LEVELS in likelihoods and len(likelihoods) > 1:
        found.append(f"without {BITS} there is nothing to rank by")
    if len(data) > 1:
        found.append(f"different data: {', '.join(data)}")
    if len(binarize) > 1:
        found.append(f"data binarised differently: {', '.join(binarize)}")
    given = dict.fromkeys(kind.given for kind in kinds)
    if len(given) > 1:
        named = [f"log p(x|c) with {kind}" if kind else "log p(x)" for kind in given]
        found.append(
            f"{' and '.join(named)} are not comparable, for c says something of x: log p(x) of a "
            "conditional model is at least log p(x|c) + log p(c), of n equal classes log p(x|c) − "
            "log n"
        )
    if len(samples) > 1:
        found.append(
            f"different importance samples: {', '.join(samples)}: bounds of different tightness"
        )
    on = dict.fromkeys(kind.measured or "all data" for kind in kinds)
    if len(on) > 1:
        found.append(f"what ranks was measured on different data: {'; '.join(on)}")
    return found
