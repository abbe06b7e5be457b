"""A command that takes its model out of W&B is there a run that has used it: the model's lineage.

Numbers go to that run's summary, pictures and tables of them to the run; data, and what is one
number or more for each of them, stay on this machine, but for the scores of ``vae_exp.score``.
"""

import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_exp.cli.errors import one_line, printable
from vae_exp.tracking.artifact_folder import PREFIX, full_name, use_artifact
from vae_exp.tracking.bounded_finish import finish_within
from vae_exp.tracking.charts import list_charts, scalars
from vae_exp.tracking.opening import effective_mode, open_online

if TYPE_CHECKING:
    import numpy
    import wandb

DIR = Path("outputs")  # as conf/wandb has it
# that take a model, and so are job types there
COMMANDS = (
    *("evaluate", "certify", "sample", "score"),
    *("encode", "reconstruct", "impute", "compress", "decompress"),
)
NOT_SETTINGS = ("run", "allow", "no_wandb", "json")


@contextmanager
def model_use(command: str, folder: Path, arguments: Namespace) -> Iterator["ModelUse"]:
    """Around the work of a command, once its words have been found good.

    What goes wrong with W&B costs a line, and the end waits for it as that of a training does.

    Args:
        command: its name, of ``COMMANDS``, which is the run's job type.
        folder: that of the model, see ``find_run``.
        arguments: of the command; its ``run`` says whether the model is one of W&B, ``no_wandb``
            that it is none of its business, as WANDB_MODE=disabled or offline does.
    """
    use = ModelUse()
    of_wandb = str(arguments.run).startswith(PREFIX) and not arguments.no_wandb
    if of_wandb and effective_mode("auto") not in ("offline", "disabled"):
        given = {k: v for k, v in vars(arguments).items() if k not in NOT_SETTINGS and v}
        with use.harmless():
            use.open(command, folder, given)
    exit_code = 1
    try:
        yield use
        exit_code = 0
    finally:
        with use.harmless():
            use.close(exit_code)


class ModelUse:
    """A run of W&B, or none: then nothing happens."""

    def __init__(self) -> None:
        self.run: wandb.Run | None = None
        self.model = ""

    def open(self, command: str, folder: Path, given: dict[str, Any]) -> None:
        """Open the run beside the one that made the model, and have it use that."""
        name = full_name(folder)
        entity, project, self.model = name.split("/")
        self.run = open_online(
            DIR,
            {"model": name, **given},
            entity=entity,
            project=project,
            job_type=command,
            name=f"{command} {self.model}",
        )
        print(printable(f"W&B run {self.run.name}: {self.run.url}"), file=sys.stderr, flush=True)
        use_artifact(self.run, folder)

    def log_numbers(self, numbers: Mapping[str, Any], prefix: str = "") -> None:
        """Put numbers into the summary, and lists of them into charts."""
        if self.run is not None:
            with self.harmless():
                self.run.summary.update({f"{prefix}{k}": v for k, v in scalars(numbers).items()})
                if charts := list_charts(numbers):
                    self.run.log(charts)

    def log_picture(self, name: str, picture: "numpy.ndarray") -> None:
        """Show a picture, uint8 of (height, width, channels)."""
        if self.run is not None:
            with self.harmless():
                import wandb

                self.run.log({f"pictures/{name}": wandb.Image(picture)})

    def log_file(self, kind: str, file: Path) -> None:
        """Upload what was written as an artifact that this run has made of the model."""
        if self.run is not None:
            with self.harmless():
                import wandb

                artifact = wandb.Artifact(f"{kind}-{self.model.partition(':')[0]}", kind)
                artifact.add_file(str(file), file.name, skip_cache=True)
                self.run.log_artifact(artifact, aliases=["latest", self.run.id])

    def close(self, exit_code: int) -> None:
        """End the run, waiting for uploads no longer than a training does."""
        if self.run is not None:
            finish_within(self.run, exit_code)

    @contextmanager
    def harmless(self) -> Iterator[None]:
        """W&B's errors cost a line, and the run."""
        try:
            yield
        except Exception as error:
            self.run = None
            told = f"W&B has not, or not all of, this use of the model: {one_line(error)}"
            print(printable(told), file=sys.stderr, flush=True)
