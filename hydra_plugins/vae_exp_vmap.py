"""``hydra/launcher=vmap``, here where Hydra looks for its plugins, and imports them all."""

from collections.abc import Sequence
from typing import Any

from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class VmapLauncher(Launcher):
    """Jobs that differ in their seed alone, trained as one model, see ``vae_exp.sweeps.together``.

    Args:
        n_jobs: how many processes share the jobs out.
    """

    def __init__(self, n_jobs: int):
        self.n_jobs = n_jobs
        self.of_the_sweep: dict[str, Any] = {}

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self.of_the_sweep = {
            "hydra_context": hydra_context,
            "task_function": task_function,
            "config": config,
        }

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        from vae_exp.sweeps.together import launch

        return launch(job_overrides, initial_job_idx, self.n_jobs, **self.of_the_sweep)
