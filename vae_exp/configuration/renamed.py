"""What earlier versions called otherwise, so that their runs still load, compare and resume."""

from typing import Any

from vae_exp.configuration.overrides import override_key, override_value

# classes that a saved configuration names
TARGETS = {"vae_exp.trainer.Trainer": "vae_exp.training.trainer.Trainer"}

# keys that a saved configuration may lack, by the class that takes them, and what it did without
ADDED = {
    "vae_exp.training.trainer.Trainer": {"monitor": "auto"},
    "vae_exp.decoder.bernoulli.Bernoulli": {"bias": "network"},
    "vae_exp.decoder.negative_binomial.NegativeBinomial": {"offset": "none"},
    "vae_exp.decoder.poisson.Poisson": {"offset": "none"},
    "vae_exp.network.conv.Conv": {"init": "default"},
    "vae_exp.network.linear.Linear": {"init": "default"},
    "vae_exp.network.mlp.MLP": {"init": "default"},
    "vae_exp.data.array.array": {"layout": "auto", "standardize": False},
    "vae_exp.data.table.table": {"separator": ",", "decimal": ".", "encoding": "utf-8"},
    "vae_exp.tracking.Tracker": {"model": "auto", "alerts": True, "histograms": 10},
    "vae_exp.evaluation.Evaluation": {"part_seconds": 2, "disentanglement": False},
}

# groups that a saved configuration may lack: the option that it had without, and its section
GROUPS = {"condition": "none"}
SECTIONS = {"condition": {"_target_": "vae_exp.condition.none.Unconditional", "mask": False}}

# keys of the section data that no data set needs to know: it may lack them, and what it did without
OF_ANY_DATA = {"labelled": None, "missing": 0.0}

# options of the group experiment
EXPERIMENTS = {
    "iwae_mnist": "burda2015/_base",
    "iwae_mnist_vae_k1_fast": "burda2015/vae_k1_fast",
    "iwae_mnist_vae_k1_paper": "burda2015/vae_k1_paper",
    "iwae_mnist_vae_k5_fast": "burda2015/vae_k5_fast",
    "iwae_mnist_vae_k5_paper": "burda2015/vae_k5_paper",
    "iwae_mnist_vae_k50_fast": "burda2015/vae_k50_fast",
    "iwae_mnist_vae_k50_paper": "burda2015/vae_k50_paper",
    "iwae_mnist_iwae_k5_fast": "burda2015/iwae_k5_fast",
    "iwae_mnist_iwae_k5_paper": "burda2015/iwae_k5_paper",
    "iwae_mnist_iwae_k50_fast": "burda2015/iwae_k50_fast",
    "iwae_mnist_iwae_k50_paper": "burda2015/iwae_k50_paper",
    "iwae_mnist_2layer": "burda2015/_two_layer",
    "iwae_mnist_2layer_vae_k1_fast": "burda2015/two_layer_vae_k1_fast",
    "iwae_mnist_2layer_vae_k1_paper": "burda2015/two_layer_vae_k1_paper",
    "iwae_mnist_2layer_iwae_k50_fast": "burda2015/two_layer_iwae_k50_fast",
    "iwae_mnist_2layer_iwae_k50_paper": "burda2015/two_layer_iwae_k50_paper",
    "pythae_vae_static": "chadebec2022/_base",
    "pythae_vae_static_fast": "chadebec2022/vae_static_fast",
    "pythae_vae_static_paper": "chadebec2022/vae_static_paper",
    "vampprior_static": "tomczak2018/_base",
    "vampprior_static_fast": "tomczak2018/vampprior_static_fast",
    "vampprior_static_paper": "tomczak2018/vampprior_static_paper",
    "schulman_tables": "schulman2020/tables",
    "which_kl": "sweep/which_kl",
    "which_likelihood": "sweep/which_likelihood",
    "rate_distortion": "sweep/rate_distortion",
    "posterior_collapse": "sweep/posterior_collapse",
}


def current_config(config: Any) -> Any:
    """The whole of a saved configuration, of plain values, as it is at present."""
    current = current_targets(config)
    if not isinstance(current, dict):
        return current
    data = {**OF_ANY_DATA, **current["data"]} if isinstance(current.get("data"), dict) else None
    return {**SECTIONS, **current, **({} if data is None else {"data": data})}


def current_targets(node: Any) -> Any:
    """A configuration, of plain values, with every ``_target_`` under its present name.

    ... and with the keys that have been added to it since.
    """
    if isinstance(node, dict):
        current = {
            name: TARGETS.get(value, value)
            if name == "_target_" and isinstance(value, str)
            else current_targets(value)
            for name, value in node.items()
        }
        target = current.get("_target_")
        return {**(ADDED.get(target, {}) if isinstance(target, str) else {}), **current}
    if isinstance(node, list):
        return [current_targets(value) for value in node]
    return node


def current_override(word: str) -> str:
    """An override that a run was started with, as it is written at present."""
    if override_key(word) != "experiment":
        return word
    options = override_value(word).split(",")
    return f"experiment={','.join(EXPERIMENTS.get(option, option) for option in options)}"
