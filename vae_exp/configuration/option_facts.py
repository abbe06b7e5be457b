"""What there is to choose from, and what each option is, found by trying it.

Descriptions are the first lines of the YAML files; parts are put together as a run does before it
trains.
"""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

TITLES = {
    "encoder": "encoder, the posterior q(z|x)",
    "decoder": "decoder, the likelihood p(x|z)",
    "prior": "prior p(z)",
    "condition": "condition c, of q(z|x, c), p(x|z, c), p(z|c)",
    "kl": "kl, the estimator of KL(q(z|x) ‖ p(z))",
    "objective": "objective, what is minimised",
    "network": "network, the function approximator",
    "data": "data",
}
SHAPES = {"image": (1, 8, 8), "sequence": (6, 2), "vector": (5,)}


def options(group: str) -> list[str]:
    """The options of a group."""
    return sorted(path.stem for path in _folder(group).glob("*.yaml"))


def _folder(group: str) -> Path:
    from vae_exp.configuration.compose import conf_dir

    return Path(conf_dir()) / group


def option_facts(group: str) -> Iterator[tuple[str, ...]]:
    """Each option of a group, what it is, and the fact that ``FACTS`` has of it."""
    for option in options(group):
        yield option, description(group, option), FACTS[group][1](option)


def description(group: str, option: str) -> str:
    """What an option is: the first line of its file."""
    return (_folder(group) / f"{option}.yaml").read_text().splitlines()[0].lstrip("# ")


@cache
def _composed(*words: str) -> Any:
    from vae_exp.configuration.compose import compose

    return compose(*words)


def _with_option(group: str, option: str, *words: str) -> Any:
    """The configuration that these words and ``group=option`` give.

    One that was composed before is changed where that is the same: it takes a tenth of the time.
    """
    from omegaconf import OmegaConf

    chosen = OmegaConf.load(_folder(group) / f"{option}.yaml")
    changes = SMALL.get((group, option), [])
    if changes or "defaults" in chosen:
        return _composed(f"{group}={option}", *words, *changes)
    cfg = _composed(*words).copy()
    OmegaConf.set_struct(cfg, False)
    cfg[group] = chosen
    return cfg


def option_class(group: str, option: str) -> Any:
    """What an option names."""
    from hydra.utils import get_object
    from omegaconf import OmegaConf

    return get_object(OmegaConf.load(_folder(group) / f"{option}.yaml")["_target_"])


def option_part(group: str, option: str, **arguments: Any) -> Any:
    """The part with its own defaults, for data of five numbers and two latents."""
    from vae_exp.configuration.instantiate import instantiate

    cfg = _with_option(group, option, "network=linear", "z_dim=2")
    offered = {"x_shape": SHAPES["vector"], "encoder": arguments.pop("encoder", None)}
    return instantiate(cfg[group], offered, **arguments)


# what an option needs to be small enough for two latents
SMALL = {
    ("encoder", "two_layer"): ["encoder.lower_dim=1"],
    ("prior", "two_layer"): ["encoder=two_layer", "encoder.lower_dim=1"],
    ("encoder", "hierarchical"): ["encoder.latents=[1,1]"],
    ("prior", "hierarchical"): ["encoder=hierarchical", "encoder.latents=[1,1]"],
    ("encoder", "sigmoid_belief"): ["encoder.latents=[1,1]"],
    ("prior", "sigmoid_belief"): ["encoder=sigmoid_belief", "encoder.latents=[1,1]"],
    ("encoder", "low_rank_gaussian"): ["encoder.rank=1"],
    ("encoder", "fsq"): ["encoder.levels=[8,5]"],
    ("prior", "uniform_levels"): ["prior.levels=[8,5]"],
}


def _encoder(option: str) -> str:
    import torch

    from vae_exp.kl import factorises

    q_z = option_part("encoder", option)(torch.zeros(3, *SHAPES["vector"]))
    return "independent" if factorises(q_z) else "joint"


def _prior(option: str) -> str:
    from vae_exp.kl import factorises

    if option in NEEDS_CONDITION:
        return "independent, given c"
    p_z = option_part("prior", option, encoder=option_part("encoder", "gaussian"))()
    return "independent" if factorises(p_z) else "joint"


def _decoder(option: str) -> str:
    support = option_part("decoder", option).support
    kind = "probability" if support.is_discrete else "density"
    return f"{kind} on {SUPPORTS.get(type(support).__name__.strip('_'), str(support))}"


NEEDS_CONDITION = ("conditional",)  # priors


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
    return option_class("kl", option).needs


def _objective(option: str) -> str:
    part = option_class("objective", option)
    codes = ", and codes with encoder.gradient=concrete alone" if part.reparametrises else ""
    if part.needs_real_latents:
        codes = ", and latents that are real numbers"
    if not part.weighs_samples:
        return f"any kl, any decoder.scale{codes}"
    log_ratios = [kl for kl in options("kl") if option_class("kl", kl).is_log_ratio]
    return f"kl={' or '.join(log_ratios)}, no decoder.scale=optimal{codes}"


def _condition(option: str) -> str:
    part = option_class("condition", option)
    if part.source is not None:
        return f"{part.source} of the data"
    return "a part of x" if part.hides else "nothing"


def _network(option: str) -> str:
    from vae_exp.configuration.instantiate import instantiate

    network = instantiate(_with_option("network", option).network)
    fitting = []
    for name, shape in SHAPES.items():
        try:
            network(shape, (3,)), network((3,), shape)
            fitting.append(name)
        except ValueError:
            continue
    return ", ".join(fitting)


def _data(option: str) -> str:
    return getattr(option_class("data", option), "kind", "whatever the file has")


# the heading of the third column, and what stands in it
FACTS: dict[str, tuple[str, Callable[[str], str]]] = {
    "encoder": ("dimensions", _encoder),
    "decoder": ("kind", _decoder),
    "prior": ("dimensions", _prior),
    "condition": ("c is", _condition),
    "kl": ("needs", _kl),
    "objective": ("goes with", _objective),
    "network": ("data", _network),
    "data": ("kind", _data),
}
