"""The numbers of an evaluation: how each is written, and what it means."""

from collections.abc import Callable, Sequence
from typing import Any

Numbers = dict[str, Any]
UNWIELDY = 1e5  # from here on powers of ten are written


def fixed(value: float, decimals: int = 3) -> str:
    """With so many decimals, or a power of ten."""
    return f"{value:.{decimals}f}" if abs(value) < UNWIELDY else f"{value:.{decimals + 1}e}"


def with_error(value: float, stderr: float | None, sign: str = "") -> str:
    """With ± its standard error, where there is one."""
    if stderr is None:
        return fixed(value)
    if max(abs(value), stderr) >= UNWIELDY:
        return f"{value:{sign}.4e} ± {stderr:.1e}"
    return f"{value:{sign}.3f} ± {stderr:.3f}"


def nats(name: str) -> Callable[[Numbers], str]:
    """What writes the number of that name with its own standard error."""

    def show(numbers: Numbers) -> str:
        return with_error(numbers[name], numbers.get(f"{name}_stderr"))

    return show


# of the labels, and with _<covariate> behind of that
PROBES = [
    ("linear_probe_accuracy", "logistic regression"),
    ("knn_accuracy", "10 nearest neighbours"),
    ("chance_accuracy", "the most frequent"),
]
# the name of a number, how to show it, what it is
ROWS: list[tuple[str, Callable[[Numbers], str], str]] = [
    ("elbo", nats("elbo"), "evidence lower bound"),
    ("reconstruction_loss", nats("reconstruction_loss"), "−E_q[log p(x|z)]"),
    ("kl", nats("kl"), "KL(q(z|x) ‖ p(z))"),
    (
        "log_likelihood",
        nats("log_likelihood"),
        "bound on log p(x), K = {importance_samples}",
    ),
    ("known_log_likelihood", nats("known_log_likelihood"), "of the model that made the data"),
    (
        "bits_per_dim",
        lambda n: f"{fixed(n['bits_per_dim'], 4)} bits",
        "−log-likelihood by dimension",
    ),
    ("inference_gap", nats("inference_gap"), "log-likelihood − ELBO"),
    ("objective_gap", nats("objective_gap"), "−training loss − ELBO"),
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
    ("imputation_rmse", lambda n: fixed(n["imputation_rmse"], 4), "of what data.missing hides"),
    (
        "imputation_accuracy",
        lambda n: f"{n['imputation_accuracy']:.2%}",
        "of what data.missing hides",
    ),
    ("active_units", lambda n: f"{n['active_units']}", "Var_x(E_q[z]) > 0.01"),
    (
        "mutual_information",
        lambda n: " to ".join(
            fixed(n[name], 2) for name in ("mutual_information", "mutual_information_upper")
        ),
        "bounds on I(x; z)",
    ),
    (
        "kl_per_layer",
        lambda n: ", ".join(fixed(kl, 2) for kl in n["kl_per_layer"]),
        "of z1, z2, ..., given the others",
    ),
    (
        "code_perplexity",
        lambda n: f"{n['code_perplexity']:.2f}",
        "values that a variable uses, on average over variables",
    ),
    ("marginal_kl", lambda n: f"≤ {fixed(n['marginal_kl'], 2)}", "KL(q(z) ‖ p(z))"),
    ("linear_probe_accuracy", lambda n: f"{n['linear_probe_accuracy']:.1%}", PROBES[0][1]),
    ("knn_accuracy", lambda n: f"{n['knn_accuracy']:.1%}", PROBES[1][1]),
]


def given(meaning: str, parts: Sequence[str]) -> str:
    """A meaning with c where these parts of the model see it."""
    if "encoder" in parts:
        meaning = meaning.replace("q(z|x)", "q(z|x, c)")
    if "prior" in parts:
        meaning = meaning.replace("p(z)", "p(z|c)")
    if "decoder" in parts:
        meaning = meaning.replace("p(x|z)", "p(x|z, c)")
    return meaning.replace("log p(x)", "log p(x|c)") if {"decoder", "prior"} & {*parts} else meaning
