"""A comparison for other programs: CSV, one row a configuration; JSON, down to the single runs."""

import csv
import io
from typing import Any

from vae_exp.comparison.behind import Behind
from vae_exp.comparison.blocks import Row
from vae_exp.comparison.ranking import Comparison
from vae_exp.storage import strict_json

# the columns of how far a row is behind the first one of its block
BEHIND = {
    "behind_first mean": "mean",
    "behind_first stderr": "stderr",
    "behind_first p_holm": "p",
    "behind_first paired_seeds": "paired_seeds",
}


def as_csv(comparison: Comparison) -> str:
    """Blocks one after the other, ranked; then the runs without test metrics, in no block.

    Of each metric there are its ``mean``, its ``stderr`` and ``n``, the number of runs that have
    it; ``stderr_over`` says whether it is over seeds or over the test set. ``behind_first`` is in
    the metric that ranks, with its p corrected by Holm's method and the number of paired seeds.
    """
    names = comparison.metrics if comparison.asked is None else comparison.asked
    columns = comparison.all_columns
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    numbers = [f"{name} {part}" for name in names for part in ("mean", "stderr", "n")]
    writer.writerow(
        ["block", "status", "runs", "seeds", *columns, "stderr_over", *numbers, *BEHIND, "folders"]
    )
    places = [
        (block.heading, row, behind)
        for block in comparison.blocks
        for row, behind in zip(block.rows, block.behind)
    ]
    for heading, row, behind in places + [("", row, None) for row in comparison.unranked]:
        statuses = dict.fromkeys(result.status for result in row.results)
        cells = [heading, " ".join(statuses), row.n, " ".join(map(str, row.seeds))]
        cells += [row.configuration.shown(column) for column in columns]
        cells.append("seeds" if row.n > 1 else "test set")
        for name in names:
            found = row.estimates.get(name)
            cells += [found.mean, found.stderr, found.n] if found else ["", "", 0]
        cells += [getattr(behind, part, "") for part in BEHIND.values()]
        writer.writerow([*cells, ";".join(result.folder for result in row.results)])
    return text.getvalue()


def as_json(comparison: Comparison) -> str:
    """Blocks → rows → runs; what is not finite is null."""
    return strict_json.dumps(
        {
            "folders": comparison.paths,
            "sorted_by": comparison.sort,
            "differences": comparison.columns,
            "reasons": comparison.reasons,
            "notes": comparison.notes,
            "blocks": [
                {
                    "heading": block.heading,
                    "rows": [
                        _row(row, behind, comparison)
                        for row, behind in zip(block.rows, block.behind)
                    ],
                }
                for block in comparison.blocks
            ],
            "not_ranked": [_row(row, None, comparison) for row in comparison.unranked],
        },
        indent=1,
    )


def _row(row: Row, behind: Behind | None, comparison: Comparison) -> dict[str, Any]:
    names = comparison.metrics if comparison.asked is None else comparison.asked
    c, columns = row.configuration, comparison.all_columns
    return {
        "configuration": {n: c.value(n) for n in columns if n in c.options or n in c.keys},
        "n": row.n,
        "behind_first": {**vars(behind), "told_apart": behind.told} if behind else None,
        "metrics": {name: vars(row.estimates[name]) for name in names if name in row.estimates},
        "runs": [
            {
                "folder": result.folder,
                "seed": result.seed,
                "status": result.status,
                "summary": result.summary,
            }
            for result in row.results
        ],
    }
