"""Many seeds of a sweep trained as one model, and then each seen to by a job of its own.

Jobs that differ in ``seed`` alone are shared out to the processes. In each of them they begin as
ever, with their folders, and are trained as an ``Ensemble``, which writes each one's records and
checkpoints. Then each job runs as one that goes on from its last checkpoint: where that is the end
of its training it evaluates, draws and uploads; where it is not, as after a step that was not
finite, it trains to that alone.
"""

import logging
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus, configure_log, run_job, setup_globals
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict

from vae_exp.cli.errors import BEFORE_TRAINING, Failure, one_line, report_errors
from vae_exp.cli.progress import TrainingProgress, name_lines
from vae_exp.cli.signals import SignalHandler, exit_worker
from vae_exp.configuration.overrides import override_key
from vae_exp.configuration.paths import absolute_paths
from vae_exp.runs.job import Job
from vae_exp.runs.resume import load_state
from vae_exp.runtime.random_stream import RandomStream
from vae_exp.sweeps.hydra_job import configuration, wandb_metadata, work_in
from vae_exp.sweeps.sweep import REFUSED
from vae_exp.training.ensemble import Ensemble, Member
from vae_exp.training.stackable import check_stackable

log = logging.getLogger(__name__)

Batch = list[tuple[int, Sequence[str]]]  # the jobs' numbers and overrides


def launch(
    job_overrides: Sequence[Sequence[str]],
    first: int,
    n_jobs: int,
    hydra_context: HydraContext,
    task_function: TaskFunction,
    config: DictConfig,
) -> list[JobReturn]:
    """Run the jobs in that many processes, and return what each of them does.

    Args:
        first: the number of the first of them.

    Raises:
        ValueError: not a positive number of processes.
    """
    if n_jobs < 1:
        raise ValueError(f"hydra.launcher.n_jobs: expected a positive number, got {n_jobs}")
    from joblib import Parallel, delayed

    setup_globals()
    configure_log(config.hydra.hydra_logging, config.hydra.verbose)
    Path(config.hydra.sweep.dir).mkdir(parents=True, exist_ok=True)
    batches = share_out(list(enumerate(job_overrides, start=first)), n_jobs)
    told = ", ".join(str(len(batch)) for batch in batches)
    log.info(f"{len(job_overrides)} jobs, trained together: {told}; in {config.hydra.sweep.dir}")
    of_the_sweep = (hydra_context, task_function, config, Singleton.get_state())
    returned = Parallel(n_jobs=n_jobs, backend="loky")(
        delayed(run_batch)(batch, *of_the_sweep) for batch in batches
    )
    by_number = {number: one for each in returned for number, one in each.items()}
    return [by_number[number] for number in sorted(by_number)]


def share_out(jobs: Batch, n_jobs: int) -> list[Batch]:
    """The jobs that differ in their seed alone, in as many parts as keep the processes busy.

    >>> share_out([(0, ["seed=0"]), (1, ["seed=1"]), (2, ["seed=2"])], 2)
    [[(0, ['seed=0']), (1, ['seed=1'])], [(2, ['seed=2'])]]
    """
    groups: dict[tuple[str, ...], Batch] = {}
    for number, words in jobs:
        others = tuple(word for word in words if override_key(word) != "seed")
        groups.setdefault(others, []).append((number, words))
    parts = -(-n_jobs // len(groups))
    batches = []
    for group in groups.values():
        size = -(-len(group) // parts)
        batches += [group[start : start + size] for start in range(0, len(group), size)]
    return batches


def run_batch(
    batch: Batch,
    hydra_context: HydraContext,
    task_function: TaskFunction,
    config: DictConfig,
    singletons: dict[Any, Any],
) -> dict[int, JobReturn]:
    """Train these together, then run each; what each returns by its number."""
    setup_globals()
    Singleton.set_state(singletons)
    configs, returned = {}, {}

    def run(number: int, task: TaskFunction) -> JobReturn:
        keys = {"job_dir_key": "hydra.sweep.dir", "job_subdir_key": "hydra.sweep.subdir"}
        return run_job(task, configs[number], hydra_context=hydra_context, **keys)

    for number, words in batch:
        configs[number] = hydra_context.config_loader.load_sweep_config(config, list(words))
        with open_dict(configs[number]):
            configs[number].hydra.job.id = f"{config.hydra.job.name}_{number}"
            configs[number].hydra.job.num = number
        returned[number] = run(number, begin)
    # of a job that is refused it raises what refused it, and it is told of when that job is run
    done = {n: one for n, one in returned.items() if one.status == JobStatus.COMPLETED}
    begun = {n: one.return_value for n, one in done.items() if one.return_value is not None}
    configure_log(config.hydra.hydra_logging, config.hydra.verbose)
    name_lines(f"jobs {batch[0][0]} to {batch[-1][0]}")
    try:
        train_together(list(begun.values()))
    except Failure as failure:
        for number, one in begun.items():
            with suppress(OSError):
                (one.job.folder.path / REFUSED).write_text(f"{failure}\n")
            returned[number].return_value = math.nan  # as of any job that is refused
        alone = [number for number in configs if number not in begun]
    except KeyboardInterrupt as stop:
        exit_worker(stop)
        raise
    except Exception as error:  # of the stacked model: what each has saved is as good as ever
        log.warning(f"{one_line(error)}; the jobs go on alone, from their last checkpoints")
        alone = list(configs)
    else:
        alone = list(configs)
    for number in alone:
        del returned[number]  # what refused a job holds its folder
    for number in alone:
        configs[number].sweep.resume |= number in begun
        returned[number] = run(number, task_function)
    return returned


@dataclass(frozen=True)
class Begun:
    """A job that is ready to train, and where its random numbers stand."""

    job: Job
    stream: RandomStream


def begin(cfg: DictConfig) -> Begun | None:
    """A job as ever, ready to train, or none where there is a checkpoint that it goes on from.

    Raises:
        ValueError: a user's mistake, which the job tells of when it is run.
    """
    work_in(HydraConfig.get().runtime.cwd)
    absolute_paths(cfg)
    folder = Path(HydraConfig.get().runtime.output_dir)
    if load_state(cfg, folder / "checkpoints" / "last.pt") is not None:
        return None
    job = Job(cfg, folder, wandb_metadata(), configuration(cfg))
    return Begun(job, RandomStream(job.experiment.data.device))


def train_together(begun: list[Begun]) -> None:
    """Train those of which there are several alike, and let go of all, with their checkpoints.

    Raises:
        Failure: they cannot be trained together; the user has been told.
        Interrupted: a signal came; the checkpoints are of then.
    """
    try:
        alike = [one for one in begun if _but_for_the_seed(one) == _but_for_the_seed(begun[0])]
        if len(alike) > 1:
            with report_errors(BEFORE_TRAINING):
                check_stackable(*(one.job.experiment for one in alike[:2]))
            _train(alike)
    finally:
        for one in begun:
            one.job.folder.close()


def _but_for_the_seed(begun: Begun) -> dict[str, Any]:
    return {key: value for key, value in begun.job.config.items() if key != "seed"}


def _train(begun: list[Begun]) -> None:
    data = begun[0].job.experiment.data  # which is the same for all seeds
    by_member = {}
    for one in begun:
        one.job.experiment = replace(one.job.experiment, data=data)
        by_member[Member(one.job.experiment, one.stream)] = one
    ensemble, trainer = Ensemble(list(by_member)), begun[0].job.experiment.trainer
    saved = dict.fromkeys(by_member, perf_counter())
    log.info(f"{len(begun)} seeds trained together")
    with SignalHandler() as signals, TrainingProgress(trainer.total_steps(data)) as progress:
        for member, record in ensemble.fit(stop=signals.received):
            one = by_member[member]
            if member is ensemble.members[0]:
                progress.show(record)
            with _alone_where_it_fails(ensemble, member, one):
                one.job.log(record)
                if perf_counter() - saved[member] >= trainer.checkpoint_every:
                    _save(one)
                    saved[member] = perf_counter()
        for member, one in by_member.items():
            if member not in ensemble.failed:
                with _alone_where_it_fails(ensemble, member, one):
                    _save(one)
        signals.raise_immediately()


@contextmanager
def _alone_where_it_fails(ensemble: Ensemble, member: Member, begun: Begun) -> Iterator[None]:
    """Have a job whose files cannot be written leave the others to their training."""
    try:
        yield
    except Exception as error:  # its own run says so again, where it is still so
        log.warning(f"job {begun.job.folder.path.name}: {one_line(error)}; it goes on alone")
        ensemble.fail(member)


def _save(begun: Begun) -> None:
    with begun.stream.in_use():
        begun.job.save()
