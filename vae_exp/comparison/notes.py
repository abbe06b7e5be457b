"""What a reader of the numbers should know, a line each, below the tables."""

from collections import Counter
from collections.abc import Sequence

from vae_exp.cli.report import single_weights_decide
from vae_exp.comparison import metrics
from vae_exp.comparison.blocks import ALIKE, Block, Row
from vae_exp.comparison.measured import measured

ORDER = {
    1: "best first by {}: larger is better",
    -1: "best first by {}: smaller is better",
    0: "largest first by {}, of which neither end is better",
}
FEW = 3  # folders in a note
# the standard deviation of s by its mean, of n normal numbers: √(1 − c₄²) / c₄
UNCERTAIN = {2: "75 %", 3: "50 %"}


def notes(blocks: Sequence[Block], sort: str | None, asked: Sequence[str] | None) -> list[str]:
    """The lines.

    Args:
        blocks: what is ranked against each other.
        sort: the metric that they are ranked by.
        asked: the metrics that are shown, None for the usual ones.
    """
    rows = [row for block in blocks for row in block.rows]
    notes = []
    if rows and sort:
        order = ORDER[metrics.direction(sort)].format(sort)
        notes.append(f"{order}; in nats per datum where it has them")
        notes += _objectives(blocks, sort)
        if asked is None or sort in asked:
            notes += _behind(blocks)
        notes += _measured(blocks)
    if sort == metrics.BITS:
        notes.append(
            "bits per dimension of a density on dequantised data are an upper bound on those of "
            "their levels; nothing else of it compares with what a probability mass has"
        )
    over = {estimate.over for row in rows for estimate in row.estimates.values()}
    kinds = {
        "seeds": f"over the n seeds (s/√n) where n > 1{_uncertain(rows)}",
        "test set": "over the test set where n = 1, and says nothing of other seeds",
    }
    if told := [text for kind, text in kinds.items() if kind in over]:
        notes.append(f"± is the standard error: {'; '.join(told)}")
    if rows and sort and sort.startswith("test/"):
        notes.append(
            f"ranked by the test set, so {sort} of the first row is flattered: to choose among "
            f"many, --sort {metrics.DEFAULT_SORT}, which runs of earlier versions lack"
        )
    for row in rows:
        notes += [
            f"seed {seed} is there {times} times with one configuration ({_folders(row, seed)}): "
            "each counts as a run, but they are not independent"
            for seed, times in Counter(map(str, row.seeds)).items()
            if times > 1
        ]
        notes += [
            f"{result.folder} has test metrics, but its status is {result.status}"
            for result in row.results
            if result.status != "finished"
        ]
    if loose := [row.results[0].folder for row in rows if _loose(row)]:
        more = f" and {len(loose) - FEW} more" if len(loose) > FEW else ""
        notes.append(
            f"the effective sample size is near 1 in {', '.join(loose[:FEW])}{more}: single "
            "weights decide the log-likelihood there, a loose bound"
        )
    return notes


def _objectives(blocks: Sequence[Block], sort: str) -> list[str]:
    """Where rows of a block do not minimise the same."""
    columns = dict.fromkeys(name for block in blocks for name in block.columns)
    is_loss = sort.endswith("/loss")  # in which the KL is as kl= estimates it, biased or weighted
    groups = ("objective", "kl") if is_loss else ("objective",)
    differing = ", ".join(name for name in columns if name.split(".")[0].split(" ")[0] in groups)
    if not differing:
        return []
    if is_loss:
        return [f"{sort} is what each run minimises, and that is not the same ({differing})"]
    return [
        f"their objectives differ ({differing}): all are ranked by {sort}, whatever they minimise"
    ]


def _measured(blocks: Sequence[Block]) -> list[str]:
    """Which numbers beside what ranks were measured on other data in one and the same table."""
    found: dict[str, list[str]] = {}
    for block in blocks:
        results = [result for row in block.rows for result in row.results]
        for name in metrics.ON_PAGE:
            having = [result for result in results if name in result.scalars]
            ways = dict.fromkeys(measured(result, name) or "all data" for result in having)
            if len(ways) > 1:
                found.setdefault("; ".join(ways), []).append(name)
    return [
        f"in one table on different data: {', '.join(dict.fromkeys(names))} ({ways}); "
        f"--sort {names[0]} parts them"
        for ways, names in found.items()
    ]


def _behind(blocks: Sequence[Block]) -> list[str]:
    """What the mark before a number means, and by which test."""
    of_blocks = [[found for found in block.behind if found] for block in blocks]
    found = [one for block in of_blocks for one in block]
    if not found:
        return []
    seeds = sorted({one.paired_seeds for one in found if one.paired_seeds is not None})
    ways = [f"paired over {_range(seeds)} seeds"] if seeds else []
    if any(one.paired_seeds is None for one in found):
        ways.append("not paired where no two seeds are shared (Welch)")
    pairs = _range(sorted({block[0].pairs for block in of_blocks if block}))
    corrected = "" if pairs == "1" else f", Holm for {pairs} pairs of rows"
    ahead = any(one.mean < 0 for one in found)
    if all(one.told for one in found):
        untested = any(None in block.behind[1:] for block in blocks if any(block.behind))
        some = untested or ahead
        those = "those with a number behind the first" if some else "all behind the first"
        meaning = f"{those} are told apart from it"
    else:
        meaning = f"{ALIKE}: not told apart from the first"
    notes = [f"{meaning}: {', '.join(ways)}, Student's t, 95 %{corrected}"]
    if ahead:
        notes.append(
            "below 0 is ahead: with the seeds that both rows have, that one is better than the "
            "first, and only the mean over all seeds of each is not"
        )
    return notes


def _range(numbers: Sequence[int]) -> str:
    first, last = numbers[0], numbers[-1]
    return str(first) if first == last else f"{first} to {last}"


def _uncertain(rows: Sequence[Row]) -> str:
    """How far a standard error over so few seeds may be off itself."""
    few = sorted({row.n for row in rows} & set(UNCERTAIN))
    told = " and ".join(f"{UNCERTAIN[n]} (n = {n})" for n in few)
    return f", itself uncertain by about {told}" if told else ""


def _loose(row: Row) -> bool:
    names = ("test/effective_sample_size", "test/importance_samples")
    found = (row.estimates.get(name) for name in names)
    return single_weights_decide(*(estimate and estimate.mean for estimate in found))


def _folders(row: Row, seed: str) -> str:
    return ", ".join(result.folder for result in row.results if str(result.seed) == seed)
