"""Artifacts that are handed to wandb's own process without a question to the server.

``Run.log_artifact``, which tables come to as well, asks the server whether an artifact of the name
has another type, and waits for the answer for up to 19 seconds each. The record is written to
the run's file and uploaded in the background either way, so nothing here has to wait.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import wandb


def log_without_asking(run: "wandb.Run") -> None:
    """Have a run's artifacts go on record as those of an offline run do."""
    ask = run._log_artifact

    def log_artifact(
        artifact: Any,
        name: str | None = None,
        type: str | None = None,
        aliases: Sequence[str] | None = None,
        **options: Any,
    ) -> Any:
        try:
            prepared, aliases = run._prepare_artifact(artifact, name, type, aliases)
            known = {k: options[k] for k in ("is_user_created", "use_after_commit") if k in options}
            run._interface.publish_artifact(run, prepared, aliases, options.get("tags"), **known)
        except (AttributeError, TypeError):  # not public, and may move
            return ask(artifact, name, type, aliases, **options)
        return prepared

    run._log_artifact = log_artifact
