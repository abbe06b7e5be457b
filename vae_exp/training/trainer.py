"""The training loop."""

import math
from collections.abc import Callable, Iterator

from torch.optim.lr_scheduler import LRScheduler

from vae_exp.data import Data
from vae_exp.distributed.collectives import any_process, broadcast
from vae_exp.distributed.data_parallel import replicate, scale_loss, seed_rank, shard
from vae_exp.runtime.compilation import compile_forward
from vae_exp.runtime.memory import keep_freed_memory
from vae_exp.runtime.precision import Precision, training_precision
from vae_exp.runtime.rng import isolate_rng
from vae_exp.training.average_meter import AverageMeter
from vae_exp.training.early_stopping import EarlyStopping, Monitor
from vae_exp.training.guarded_optimizer import GuardedOptimizer, find_nonfinite
from vae_exp.training.state import TrainingState
from vae_exp.training.stopwatch import Stopwatch
from vae_exp.training.validation import average_info
from vae_exp.vae import VAE

Record = dict[str, float]


class Trainer:
    """Steps of stochastic gradient descent over a data set, reported as records.

    Args:
        epochs: passes over the training data; none for as many as ``max_steps`` takes.
        max_steps: stop after so many steps.
        batch_size: B; the last batch of an epoch may be smaller.
        clip_norm: the largest norm of the gradient, or none.
        log_every: steps that a training record averages over, see ``record_due``.
        monitor, patience: which epoch is best and when to stop, see ``EarlyStopping``.
        max_bad_steps: give up after so many steps in a row whose loss or gradient is not finite;
            such steps are not applied.
        checkpoint_every: seconds between two checkpoints; 0 for one at every record.
        precision: see ``training_precision``.
        compile: whether to have ``torch.compile`` make one program of the model's forward pass,
            and of its gradient.

    Raises:
        ValueError: a number out of its range.
    """

    def __init__(
        self,
        epochs: int | None,
        max_steps: int | None,
        batch_size: int,
        clip_norm: float | None,
        log_every: int,
        monitor: Monitor,
        patience: int | None,
        max_bad_steps: int,
        checkpoint_every: float,
        precision: Precision,
        compile: bool,
    ):
        limits = {
            "epochs": epochs,
            "max_steps": max_steps,
            "batch_size": batch_size,
            "clip_norm": clip_norm,
            "log_every": log_every,
            "patience": patience,
            "max_bad_steps": max_bad_steps,
        }
        for key, value in limits.items():
            if value is not None and not value > 0:
                raise ValueError(f"trainer.{key}: expected a positive number, got {value}")
        if batch_size >= 2**63:
            raise ValueError(f"trainer.batch_size: expected a number below 2^63, got {batch_size}")
        if not checkpoint_every >= 0:
            raise ValueError(
                f"trainer.checkpoint_every: expected 0 or more seconds, got {checkpoint_every}"
            )
        if epochs is None and max_steps is None:
            raise ValueError("trainer.epochs: expected a number where trainer.max_steps is null")
        self.epochs: float = math.inf if epochs is None else epochs
        self.max_steps: float = math.inf if max_steps is None else max_steps
        self.batch_size = batch_size
        self.clip_norm = clip_norm
        self.log_every = log_every
        self.early_stopping: EarlyStopping = EarlyStopping(monitor, patience)
        self.max_bad_steps = max_bad_steps
        self.checkpoint_every = checkpoint_every
        self.precision = precision
        self.compile = compile

    def total_steps(self, data: Data) -> int:
        """How many steps training takes if nothing stops it early."""
        return int(min(self.epochs * self.steps_per_epoch(data), self.max_steps))

    def steps_per_epoch(self, data: Data) -> int:
        return math.ceil(data.size("train") / self.batch_size)

    def record_due(self, batches: int, data: Data, left: int) -> bool:
        """Whether a training record is due after so many batches of an epoch.

        Those of an epoch are of as many steps each, but for one: a record of few would stand out
        from the others by its noise. The last record has what max_steps leaves over added to it.

        Args:
            left: the steps to the end of the training.
        """
        steps = self.steps_per_epoch(data)
        records = math.ceil(steps / self.log_every)
        between = batches * records % steps >= records
        return left == 0 or not (between or left < steps / records / 2)

    def is_done(self, vae: VAE, data: Data, state: TrainingState) -> bool:
        """Whether training is at its end, or out of patience."""
        return state.step >= self.total_steps(data) or self.early_stopping.out_of_patience(
            vae, state, self.steps_per_epoch(data)
        )

    def fit(
        self,
        vae: VAE,
        data: Data,
        scheduler: LRScheduler,
        state: TrainingState,
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Record]:
        """Train, yielding records with ``step``, ``epoch`` and either ``train/...`` or ``val/...``.

        Training records are averages over the steps since the last one, see ``record_due``; a
        validation record follows at the end of each epoch. Whenever a record is out, and when the
        iteration ends, ``state`` and the parts are what training can go on from.

        Args:
            state: where to begin, and afterwards how far it came.
            stop: asked after each step; true ends the iteration there.

        Raises:
            FloatingPointError: too many steps in a row with a loss or gradient that is not
                finite, or no validation datum with an ELBO that is.
        """
        keep_freed_memory()
        total_steps = self.total_steps(data)
        if state.epoch == 0:  # else it goes on as it began
            state.watched = self.early_stopping.watched(vae)
        optimizer = GuardedOptimizer(vae, self.clip_norm, self.max_bad_steps, state)
        model = replicate(compile_forward(vae) if self.compile else vae)
        watch = Stopwatch(data.device, state.seconds)
        with training_precision(vae, self.precision):
            while state.order is not None or not self.is_done(vae, data, state):
                if state.order is None:
                    state.begin_epoch(broadcast(data.shuffled("train")))
                vae.train()
                left = total_steps - state.step
                order = state.order.to(data.storage)
                batches = order.split(self.batch_size)[: state.batches + left]
                if state.bad and self.record_due(state.batches, data, left):
                    # an ensemble leaves it to the member, which may have to end here
                    with isolate_rng(data.device):
                        x, c = data.at("train", batches[state.batches - 1])
                    yield self.training_record(vae, optimizer.count_bad_steps(x, c), state, watch)
                watch.start()
                for index in batches[state.batches :]:
                    seed_rank(state.seed, state.step)
                    own, count = shard(index)
                    x, c = data.at("train", own)
                    watch.lap("data")
                    loss, info = model(x, c)
                    watch.lap("forward")
                    optimizer.zero_grad()
                    scale_loss(loss, count, len(index)).backward()
                    watch.lap("backward")
                    info["gradient_norm"] = optimizer.step(loss)
                    watch.lap("optimizer")
                    state.count_step(info, count, len(index))

                    due = self.record_due(state.batches, data, total_steps - state.step)
                    if due:
                        bad_steps = optimizer.count_bad_steps(x, c)
                        yield self.training_record(vae, bad_steps, state, watch)
                        watch.start()
                    if any_process(stop, synchronize=due):
                        watch.synchronize()
                        return
                scheduler.step()
                yield self.validation_record(vae, data, state, watch)

    def training_record(
        self, vae: VAE, bad_steps: int, state: TrainingState, watch: Stopwatch
    ) -> Record:
        means = state.meter.compute(skip_nonfinite=True)  # as such steps were not applied
        state.meter = AverageMeter()
        watch.lap("logging")
        watch.synchronize()
        return {
            "step": state.step,
            "epoch": state.epoch,
            "samples": state.samples,
            **{f"train/{name}": mean for name, mean in means.items()},
            "train/bad_steps": bad_steps,
            "train/learning_rate": vae.optimizer.param_groups[0]["lr"],
            "train/samples_per_second": state.samples_per_second(),
            "time/train_seconds": state.train_seconds,
        }

    def validation_record(
        self, vae: VAE, data: Data, state: TrainingState, watch: Stopwatch
    ) -> Record:
        means = average_info(vae, data, "validation", self.batch_size)
        watch.lap("validation")
        watch.synchronize()
        if means.get("nonfinite") == data.size("validation") and not math.isfinite(means["elbo"]):
            pair = data.at("validation", slice(0, self.batch_size))
            raise FloatingPointError(
                f"validation: the ELBO is {means['elbo']} at step {state.step}, "
                f"{find_nonfinite(vae, *pair)}; try a smaller optimizer.lr"
            )
        state.end_epoch(means, vae.state_dict())
        state.meter.gather(data.device)  # a checkpoint may follow, in the midst of a record
        return {
            "step": state.step,
            "epoch": state.epoch,
            **{f"val/{name}": mean for name, mean in means.items()},
            "val/best_elbo": state.best_elbo,
            "val/best_epoch": state.best_epoch,
        }
