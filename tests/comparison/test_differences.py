"""What differs, and what is the same experiment."""

import pytest

from tests.comparison.conftest import make_run
from vae_exp.comparison.differences import differences
from vae_exp.comparison.result import read


def told(tmp_path, *runs, **more) -> list[str]:
    for number, overrides in enumerate(runs):
        make_run(tmp_path / str(number), *overrides.split(), **more)
    return differences([result.configuration for result in read([str(tmp_path)])])


@pytest.mark.parametrize(
    "runs, expected",
    {
        # an option says what its keys say
        ("decoder=gaussian", "decoder=bernoulli"): ["decoder"],
        ("decoder=gaussian prior=laplace", "kl=schulman"): ["prior", "kl"],
        ("scheduler=cosine", "scheduler=constant"): ["scheduler"],
        ("network=mlp", "network=conv"): ["network"],
        ("network@encoder_network=conv", ""): ["network@encoder_network"],
        # a key of one option
        ("decoder.scale=shared", "decoder.scale=fixed"): ["decoder.scale"],
        ("decoder.scale=shared", "decoder.scale=fixed", "decoder=bernoulli"): [
            "decoder",
            "decoder.scale",
        ],
        # laplace has decoder.scale too, but the option explains another value there
        ("decoder.scale=shared", "decoder=laplace decoder.scale=fixed"): ["decoder"],
        # interpolations differ at their source alone
        ("z_dim=5", "z_dim=10"): ["z_dim"],
        ("network.hidden=[32,64]", "network.hidden=[32]"): ["network.hidden"],
        ("data.seed=0", "data.seed=1"): ["data.seed"],
        # another way to write a number is no difference
        ("objective.beta=1", "objective.beta=1.0"): [],
        ("optimizer.lr=1e-3", "optimizer.lr=0.001"): [],
        # not another experiment
        ("seed=0", "seed=1"): [],
        ("device=cpu", "device=auto"): [],
        ("wandb.mode=offline", "wandb.mode=disabled wandb.project=mine"): [],
        ("trainer.log_every=3", "trainer.log_every=4"): [],
        ("evaluation.importance_samples=3", "evaluation.max_elements=4"): [],
        ("data=mnist data.root=/a", "data=mnist data.root=/b"): [],
        # a recipe is the keys that it sets
        ("experiment=mnist_bernoulli", "data=mnist"): None,
    }.items(),
)
def test_what_differs(tmp_path, runs, expected):
    found = told(tmp_path, *runs)
    if expected is None:
        assert "experiment" not in found
    else:
        assert found == expected
    assert not any("_target_" in name or "(class)" in name for name in found)


def test_identity_ignores_what_is_no_other_experiment_and_nothing_else(tmp_path):
    same = ["seed=0", "seed=3 device=cpu", "wandb.mode=offline", "trainer.log_every=7"]
    other = ["z_dim=3", "data.seed=1", "decoder=laplace", "trainer.epochs=7", "optimizer=adamw"]
    for number, overrides in enumerate(same + other):
        make_run(tmp_path / str(number), *overrides.split())
    identities = [result.configuration.identity for result in read([str(tmp_path)])]
    assert len(set(identities[: len(same)])) == 1
    assert len(set(identities)) == 1 + len(other)


def test_two_classes_under_one_option_are_told_apart(tmp_path):
    for number, target in enumerate(["mine.A", "mine.B"]):
        make_run(tmp_path / str(number), changes={"decoder._target_": target})
    configurations = [result.configuration for result in read([str(tmp_path)])]
    assert differences(configurations) == ["decoder (class)"]
    assert configurations[0].shown("decoder (class)") == "mine.A"
    assert configurations[0].identity != configurations[1].identity


def test_values_are_shown_as_on_the_command_line(tmp_path):
    make_run(tmp_path / "0", "network.hidden=[32,64]", "trainer.patience=null", "z_dim=3")
    [result] = read([str(tmp_path)])
    c = result.configuration
    shown = [c.shown(n) for n in ("network.hidden", "trainer.patience", "z_dim", "decoder", "none")]
    assert shown == ["[32,64]", "null", "3", "gaussian", ""]
    assert c.label(["decoder", "none", "z_dim"]) == "decoder=gaussian z_dim=3"
    assert c.keys["decoder.z_dim"] == "${z_dim}" and c.shown("decoder.z_dim") == "3"
    assert c.label(["decoder.z_dim", "z_dim"]) == "z_dim=3"
