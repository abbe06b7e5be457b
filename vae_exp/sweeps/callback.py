"""Where Hydra's sweep goes."""

from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, read_write

from vae_exp.configuration.composition import keep_compositions
from vae_exp.configuration.overrides import quoted

keep_compositions()  # also in the processes of a parallel sweep: they read each file once


class SweepFolderCallback(Callback):
    """Remembers the folder of the sweep, for ``report_results``, and tells the jobs its whole
    path: a cluster may start them in another folder."""

    path: Path | None = None

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        SweepFolderCallback.path = Path(config.hydra.sweep.dir)
        with read_write(config):
            config.hydra.overrides.hydra.append(
                f"hydra.sweep.dir={quoted(SweepFolderCallback.path)}"
            )
