"""The lists of a summary as tables with bar charts, and rate against distortion."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import wandb

# of lists of numbers what they are of, and of lists of rows what the bars show
TITLES = {
    "kl_per_latent": "KL of each latent dimension, nats per datum",
    "kl_per_layer": "KL of each layer given the others, nats per datum",
    "perplexity_per_latent": "values that each variable of the code uses",
    "kl_estimators": "what each estimator makes of the KL, nats per datum",
    "gradient_estimators": "standard deviation of each gradient estimator",
}
HEIGHTS = {"kl_estimators": "value", "gradient_estimators": "std"}


def scalars(summary: dict[str, Any]) -> dict[str, Any]:
    """The summary without its lists of numbers and of rows; words in a row become one text."""
    shown = {}
    for key, value in summary.items():
        if isinstance(value, list) and all(isinstance(word, str) for word in value):
            shown |= {key: ", ".join(value)} if value else {}
        elif not isinstance(value, (list, dict)):
            shown[key] = value
    return shown


def list_charts(numbers: dict[str, Any]) -> dict[str, "wandb.plot.CustomChart"]:
    """A bar chart, with its table, of each list among a split's numbers."""
    import wandb

    charts = {}
    for name, values in numbers.items():
        if not isinstance(values, list) or not values or isinstance(values[0], str):
            continue
        title = TITLES.get(name, name)
        if isinstance(values[0], dict):
            table, height = rows_table(values), HEIGHTS.get(name, "value")
        else:
            height = name.partition("_per_")[0] or "value"
            rows = [[str(place), value] for place, value in enumerate(values)]
            table = wandb.Table(["label", height], rows)
        if height in table.columns:
            charts[f"charts/{name}"] = wandb.plot.bar(table, "label", height, title)
    return charts


def rows_table(rows: list[dict[str, Any]]) -> "wandb.Table":
    """A table of rows that need not all have the same numbers, the label of a bar before them."""
    import wandb

    columns = list(dict.fromkeys(k for row in rows for k, v in row.items() if type(v) is not list))
    labelled = [[_label(row), *(row.get(column) for column in columns)] for row in rows]
    return wandb.Table(["label", *columns], labelled)


def rate_distortion(numbers: dict[str, Any], name: str) -> dict[str, "wandb.plot.CustomChart"]:
    """A point of rate against distortion; W&B draws those of all runs it shows in one chart.

    The rate is the KL, the distortion −E_q[log p(x|z)]; −ELBO is the sum of both.

    Source: Alemi et al. 2018, "Fixing a Broken ELBO", arXiv 1711.00464.
    """
    import wandb

    columns = {"run": name, "rate": numbers["kl"], "distortion": numbers["reconstruction_loss"]}
    table = wandb.Table(list(columns), [[*columns.values()]])
    title = "rate (KL) against distortion (reconstruction loss), nats per datum"
    return {"charts/rate_distortion": wandb.plot.scatter(table, "rate", "distortion", title)}


def _label(row: dict[str, Any]) -> str:
    words = [str(row.get("estimator", ""))]
    if "per_dimension" in row:
        words.append("per dimension" if row["per_dimension"] else "joint")
    return ", ".join(words)
