"""The tables that a person reads at the end of a run."""

import math

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vae_exp.cli.errors import printable
from vae_exp.cli.factor_table import SCORES, factor_table
from vae_exp.cli.metric_rows import PROBES, ROWS, Numbers, fixed, given, nats, with_error

LONG = 12  # letters of a covariate, beside whose probes the rest has no room
NEAR = 0.1  # nats
LITTLE = 0.1  # nats of x that all latents together know, or less
MOST_WANTED = {"elbo": "ELBO", "log_likelihood": "log-likelihood"}


def single_weights_decide(size: float | None, samples: float | None) -> bool:
    """Whether an effective sample size is near 1, below 2 of 8 weights or more."""
    return size is not None and samples is not None and size < 2 and samples >= 8


def saturated(bound: float, data: int) -> bool:
    """Whether a lower bound on I(x; z) is near the most that so many data allow, their log."""
    return bound > math.log(data) - NEAR


def collapsed(information: float | None) -> bool:
    """Whether an upper bound on I(x; z) leaves z, of numbers or codes, next to nothing of x."""
    return information is not None and information < LITTLE


def _plain(text: str) -> str:
    """As a cell of a table: a finished run's numbers are read from its folder."""
    return escape(printable(text))


def _of_test(summary: Numbers) -> Numbers:
    prefix = "test/"
    return {k.removeprefix(prefix): v for k, v in summary.items() if k.startswith(prefix)}


def print_line(name: str, summary: Numbers) -> None:
    """Print what a job of a sweep came to."""
    numbers = _of_test(summary)
    told = (f"{title} {nats(metric)(numbers)}" for metric, title in MOST_WANTED.items())
    Console(highlight=False, soft_wrap=True).print(
        escape(printable(f"{name}: test {', '.join(told)}"))
    )


def print_report(summary: Numbers) -> None:
    """Print an evaluation's numbers and its KL-estimator report.

    ± is the standard error over the test set.
    """
    numbers = _of_test(summary)
    metrics = Table(title="test set, nats per datum", title_justify="left")
    if "selected/epoch" in summary:
        of, by = summary["selected/epoch"], summary["selected/by"]
        metrics.caption = _plain(f"weights of epoch {of} of {summary['epoch']}: {by}")
        metrics.caption_justify = "left"
    metrics.add_column("metric", no_wrap=True)
    metrics.add_column("value", justify="right", no_wrap=True)
    metrics.add_column("meaning", overflow="fold")
    for name, show, meaning in ROWS:
        if name in numbers:
            meaning = given(meaning.format(**numbers), numbers.get("given", ()))
            cells = (f"test/{name}", show(numbers), meaning)
            metrics.add_row(*map(_plain, cells))
    for name, meaning in SCORES.items():
        if name in numbers:
            metrics.add_row(*map(_plain, (f"test/{name}", f"{numbers[name]:.3f}", meaning)))
    for name, value in numbers.items():
        for probe, meaning in PROBES:
            if name.startswith(f"{probe}_"):
                column = name.removeprefix(f"{probe}_")
                short = name if len(column) <= LONG else f"{probe}_*"
                cells = (f"test/{short}", f"{value:.1%}", f"{meaning}, {column} by a draw of z")
                metrics.add_row(*map(_plain, cells))

    estimators = Table(
        title="KL estimators on this posterior (1000 data at most), nats", title_justify="left"
    )
    for title in ("kl", "per_\ndimension"):
        estimators.add_column(title, no_wrap=True)
    for title in ("value", "std of\na sample", "bias"):
        estimators.add_column(title, justify="right", no_wrap=True)
    for row in numbers["kl_estimators"]:
        bias = with_error(row["bias"], row["bias_stderr"], "+") if "bias" in row else "reference"
        estimators.add_row(
            _plain(row["estimator"]),
            _plain(str(row["per_dimension"]).lower()),
            fixed(row["value"]),
            fixed(row["std"]),
            "exact" if row["estimator"] == "analytic" else bias,
        )
    console = Console()
    console.print(metrics)
    console.print(estimators)
    if "factors" in numbers:
        console.print(factor_table(numbers["factors"], numbers["disentanglement_data"]))
    if "gradient_estimators" in numbers:
        console.print(_gradients(numbers["gradient_estimators"]))
    size, samples = (numbers.get(n) for n in ("effective_sample_size", "importance_samples"))
    if single_weights_decide(size, samples):
        console.print(
            f"the effective sample size is near 1 ({size:.2f}): single weights decide the "
            "log-likelihood, a loose bound; more evaluation.importance_samples or a closer q(z|x) "
            "tighten it",
            highlight=False,
        )
    if collapsed(numbers.get("mutual_information_upper")):
        console.print(
            f"no latent is in use: I(x; z) is below {LITTLE} nats, posterior collapse; longer "
            "training, a warm-up of the KL (objective.beta_schedule=linear "
            "objective.beta_steps=2000), objective.free_bits=0.1 or a less powerful decoder may "
            "help: docs/troubleshooting.md",
            highlight=False,
            markup=False,
        )
    data = numbers.get("information_data")
    if data is not None and saturated(numbers["mutual_information"], data):
        told = f"the lower bound on I(x; z) is as high as {data} data let it be (their log, "
        told += f"{fixed(math.log(data), 2)}): the truth may be far above it"
        if "marginal_kl" in numbers:
            told += ", and marginal_kl, what is left of the KL, far above KL(q(z) ‖ p(z))"
        console.print(told, highlight=False, markup=False)
    if numbers.get("reduced"):
        parts = ", ".join(numbers["reduced"])
        told = f"on fewer data or samples, to fit into evaluation.part_seconds: {parts}; all of "
        told += "them: python -m vae_exp.evaluate <run folder> evaluation.part_seconds=null"
        console.print(told, markup=False)


def _gradients(rows: list[Numbers]) -> Table:
    """What each estimator of the gradient in the logits of codes is worth."""
    table = Table(
        title="Gradient estimators on this posterior, two z each, nats per unit of a logit",
        title_justify="left",
    )
    table.add_column("encoder.gradient", no_wrap=True)
    for title in ("std", "bias", "norm of the\ngradient"):
        table.add_column(title, justify="right", no_wrap=True)
    of_others = {"concrete": "of a relaxed model", "enumerate": "exact"}
    for row in rows:
        name = row["estimator"]
        known = "reference"
        if "bias" in row:
            seen = row["bias"] > 0
            error = row["bias_stderr"]
            known = with_error(row["bias"], error) if seen else f"below {fixed(error)}"
        cells = (name, fixed(row["std"]), of_others.get(name, known), fixed(row["norm"]))
        table.add_row(*map(_plain, cells))
    return table
