"""Short names above, everything below one key."""

from vae_exp.tracking.config_columns import OPTIONS, chosen_options, config_columns

CHOICES = {
    "decoder": "gaussian",
    "network": "mlp",
    "network@encoder_network": "conv",
    "network@decoder_network": None,
    "experiment": "burda2015/vae_k1_fast",
    "wandb": "default",
    "hydra/launcher": "basic",
}
CONFIG = {
    "decoder": {"_target_": "a.B", "scale": "fixed"},
    "network": {"hidden": [400]},
    "encoder_network": {"channels": [8]},
    "optimizer": {"lr": 1e-3},
    "sweep": {"resume": False},
    "seed": 3,
    "device": "auto",
    "z_dim": 20,
}
PROVENANCE = {"versions": {"vae_exp": "1", "torch": "2"}, "git_commit": "abc"}


def columns():
    return config_columns(CONFIG, chosen_options(CHOICES), "cpu", PROVENANCE)


def test_a_column_is_the_option_of_its_group():
    shown = columns()
    assert shown["decoder"] == "gaussian"
    assert (shown["network"], shown["encoder_network"], shown["decoder_network"]) == (
        *("mlp", "conv"),
        None,
    )
    assert shown["experiment"] == "burda2015/vae_k1_fast"
    assert set(OPTIONS) <= set(shown)


def test_numbers_stay_above_and_sections_are_below_settings_alone():
    shown = columns()
    assert (shown["seed"], shown["z_dim"], shown["device"]) == (3, 20, "cpu")
    assert shown["settings"] == CONFIG
    nested = {key for key, value in shown.items() if isinstance(value, dict)}
    assert nested == {"settings", "versions"}
    assert "sweep" not in shown and "launcher" not in shown


def test_no_column_is_a_parameter_of_an_agents_sweep_but_with_the_same_value():
    drawn = {"optimizer.lr": 1e-3, "network.hidden": "[400]", "decoder": "gaussian", "z_dim": 20}
    shown = columns()
    assert all(shown[key] == value for key, value in drawn.items() if key in shown)
    assert "optimizer.lr" not in shown
