"""Learning curves from ``metrics.jsonl``, thinned to what a screen can show."""

from collections.abc import Sequence
from typing import Any

from vae_exp.comparison.result import Result, is_number

MOST_POINTS = 500  # of a curve
FEWEST_POINTS = 50
POINTS_OF_A_PAGE = 600_000  # numbers, about six characters each
CARRIED = ("step", "epoch", "time/train_seconds")  # what a curve can be drawn over
SPLITS = ("train", "val")


def read_curves(result: Result) -> dict[str, list[dict[str, float]]]:
    """The records of training and of validation, each with the time of the last record before.

    Raises:
        ValueError: the file does not read; names it.
    """
    file = result.run.path / "metrics.jsonl"
    try:
        records = result.run.metrics
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{file}: expected lines of JSON ({error})") from error
    result.run.__dict__.pop("metrics", None)  # a hundred runs' records need not stay in memory
    splits: dict[str, list[dict[str, float]]] = {split: [] for split in SPLITS}
    carried: dict[str, float] = {}
    for number, record in enumerate(records, start=1):
        if not isinstance(record, dict):
            raise ValueError(f"{file}: expected a JSON object in line {number}")
        carried |= {name: record[name] for name in CARRIED if is_number(record.get(name))}
        for split, rows in splits.items():
            values = {k: v for k, v in record.items() if k.startswith(f"{split}/")}
            if values := {k: v for k, v in values.items() if is_number(v) and "/best_" not in k}:
                rows.append(carried | values)
    return splits


def thinned(records: Sequence[dict[str, float]], split: str, most: int) -> list[dict[str, float]]:
    """At most so many records: of each stretch the two with the lowest and the highest loss.

    So a spike is seen, however short; the first and the last record stay.
    """
    if len(records) <= most:
        return list(records)
    stretches = (most - 2) // 2
    inner = len(records) - 2
    kept = {0, len(records) - 1}
    for i in range(stretches):
        stretch = range(1 + inner * i // stretches, 1 + inner * (i + 1) // stretches)
        losses = {j: records[j].get(f"{split}/loss", 0.0) for j in stretch}
        kept |= {min(losses, key=losses.get), max(losses, key=losses.get)}
    return [records[j] for j in sorted(kept)]


def columns(records: Sequence[dict[str, float]]) -> dict[str, list[float | None]]:
    """The records as one list a name, to six digits, null where a record lacks it."""
    names = dict.fromkeys(name for record in records for name in record)
    return {name: [_rounded(record.get(name)) for record in records] for name in names}


def all_curves(results: Sequence[Result]) -> tuple[list[dict[str, Any]], int]:
    """Of every run: ``train`` and ``val``, each name → values; and the most points of a curve."""
    numbers = 14 * len(SPLITS) * max(1, len(results))  # 14 names in a record, about
    most = max(FEWEST_POINTS, min(MOST_POINTS, POINTS_OF_A_PAGE // numbers))
    found = []
    for result in results:
        splits = read_curves(result)
        found.append({s: columns(thinned(records, s, most)) for s, records in splits.items()})
    return found, most


def _rounded(value: float | None) -> float | None:
    if value is None or isinstance(value, int):
        return value
    return float(f"{value:.6g}")
