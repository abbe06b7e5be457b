"""An alert of a run that is over, of which W&B knows: what is alerted of must be a run."""

from pathlib import Path

from vae_exp.tracking.bounded_finish import finish_within
from vae_exp.tracking.opening import open_online


def alert_of_finished(path: str, title: str, text: str, dir: Path) -> None:
    """Open a run again, alert, and close it as finished.

    Args:
        path: ``entity/project/id``.
        dir: for W&B's files.

    Raises:
        Exception: whatever is in the way.
    """
    entity, project, id = path.split("/")
    run = open_online(dir, None, entity=entity, project=project, id=id, resume="must")
    run.alert(title=title, text=text, level="INFO")
    finish_within(run, 0)
