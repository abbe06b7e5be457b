"""What a certification of a run comes to, as numbers for its summary."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from vae_exp.evaluation.certification_plan import Plan

# those whose averages are told, with their errors
AVERAGES = (
    "lower_log_likelihood",
    "upper_log_likelihood",
    "width",
    "importance_log_likelihood",
    "exact_log_likelihood",
    "elbo",
)
DIAGNOSTICS = ("effective_chains", "accepted")


def summarise(found: Mapping[str, Mapping[str, Tensor]], split: str, plan: Plan) -> dict[str, Any]:
    """Averages over data, with ``_stderr``, their standard errors, by origin.

    The names begin with ``certify/simulated/`` for data that the model drew, and with
    ``certify/<split>/`` for real ones. Beside what ``Certification`` finds of each datum:
    ``importance_shortfall``, upper − importance-weighted, of simulated data; of real ones, with
    ``plan.gap``, ``inference_gap`` = ``approximation_gap`` + ``amortization_gap``, where log p(x)
    is the highest of the lower bounds that there are: from annealing, and from importance sampling
    with the encoder's q and with the best ones. What that lacks the approximation gap lacks. For
    each of ``plan.families``, ``approximation_gap_<name>``, what the best q of that family lacks.

    Args:
        found: of each origin the numbers (N,) by name.
        split: of the real data.
        plan: how they were found.

    Units: nats per datum.
    """
    summary: dict[str, Any] = {}
    for origin, numbers in found.items():
        each = {name: numbers[name] for name in AVERAGES if name in numbers}
        if origin == "simulated":
            upper = numbers["upper_log_likelihood"]
            each["importance_shortfall"] = upper - numbers["importance_log_likelihood"]
        if "optimized_elbo" in numbers:
            each |= _gaps(numbers)
        prefix = section(origin, split)
        for name, values in each.items():
            summary[f"{prefix}{name}"] = values.mean().item()
            summary[f"{prefix}{name}_stderr"] = (values.std() / len(values) ** 0.5).item()
        for name in DIAGNOSTICS:
            summary[f"{prefix}{name}"] = numbers[name].mean().item()
        summary |= {
            f"{prefix}data": len(numbers["elbo"]),
            f"{prefix}chains": plan.chains,
            f"{prefix}temperatures": plan.temperatures,
            f"{prefix}leapfrogs": plan.leapfrogs,
            f"{prefix}importance_samples": plan.importance_samples,
        }
    return summary


def section(origin: str, split: str) -> str:
    """What the names of an origin's numbers begin with."""
    return f"certify/{'simulated' if origin == 'simulated' else split}/"


def _gaps(numbers: Mapping[str, Tensor]) -> dict[str, Tensor]:
    names = ["lower_log_likelihood", "importance_log_likelihood"]
    names += [name for name in numbers if name.startswith("optimized_log_likelihood")]
    log_p_x = max((numbers[name] for name in names), key=lambda values: values.mean().item())
    best, own = numbers["optimized_elbo"], numbers["elbo"]
    gaps = {
        "optimized_elbo": best,
        "inference_gap": log_p_x - own,
        "approximation_gap": log_p_x - best,
        "amortization_gap": best - own,
    }
    for name, values in numbers.items():
        family = name.removeprefix("optimized_elbo_")
        if family != name:
            gaps |= {name: values, f"approximation_gap_{family}": log_p_x - values}
    return gaps
