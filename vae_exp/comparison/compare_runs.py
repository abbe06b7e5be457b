"""The whole way of a comparison: runs are read, compared, written and printed."""

from pathlib import Path

from vae_exp.cli.progress import EvaluationProgress
from vae_exp.comparison import export, page, ranking, result, table, writing


def compare_runs(
    folders: list[str],
    outputs: dict[str, str],
    sort: str | None = None,
    metrics: list[str] | None = None,
) -> None:
    """Read, compare and write; print a table unless an output goes to standard output.

    Args:
        folders: runs, or folders that hold runs at any depth.
        outputs: where ``--csv``, ``--json`` and ``--html`` are to go, those of them that are to.
        sort: the metric to rank by, see ``ranking.compare``.
        metrics: the metrics to show, none for the usual ones.

    Raises:
        ValueError: a user's mistake or a broken file, in one line.
    """
    check(outputs)
    texts = {"--csv": export.as_csv, "--json": export.as_json, "--html": page.as_html}
    with EvaluationProgress("comparing") as progress:
        results = result.read(folders, progress)
        progress("ranking", 0)
        comparison = ranking.compare(folders, results, sort, metrics)
        for option, path in outputs.items():
            progress(option, 0)
            writing.write(texts[option](comparison), path, option)
    if "-" in outputs.values():
        return
    table.print_comparison(comparison)
    if "--html" in outputs:
        size = Path(outputs["--html"]).expanduser().stat().st_size / 1e6
        print(f"{outputs['--html']}: the page, {size:.1f} MB; open it in a browser")


def check(outputs: dict[str, str]) -> None:
    """Raises ValueError where an output has no name, or two would end up in one place."""
    taken: dict[Path, str] = {}
    for option, path in outputs.items():
        if not path:
            raise ValueError(f"{option}: expected the name of a file, got nothing")
        other = taken.setdefault(Path(path).expanduser().resolve(), option)
        if other != option:
            raise ValueError(f"{option}: expected another file than for {other}, got {path} twice")
