"""The tables that a person reads at the end of a run."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vae_exp.cli.errors import printable
from vae_exp.cli.factor_table import SCORES, factor_table

Numbers = dict[str, Any]
LONG = 12  # letters of a covariate, beside whose probes the rest has no room
NEAR = 0.1  # nats
UNWIELDY = 1e5  # from here on powers of ten are written


def single_weights_decide(size: float | None, samples: float | None) -> bool:
    """Whether an effective sample size is near 1, below 2 of 8 weights or more."""
    return size is not None and samples is not None and size < 2 and samples >= 8


def saturated(mutual_information: float, information_data: int, **_: Any) -> bool:
    """Whether a lower bound on I(x; z) is near the most that so many data allow, their log."""
    return mutual_information > math.log(information_data) - NEAR


def _fixed(value: float, decimals: int = 3) -> str:
    return f"{value:.{decimals}f}" if abs(value) < UNWIELDY else f"{value:.{decimals + 1}e}"


def _with_error(value: float, stderr: float | None, sign: str = "") -> str:
    if stderr is None:
        return _fixed(value)
    if max(abs(value), stderr) >= UNWIELDY:
        return f"{value:{sign}.4e} ± {stderr:.1e}"
    return f"{value:{sign}.3f} ± {stderr:.3f}"


def _nats(name: str) -> Callable[[Numbers], str]:
    def show(numbers: Numbers) -> str:
        return _with_error(numbers[name], numbers.get(f"{name}_stderr"))

    return show


# of the labels, and with _<covariate> behind of that
PROBES = [
    ("linear_probe_accuracy", "logistic regression"),
    ("knn_accuracy", "10 nearest neighbours"),
    ("chance_accuracy", "the most frequent"),
]
MOST_WANTED = {"elbo": "ELBO", "log_likelihood": "log-likelihood"}
# the name of a number, how to show it, what it is
ROWS: list[tuple[str, Callable[[Numbers], str], str]] = [
    ("elbo", _nats("elbo"), "evidence lower bound"),
    ("reconstruction_loss", _nats("reconstruction_loss"), "−E_q[log p(x|z)]"),
    ("kl", _nats("kl"), "KL(q(z|x) ‖ p(z))"),
    (
        "log_likelihood",
        _nats("log_likelihood"),
        "bound on log p(x), K = {importance_samples}",
    ),
    ("known_log_likelihood", _nats("known_log_likelihood"), "of the model that made the data"),
    (
        "bits_per_dim",
        lambda n: f"{_fixed(n['bits_per_dim'], 4)} bits",
        "−log-likelihood by dimension",
    ),
    ("inference_gap", _nats("inference_gap"), "log-likelihood − ELBO"),
    ("objective_gap", _nats("objective_gap"), "−training loss − ELBO"),
    (
        "effective_sample_size",
        lambda n: f"{n['effective_sample_size']:.1f}",
        "of K = {importance_samples} weights",
    ),
    ("nonfinite", lambda n: f"{n['nonfinite']}", "data without a finite ELBO or log-likelihood"),
    (
        "accuracy",
        lambda n: f"{n['accuracy']:.2%} ± {n['accuracy_stderr']:.2%}",
        "of the classifier q(y|x)",
    ),
    ("imputation_rmse", lambda n: _fixed(n["imputation_rmse"], 4), "of what data.missing hides"),
    (
        "imputation_accuracy",
        lambda n: f"{n['imputation_accuracy']:.2%}",
        "of what data.missing hides",
    ),
    ("active_units", lambda n: f"{n['active_units']}", "Var_x(E_q[z]) > 0.01"),
    (
        "mutual_information",
        lambda n: " to ".join(
            _fixed(n[name], 2) for name in ("mutual_information", "mutual_information_upper")
        ),
        "bounds on I(x; z)",
    ),
    (
        "kl_per_layer",
        lambda n: ", ".join(_fixed(kl, 2) for kl in n["kl_per_layer"]),
        "of z1, z2, ..., given the others",
    ),
    (
        "code_perplexity",
        lambda n: f"{n['code_perplexity']:.2f}",
        "values that a variable uses, on average over variables",
    ),
    ("marginal_kl", lambda n: f"≤ {_fixed(n['marginal_kl'], 2)}", "KL(q(z) ‖ p(z))"),
    ("linear_probe_accuracy", lambda n: f"{n['linear_probe_accuracy']:.1%}", PROBES[0][1]),
    ("knn_accuracy", lambda n: f"{n['knn_accuracy']:.1%}", PROBES[1][1]),
]


def _given(meaning: str, parts: Sequence[str]) -> str:
    """A meaning with c where these parts of the model see it."""
    if "encoder" in parts:
        meaning = meaning.replace("q(z|x)", "q(z|x, c)")
    if "prior" in parts:
        meaning = meaning.replace("p(z)", "p(z|c)")
    if "decoder" in parts:
        meaning = meaning.replace("p(x|z)", "p(x|z, c)")
    return meaning.replace("log p(x)", "log p(x|c)") if {"decoder", "prior"} & {*parts} else meaning


def _plain(text: str) -> str:
    """As a cell of a table: a finished run's numbers are read from its folder."""
    return escape(printable(text))


def _of_test(summary: Numbers) -> Numbers:
    prefix = "test/"
    return {k.removeprefix(prefix): v for k, v in summary.items() if k.startswith(prefix)}


def print_line(name: str, summary: Numbers) -> None:
    """Print what a job of a sweep came to."""
    numbers = _of_test(summary)
    told = (f"{title} {_nats(metric)(numbers)}" for metric, title in MOST_WANTED.items())
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
            meaning = _given(meaning.format(**numbers), numbers.get("given", ()))
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
        bias = _with_error(row["bias"], row["bias_stderr"], "+") if "bias" in row else "reference"
        estimators.add_row(
            _plain(row["estimator"]),
            _plain(str(row["per_dimension"]).lower()),
            _fixed(row["value"]),
            _fixed(row["std"]),
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
    if "information_data" in numbers and saturated(**numbers):
        size = numbers["information_data"]
        told = f"the lower bound on I(x; z) is as high as {size} data let it be (their log, "
        told += f"{_fixed(math.log(size), 2)}): the truth may be far above it"
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
            known = _with_error(row["bias"], error) if seen else f"below {_fixed(error)}"
        cells = (name, _fixed(row["std"]), of_others.get(name, known), _fixed(row["norm"]))
        table.add_row(*map(_plain, cells))
    return table
