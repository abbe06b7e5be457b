"""What an atlas says in words: what wins, what breaks, and what it cost."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from statistics import median

from vae_exp.cli.progress import duration
from vae_exp.comparison.blocks import Block, Row
from vae_exp.comparison.ranking import Comparison

LOG_LIKELIHOOD, CHOSEN_BY = "test/log_likelihood", "val/selected_elbo"
ACTIVE_UNITS, SECONDS = "test/active_units", "time/train_seconds"
TOTAL_SECONDS = "time/total_seconds"
FIRST = 5  # configurations named of each block
FEW = 3  # ... of what went wrong
COLLAPSED = 0.5  # active units, on average over seeds, below which z says nothing of x


def sentences(comparison: Comparison, groups: Sequence[str], refused: dict[str, str]) -> list[str]:
    """One a line.

    Args:
        groups: those whose options were varied.
        refused: the line that refused it, by combination.
    """
    rows = comparison.ranked
    return [
        *_counts(comparison, refused),
        *(line for block in comparison.blocks for line in _wins(comparison, block)),
        *(line for block in comparison.blocks for line in _effects(block, groups)),
        *_breaks(comparison, rows),
        *_costs(rows, groups),
    ]


def _counts(comparison: Comparison, refused: dict[str, str]) -> list[str]:
    runs = sum(row.n for row in comparison.ranked)
    lines = [f"{len(comparison.ranked)} combinations were trained, {runs} runs in all"]
    if refused:
        kinds = Counter(line.partition(":")[0] for line in refused.values())
        of = ", ".join(f"{key} {count}" for key, count in kinds.most_common())
        lines.append(
            f"{len(refused)} more were refused before training, by the key that does not fit: {of}"
        )
    return lines


def _wins(comparison: Comparison, block: Block) -> list[str]:
    """The first of a block, chosen by validation, and how they do on the test set."""
    found = [(row, _mean(row, CHOSEN_BY)) for row in block.rows]
    having = [row for row, value in found if value is not None and math.isfinite(value)]
    best = sorted(having, key=lambda row: _mean(row, CHOSEN_BY), reverse=True)[:FIRST]
    texts = block.texts[LOG_LIKELIHOOD]
    named = (f"{comparison.label(row)}: {texts[block.rows.index(row)]}" for row in best)
    heading = f"the best by the validation ELBO, with their test log-likelihood ({block.heading}): "
    return [heading + "; ".join(named)] if best else []


def _effects(block: Block, groups: Sequence[str]) -> list[str]:
    """Of each group what an option loses against the best one in the same company."""
    lines = []
    for group in groups:
        lost = _against(block.rows, group, LOG_LIKELIHOOD, lambda own, all_: own - max(all_))
        if len(lost) > 1:
            ordered = sorted(lost.items(), key=lambda item: -median(item[1]))
            texts = (f"{option} {median(values):.2f}" for option, values in ordered)
            lines.append(
                f"{group}, nats of test log-likelihood lost against the best option in the same "
                f"company, median ({block.heading}): {', '.join(texts)}"
            )
    return lines


def _breaks(comparison: Comparison, rows: Sequence[Row]) -> list[str]:
    lines = []
    failed = [r for r in comparison.results if r.status == "failed"]
    lines += _some([result.folder for result in failed], "runs failed in training")
    for problem, holds in (
        ("have a test log-likelihood that is not finite", _not_finite),
        ("collapsed: no latent is active", _collapsed),
    ):
        lines += _some([comparison.label(row) for row in rows if holds(row)], problem)
    return lines


def _not_finite(row: Row) -> bool:
    value = _mean(row, LOG_LIKELIHOOD)
    return value is not None and not math.isfinite(value)


def _collapsed(row: Row) -> bool:
    units = _mean(row, ACTIVE_UNITS)
    return units is not None and units < COLLAPSED


def _some(labels: Sequence[str], problem: str) -> list[str]:
    if not labels:
        return []
    more = f" and {len(labels) - FEW} more" if len(labels) > FEW else ""
    return [f"{len(labels)} {problem}: {'; '.join(labels[:FEW])}{more}"]


def _costs(rows: Sequence[Row], groups: Sequence[str]) -> list[str]:
    every = [r.scalars.get(TOTAL_SECONDS, 0.0) for row in rows for r in row.results]
    lines = [f"all of it took {duration(sum(every))} of one thread"]
    for group in groups:
        ratios = _against(rows, group, SECONDS, lambda own, all_: own / min(all_))
        if len(ratios) > 1:
            ordered = sorted(ratios.items(), key=lambda item: median(item[1]))
            texts = (f"{option} {median(values):.2f}" for option, values in ordered)
            lines.append(
                f"{group}, training time beside the fastest option in the same company, median: "
                f"{', '.join(texts)}"
            )
    return lines


def _against(
    rows: Sequence[Row], group: str, metric: str, compared: Callable[[float, list[float]], float]
) -> dict[str, list[float]]:
    """By option: its number beside those of all options that stand with the same others."""
    companies: dict[frozenset, dict[str, float]] = defaultdict(dict)
    for row in rows:
        others = dict(row.configuration.options)
        own, value = others.pop(group, None), _mean(row, metric)
        if own is not None and value is not None and math.isfinite(value):
            companies[frozenset(others.items())][own] = value
    found: dict[str, list[float]] = defaultdict(list)
    for values in companies.values():
        if len(values) > 1:
            for option, value in values.items():
                found[option].append(compared(value, list(values.values())))
    return found


def _mean(row: Row, metric: str) -> float | None:
    estimate = row.estimates.get(metric)
    return None if estimate is None else estimate.mean
