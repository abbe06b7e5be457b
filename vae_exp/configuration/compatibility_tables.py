"""What there is to choose from and what goes with what, as tables, found by trying the parts.

Descriptions are the first lines of the YAML files; parts are put together as a run does before it
trains.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TITLES = {
    "encoder": "encoder, the posterior q(z|x)",
    "decoder": "decoder, the likelihood p(x|z)",
    "prior": "prior p(z)",
    "kl": "kl, the estimator of KL(q(z|x) ‖ p(z))",
    "objective": "objective, what is minimised",
    "network": "network, the function approximator",
    "data": "data",
}
SHAPES = {"image": (1, 8, 8), "sequence": (6, 2), "vector": (5,)}
YES, NO = "yes", "–"


@dataclass(frozen=True)
class Table:
    """A heading, what to know of it, the names of the columns, and the rows."""

    heading: str
    note: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


def tables() -> list[Table]:
    """The groups, each a table, and then what fits what."""
    groups = [
        Table(title, "", ("option", "what it is", FACTS[group][0]), list(_options(group)))
        for group, title in TITLES.items()
    ]
    return [*groups, posterior_and_prior(), objective_and_kl(), likelihood_and_data()]


def options(group: str) -> list[str]:
    """The options of a group."""
    return sorted(path.stem for path in _folder(group).glob("*.yaml"))


def _folder(group: str) -> Path:
    from vae_exp.configuration.compose import conf_dir

    return Path(conf_dir()) / group


def _options(group: str) -> Iterator[tuple[str, ...]]:
    for option in options(group):
        first_line = (_folder(group) / f"{option}.yaml").read_text().splitlines()[0]
        yield option, first_line.lstrip("# "), FACTS[group][1](option)


@cache
def _composed(*words: str) -> Any:
    from vae_exp.configuration.compose import compose

    return compose(*words)


def _class(group: str, option: str) -> Any:
    from hydra.utils import get_object
    from omegaconf import OmegaConf

    return get_object(OmegaConf.load(_folder(group) / f"{option}.yaml")["_target_"])


def _part(group: str, option: str, **arguments: Any) -> Any:
    """The part with its own defaults, for data of five numbers and two latents."""
    from vae_exp.configuration.instantiate import instantiate

    words = [f"{group}={option}", "network=linear", "z_dim=2", *SMALL.get((group, option), [])]
    x_shape = {"x_shape": SHAPES["vector"]}
    offered = x_shape | {"encoder": arguments.pop("encoder", None)}
    return instantiate(_composed(*words)[group], offered, **arguments)


# what an option needs to be small enough for two latents
SMALL = {
    ("encoder", "two_layer"): ["encoder.lower_dim=1"],
    ("prior", "two_layer"): ["encoder=two_layer", "encoder.lower_dim=1"],
    ("encoder", "low_rank_gaussian"): ["encoder.rank=1"],
}


def _encoder(option: str) -> str:
    import torch

    from vae_exp.kl import factorises

    q_z = _part("encoder", option)(torch.zeros(3, *SHAPES["vector"]))
    return "independent" if factorises(q_z) else "joint"


def _prior(option: str) -> str:
    from vae_exp.kl import factorises

    p_z = _part("prior", option, encoder=_part("encoder", "gaussian"))()
    return "independent" if factorises(p_z) else "joint"


def _decoder(option: str) -> str:
    support = _part("decoder", option).support
    kind = "probability" if support.is_discrete else "density"
    return f"{kind} on {SUPPORTS.get(type(support).__name__.strip('_'), str(support))}"


SUPPORTS = {
    "Boolean": "bits",
    "Real": "real numbers",
    "Interval": "[0, 1]",
    "UnitInterval": "[0, 1]",
    "BetweenZeroAndOne": "(0, 1)",
    "IntegerGreaterThan": "counts",
    "Levels": "grey levels",
}


def _kl(option: str) -> str:
    return _class("kl", option).needs


def _objective(option: str) -> str:
    if not _class("objective", option).weighs_samples:
        return "any kl, any decoder.scale"
    log_ratios = [kl for kl in options("kl") if _class("kl", kl).is_log_ratio]
    return f"kl={' or '.join(log_ratios)}, no decoder.scale=optimal"


def _network(option: str) -> str:
    from vae_exp.configuration.instantiate import instantiate

    network = instantiate(_composed(f"network={option}").network)
    fitting = []
    for name, shape in SHAPES.items():
        try:
            network(shape, (3,)), network((3,), shape)
            fitting.append(name)
        except ValueError:
            continue
    return ", ".join(fitting)


def _data(option: str) -> str:
    return getattr(_class("data", option), "kind", "whatever the file has")


# the heading of the third column, and what stands in it
FACTS: dict[str, tuple[str, Callable[[str], str]]] = {
    "encoder": ("dimensions", _encoder),
    "decoder": ("kind", _decoder),
    "prior": ("dimensions", _prior),
    "kl": ("needs", _kl),
    "objective": ("goes with", _objective),
    "network": ("data", _network),
    "data": ("kind", _data),
}


def posterior_and_prior() -> Table:
    """For each pair, which KL estimators refuse it."""
    import torch

    estimators = {name: _part("kl", name) for name in options("kl")}
    rows = []
    for encoder_option in options("encoder"):
        encoder = _part("encoder", encoder_option)
        cells = []
        for prior_option in options("prior"):
            q_z = encoder(torch.zeros(3, *SHAPES["vector"]))
            p_z = _part("prior", prior_option, encoder=encoder)()
            z = q_z.sample((2,))
            refused = [name for name, kl in estimators.items() if not _works(kl, q_z, p_z, z)]
            cells.append(f"not {', '.join(refused)}" if refused else "all")
        rows.append((encoder_option, *cells))
    note = "Which kl options a posterior (row) and a prior (column) admit."
    return Table("encoder × prior → kl", note, ("encoder", *options("prior")), rows)


def objective_and_kl() -> Table:
    """Which objective takes which estimator."""
    rows = []
    for objective in options("objective"):
        weighs = _class("objective", objective).weighs_samples
        fits = [not weighs or _class("kl", kl).is_log_ratio for kl in options("kl")]
        rows.append((objective, *(YES if fit else NO for fit in fits)))
    return Table(
        "objective × kl", "Which estimator an objective takes.", ("objective", *options("kl")), rows
    )


def likelihood_and_data() -> Table:
    """Which likelihood takes which kind of data, as they are or with which key."""
    rows = []
    for decoder in options("decoder"):
        support = _part("decoder", decoder).support
        rows.append((decoder, *(_admitted(support, kind) for kind in KINDS)))
    note = (
        "Whether a likelihood takes a kind of data: as they are, or with the key that is named; "
        "images become bits by themselves where it needs them (data.binarize=auto)."
    )
    return Table("decoder × kind of data", note, ("decoder", *KINDS), rows)


# for each kind of data, by the key that makes it so, what its values can be
KINDS: dict[str, dict[str, list[float]]] = {
    "images": {YES: [0.0, 2 / 16], "data.dequantize=true": [0.0123]},
    "real": {YES: [-1.2345]},
    "numbers in (0, 1)": {YES: [0.12345]},
    "counts": {YES: [0.0, 7.0]},
    "bits": {YES: [0.0, 1.0]},
}


def _admitted(support: Any, kind: str) -> str:
    import torch
    from torch.distributions import constraints

    if kind == "images" and support is constraints.boolean:
        return "as bits"  # which is what data.binarize=auto makes of them
    for key, values in KINDS[kind].items():
        if bool(support.check(torch.tensor(values)).all()):
            return key
    return NO


def _works(kl: Any, *arguments: Any) -> bool:
    try:
        kl(*arguments)
    except ValueError:
        return False
    return True
