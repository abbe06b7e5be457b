"""A comparison as one HTML file that needs no network: page.html with everything put into it."""

import base64
import hashlib
import re
from datetime import datetime
from importlib.resources import files
from itertools import chain, zip_longest
from typing import Any

from vae_exp import __version__
from vae_exp.comparison import metrics
from vae_exp.comparison.blocks import Block, Row
from vae_exp.comparison.curves import all_curves
from vae_exp.comparison.gallery import gallery
from vae_exp.comparison.ranking import Comparison
from vae_exp.storage import strict_json

SCRIPTS = (
    "page.js",
    "table.js",
    "curves.js",
    "panel.js",
    "scatter.js",
    "download.js",
    "pictures.js",
    "configurations.js",
    "start.js",
)
CHOSEN_AT_FIRST = 6


def as_html(comparison: Comparison) -> str:
    """The page. What runs have written reaches it as data only.

    It stands in a block of JSON in which no tag can end or begin, the scripts make text nodes of
    it, and the page's own policy lets no other script run and nothing be fetched.
    """
    css = _file("page.css")
    script = "\n".join(_file(name) for name in SCRIPTS)
    data = strict_json.dumps(page_data(comparison)).replace("<", "\\u003c")
    parts = {
        "css": css,
        "css_hash": _hash(css),
        "script": script,
        "script_hash": _hash(script),
        "data": data,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda name: parts[name[1]], _file("page.html"))


def page_data(comparison: Comparison) -> dict[str, Any]:
    """What the scripts of the page work on."""
    rows = comparison.rows
    places = {id(row): number for number, row in enumerate(rows)}
    important = _best_of_each_block_in_turn(comparison)
    drawn, kinds, left_out = gallery(important)
    pictures = {id(row): of_row for row, of_row in zip(important, drawn)}
    curves, most_points = all_curves(comparison.results)
    curve = iter(curves)
    texts = _texts(comparison)
    behind = {
        id(row): [b.mean, b.stderr, b.p, text]
        for block in comparison.blocks
        for row, b, text in zip(block.rows, block.behind, block.behind_texts)
        if b
    }
    short = {
        id(row): row.configuration.label(block.columns)
        for block in comparison.blocks
        for row in block.rows
    }
    names = list(dict.fromkeys([*comparison.shown(metrics.ON_PAGE), *comparison.metrics]))
    return {
        "version": __version__,
        "made": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        "paths": comparison.paths,
        "configurations": comparison.configurations,
        "sort": comparison.sort,
        "metrics": [
            {"name": n, "short": metrics.short(n), "direction": metrics.direction(n)} for n in names
        ],
        "shown": comparison.shown(metrics.ON_PAGE),
        "columns": comparison.all_columns,
        "keys": list(dict.fromkeys(chain(*(_shown_keys(row) for row in rows)))),
        "reasons": comparison.reasons,
        "notes": comparison.notes,
        "blocks": [
            {
                "heading": block.heading,
                "columns": block.columns,
                "common": comparison.common(block),
                "rows": [places[id(row)] for row in block.rows],
            }
            for block in comparison.blocks
        ],
        "unranked": [places[id(row)] for row in comparison.unranked],
        "rows": [
            {
                "label": comparison.label(row),
                "short": short.get(id(row)) or comparison.label(row),
                "keys": _shown_keys(row),
                "estimates": {
                    name: [estimate.mean, estimate.stderr, texts[id(row)][name]]
                    for name, estimate in row.estimates.items()
                    if name in comparison.metrics
                },
                "behind": behind.get(id(row)),
                "runs": [
                    {
                        "folder": result.folder,
                        "seed": "–" if result.seed is None else str(result.seed),
                        "status": result.status,
                        "scalars": result.scalars,
                        "curves": next(curve),
                    }
                    for result in row.results
                ],
                "pictures": pictures[id(row)],
            }
            for row in rows
        ],
        "best": [places[id(row)] for row in important][:CHOSEN_AT_FIRST],
        "kinds": kinds,
        "pictures_left_out": left_out,
        "most_points": most_points,
    }


def _best_of_each_block_in_turn(comparison: Comparison) -> list[Row]:
    """The best row of each block, then the second ones, and so on; the unranked ones last."""
    turns = zip_longest(*(block.rows for block in comparison.blocks))
    return [row for row in chain(*turns) if row is not None] + comparison.unranked


def _texts(comparison: Comparison) -> dict[int, dict[str, str]]:
    """Of every row the text of each metric, even within its block."""
    texts: dict[int, dict[str, str]] = {}
    for block in [*comparison.blocks, Block("", comparison.unranked, [])]:
        for number, row in enumerate(block.rows):
            texts[id(row)] = {name: column[number] for name, column in block.texts.items()}
    return texts


def _shown_keys(row: Row) -> dict[str, str]:
    c = row.configuration
    return {name: c.shown(name) for name in dict.fromkeys([*c.options, *c.keys])}


def _file(name: str) -> str:
    return (files("vae_exp.comparison") / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
