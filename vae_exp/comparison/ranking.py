"""The whole comparison: what was read, in blocks of what may be ranked, and what to know of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from vae_exp.comparison import metrics
from vae_exp.comparison.blocks import Block, Row, blocks
from vae_exp.comparison.differences import differences
from vae_exp.comparison.notes import notes
from vae_exp.comparison.result import Result

ONLY = "the one configuration"  # where there is nothing to tell it from


@dataclass(frozen=True)
class Comparison:
    """Runs side by side.

    Args:
        paths: the folders that were asked for.
        metrics: every metric that a run has.
        asked: the metrics that were asked for, None where it is left to us.
        sort: what the blocks are ranked by, None where no run has a metric.
        blocks: the runs with test metrics.
        reasons: why there are several blocks.
        unranked: the runs without test metrics, each a row of its own.
        columns: the groups and keys that differ between the ranked runs.
        all_columns: ... and between all.
        notes: what a reader of the numbers should know.
    """

    paths: list[str]
    metrics: list[str]
    asked: list[str] | None
    sort: str | None
    blocks: list[Block]
    reasons: list[str]
    unranked: list[Row]
    columns: list[str]
    all_columns: list[str]
    notes: list[str]

    @property
    def ranked(self) -> list[Row]:
        return [row for block in self.blocks for row in block.rows]

    @property
    def rows(self) -> list[Row]:
        return self.ranked + self.unranked

    @property
    def results(self) -> list[Result]:
        return [result for row in self.rows for result in row.results]

    @property
    def configurations(self) -> int:
        """How many there are: runs that are not ranked are rows of their own, whatever theirs is,
        and a configuration that was measured in two ways is a row of two blocks."""
        return len({result.configuration.identity for result in self.results})

    def shown(self, default: Sequence[str]) -> list[str]:
        """The metrics that were asked for, or else these; what is ranked by comes first."""
        if self.asked is not None:
            return self.asked
        having = {name for row in self.ranked for name in row.estimates}
        if self.sort == metrics.BITS:  # of levels and of densities, which compare in that alone
            having -= set(metrics.OF_X)
        first = [self.sort] if self.sort else []
        return list(dict.fromkeys(first + [name for name in default if name in having]))

    def common(self, block: Block) -> str:
        """What differs between blocks and is the same within this one."""
        constant = [name for name in self.columns if name not in block.columns]
        return block.rows[0].configuration.label(constant)

    def label(self, row: Row) -> str:
        """What tells this row from others, in words of the command line.

        Of keys those that differ within a block: what tells blocks apart, their headings say.
        """
        if not row.results[0].evaluated:
            return row.configuration.label(self.all_columns) or ONLY
        within = {name for block in self.blocks for name in block.columns}
        options = row.configuration.options
        names = [name for name in self.columns if name in within or name in options]
        from_unranked = [name for name in self.all_columns if name in options]
        label = row.configuration.label
        return label(names) or label(from_unranked) or ONLY


def compare(
    paths: list[str], results: Sequence[Result], sort: str | None, asked: list[str] | None
) -> Comparison:
    """Put runs side by side.

    Args:
        sort: the metric to rank by; None: the validation ELBO of the weights that were evaluated;
            where a run lacks it the log-likelihood, or the first metric there is.
        asked: the metrics to show, None for the usual ones.

    Raises:
        ValueError: no run has a metric that is asked for.
    """
    known = metrics.names(result.scalars for result in results)
    if sort is not None:
        sort = metrics.find(sort, known, "--sort")
    else:
        sort = _default_sort(results, known)
    if asked is not None:
        asked = list(dict.fromkeys(metrics.find(name, known, "--metrics") for name in asked))
    evaluated = [result for result in results if result.evaluated]
    found, reasons = blocks(evaluated, sort)
    return Comparison(
        paths=paths,
        metrics=known,
        asked=asked,
        sort=sort,
        blocks=found,
        reasons=reasons,
        unranked=[Row([result]) for result in results if not result.evaluated],
        columns=differences([result.configuration for result in evaluated]),
        all_columns=differences([result.configuration for result in results]),
        notes=notes(found, sort, asked),
    )


def _default_sort(results: Sequence[Result], known: Sequence[str]) -> str | None:
    """The validation number where all ranked runs have it, else one of the test set."""
    evaluated = [result for result in results if result.evaluated]
    if evaluated and all(metrics.DEFAULT_SORT in result.summary for result in evaluated):
        return metrics.DEFAULT_SORT
    if metrics.ON_TEST in known:
        return metrics.ON_TEST
    return known[0] if known else None
