"""The tables of a certification: simulated data in one, real data in another."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vae_exp.cli.errors import printable

# the end of a name, and what it is
ROWS = {
    "lower_log_likelihood": "bound from p(z) to p(z|x)",
    "exact_log_likelihood": "linear model's closed form",
    "upper_log_likelihood": "bound from p(z|x) to p(z)",
    "width": "upper − lower",
    "importance_log_likelihood": "by q(z|x), K = {importance_samples}",
    "importance_shortfall": "upper − that",
    "elbo": "evidence lower bound",
    "optimized_elbo": "with the best q of each datum",
    "inference_gap": "highest bound − ELBO, sum of the next two",
    "approximation_gap": "what the best q lacks",
    "amortization_gap": "what the encoder's q lacks more",
}


def print_certificate(summary: Mapping[str, Any]) -> None:
    """Print what ``vae_exp.runs.certification.summarise`` made."""
    console = Console()
    for section in dict.fromkeys(name.rpartition("/")[0] for name in summary):
        start = f"{section}/"
        numbers = {
            name.removeprefix(start): value
            for name, value in summary.items()
            if name.startswith(start)
        }
        is_simulated = section == "certify/simulated"
        console.print(_table(section, numbers, is_simulated))
        console.print(
            f"{numbers['chains']} chains, of which {numbers['effective_chains']:.1f} count; "
            f"{numbers['temperatures']} temperatures; {numbers['leapfrogs']} leapfrog steps, "
            f"{numbers['accepted']:.0%} taken",
            highlight=False,
        )
        if numbers.get("width", 0) < 0:
            by, error = -numbers["width"], numbers["width_stderr"]
            console.print(
                f"the lower bound is above the upper one by {by:.3f} ± {error:.3f}: each is a "
                "bound in expectation, and this is noise; more --count or --chains lessen it",
                highlight=False,
            )
        if not is_simulated:
            console.print("of real data there is no upper bound", highlight=False)


def _table(section: str, numbers: Mapping[str, Any], is_simulated: bool) -> Table:
    split = section.rpartition("/")[2]
    of = "SIMULATED data, drawn from the model" if is_simulated else f"REAL data of the {split} set"
    title = f"{numbers['data']} {of}, nats per datum (certify/...)"
    table = Table(title=escape(printable(title)), title_justify="left")
    table.add_column("metric", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("meaning", overflow="fold")
    for name, meaning in {**ROWS, **_of_families(numbers)}.items():
        if name in numbers:
            value, error = numbers[name], numbers[f"{name}_stderr"]
            shown = f"{value:.3f} ± {error:.3f}"
            table.add_row(f"{split}/{name}", shown, meaning.format(**numbers))
    return table


def _of_families(numbers: Mapping[str, Any]) -> dict[str, str]:
    """The rows of the families besides the encoder's."""
    start = "approximation_gap_"
    families = [
        name.removeprefix(start)
        for name in numbers
        if name.startswith(start) and name != f"{start}stderr" and f"{name}_stderr" in numbers
    ]
    return {f"{start}{family}": f"what the best {family} q lacks" for family in families}
