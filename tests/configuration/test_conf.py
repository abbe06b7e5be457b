"""The tree of YAML files and the tree of modules hold together."""

import importlib
import inspect

import pytest
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf
from torch import nn

from tests.conftest import CONF, beside, option_file, options
from tests.runtime.test_device import CHOICES as steps_of_each
from vae_exp.configuration.arguments import check_arguments
from vae_exp.configuration.compose import compose
from vae_exp.experiment import build, own_keys

MIRRORED = ["encoder", "decoder", "prior", "condition", "kl", "objective", "network", "data"]
# optimizer and scheduler are torch's; of the others there is one each
ELSEWHERE = {
    "optimizer": ("torch.optim.", "vae_exp.optimizer."),
    "scheduler": "torch.optim.lr_scheduler.",
    "trainer": "vae_exp.training.trainer.Trainer",
    "evaluation": "vae_exp.evaluation.Evaluation",
    "plots": "vae_exp.plots.Plots",
    "wandb": "vae_exp.tracking.Tracker",
}
# conf/hydra adds to the groups of Hydra itself
GROUPS = sorted(p.name for p in CONF.iterdir() if p.is_dir() and p.name != "hydra")
# modules that several options are made of
SHARED = {
    "encoder": {
        *("location_scale", "inputs", "variables", "axial", "discrete", "bottom_up", "top_down"),
    },
    "prior": {"discrete"},
    "decoder": {"location_scale", "scale", "levels", "counts", "offset", "rate", "standardized"},
    "network": {"conditional"},
    "objective": {"beta"},
    "condition": {"possible"},
    "data": {
        *("torchvision_images", "images", "synthetic", "array_file", "array_names", "kind"),
        *("labels", "layout", "moments", "numbers", "numeric", "observation", "tensor", "progress"),
        *("decoded_cache", "decoded_images", "file_images", "image_decoding", "image_files"),
        *(
            "held_out",
            "labelled",
            "split_words",
            "row_ids",
            "table_rows",
            "missing",
            "given",
            "beside",
            "covariates",
            "sprite_images",
            "h5ad",
        ),
        *("column_numbers", "encoded_table", "mapped_rows"),
        *("table_file", "table_form", "tabular", "variables", "conditions", "splits", "room"),
        *("given_file", "given_pictures", "given_table", "completed_table", "column_roles"),
    },
}
ALL = [(group, option) for group in GROUPS for option in options(group)]
DOWNLOADED = {"mnist", "fashion_mnist", "kmnist", "emnist", "cifar10", "svhn", "omniglot"}
# which have no files until they are given some
DOWNLOADED |= {"array", "folder", "celeba", "table"}
# composed, built and trained for some steps there
STEPPED = {word for choice in steps_of_each for word in choice}


def test_every_group_is_accounted_for():
    assert set(GROUPS) == {*MIRRORED, *ELSEWHERE, "experiment"}


@pytest.mark.parametrize(("group", "option"), [(g, o) for g, o in ALL if g != "experiment"])
def test_option_targets_the_module_of_its_name(group, option):
    target = option_file(group, option)["_target_"]
    if group in ELSEWHERE:
        assert target.startswith(ELSEWHERE[group])
    else:
        assert target.rpartition(".")[0] == f"vae_exp.{group}.{option}"


@pytest.mark.parametrize("group", MIRRORED)
def test_every_part_has_its_option(group):
    """A module with a class that is no base of another and that a user would pick has a YAML."""
    package = importlib.import_module(f"vae_exp.{group}")
    folder = CONF.parent / "vae_exp" / group
    if not folder.is_dir():  # an installed package
        pytest.skip("no source tree beside conf/")
    shared = SHARED.get(group, set()) | {"__init__"}
    assert {path.stem for path in folder.glob("*.py")} - shared == set(options(group))
    assert package.__doc__


@pytest.mark.parametrize(("group", "option"), ALL)
def test_option_composes_fits_its_signature_and_builds(group, option):
    cfg = compose(f"{group}={option}")
    assert not GlobalHydra.instance().is_initialized()
    OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True)
    if group == "experiment":
        return
    offered = {"x_shape", "c_shape", "encoder", "classes", "columns", "variables", "known"}
    given = {"run_metadata"} if group == "wandb" else offered
    check_arguments(own_keys(cfg.data) if group == "data" else cfg[group], given=given)
    if f"{group}={option}" not in STEPPED and option not in DOWNLOADED:
        if needs := beside(group, option):
            cfg = compose(f"{group}={option}", *needs)
        assert isinstance(build(cfg).vae, nn.Module)


@pytest.mark.parametrize(("group", "option"), [(g, o) for g, o in ALL if g in MIRRORED])
def test_defaults_live_in_yaml_alone(group, option):
    config = option_file(group, option)
    module, _, name = config["_target_"].rpartition(".")
    parameters = inspect.signature(getattr(importlib.import_module(module), name)).parameters
    assert all(
        parameters[key].default is inspect.Parameter.empty
        for key in config
        if key[0] != "_" and key != "defaults"  # Hydra's, of a group inside
    )


def test_network_changes_both_sides_and_each_alone():
    both = build(compose("network=conv")).vae
    assert type(both.encoder.network).__name__ == type(both.decoder.network).__name__ == "Conv"
    one = build(compose("network@encoder_network=conv", "network.hidden=[7]")).vae
    assert type(one.encoder.network).__name__ == "Conv"
    assert one.decoder.network.layers[0].out_features == 7
