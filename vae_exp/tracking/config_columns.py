"""The configuration of a run as W&B's columns: short names above, all of it below one key."""

from typing import Any

# groups of which the chosen option is a column; one that is null is none
OPTIONS = (
    *("encoder", "decoder", "prior", "condition", "kl", "objective"),
    *("network", "encoder_network", "decoder_network"),
    *("data", "optimizer", "scheduler", "experiment"),
)


def chosen_options(choices: dict[str, str | None]) -> dict[str, str | None]:
    """The option of each group of ``OPTIONS``.

    Args:
        choices: ``hydra.runtime.choices``, where ``network@encoder_network`` is the network of
            the encoder alone.
    """
    by_section = {str(group).rpartition("@")[2]: option for group, option in choices.items()}
    return {name: by_section.get(name) for name in OPTIONS}


def config_columns(
    config: dict[str, Any],
    options: dict[str, str | None],
    device: str,
    provenance: dict[str, Any],
) -> dict[str, Any]:
    """What W&B shows of a configuration.

    ``decoder: bernoulli`` and so on, the chosen options; ``seed``, ``z_dim`` and what else is no
    section; ``device``, the one in use; ``versions`` and ``git_commit``; and in ``settings`` the
    whole configuration, ``settings.decoder.scale`` and all. The parameters of an agent's sweep,
    whose names have dots, ``optimizer.lr``, are columns of W&B's own beside these.

    Args:
        config: resolved.
        options: see ``chosen_options``.
        provenance: ``versions`` by package, and ``git_commit``.
    """
    plain = {key: value for key, value in config.items() if not isinstance(value, dict)}
    return {**plain, **options, "device": device, **provenance, "settings": config}
