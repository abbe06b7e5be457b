"""Trainings that differ in their seed alone, as one training of a stacked model."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.optim.lr_scheduler import LRScheduler

from vae_exp.data import Data
from vae_exp.runtime.memory import keep_freed_memory
from vae_exp.runtime.random_stream import RandomStream
from vae_exp.training.stacked_model import StackedModel
from vae_exp.training.state import TrainingState
from vae_exp.training.stopwatch import Stopwatch
from vae_exp.training.trainer import Record, Trainer
from vae_exp.vae import VAE


class Training(Protocol):
    """What is trained: the parts of an ``Experiment``."""

    vae: VAE
    data: Data
    scheduler: LRScheduler
    trainer: Trainer
    state: TrainingState


@dataclass(frozen=True, eq=False)
class Member:
    """A training, and its own random numbers, from where it begins."""

    training: Training
    stream: RandomStream


class Ensemble:
    """Takes the steps of ``Trainer.fit`` for all members at once, each with its own data and noise.

    Each member is left as ``Trainer.fit`` would leave it, so that it can go on alone, which it does
    where it has to: a member is in ``members`` until it is done, or has had a step that is not
    finite. Time is shared out: each is said to have taken 1/S of it.

    Args:
        members: at the beginning of their training, see ``check_stackable`` for what they may be.

    ``failed`` are those whose validation had no finite number, or of which ``fail`` was told: what
    they last saved is what they can go on from, alone, to say so.
    """

    def __init__(self, members: Sequence[Member]):
        self.members, self.failed = list(members), []
        self.seconds: dict[str, float] = {}  # of all together, not shared out yet
        self.infos: list[dict[str, Tensor]] = []  # of the steps of a record, (S,) each
        self.sizes: list[int] = []

    def fit(self, stop: Callable[[], bool] = lambda: False) -> Iterator[tuple[Member, Record]]:
        """Train, yielding each member's records as ``Trainer.fit`` does.

        Whenever a record is out, that member, and when the iteration ends, all are what training
        can go on from.

        Args:
            stop: asked after each step; true ends the iteration there.
        """
        keep_freed_memory()
        for member in self.members:
            training = member.training
            training.state.watched = training.trainer.early_stopping.watched(training.vae)
            # or torch warns that the schedule moved before this optimizer did
            training.vae.optimizer._opt_called = True
        self._stack()
        self.watch = Stopwatch(self.one.data.device, self.seconds)
        while self.members and not stop():
            yield from self._epoch(stop)

    def fail(self, member: Member) -> None:
        """Train on without a member whose record is out, and could not be written down."""
        self.failed.append(member)

    def _stack(self) -> None:
        """Have the members that are left in one model."""
        if self.members:
            self.one = self.members[0].training
            self.model = StackedModel([member.training.vae for member in self.members])

    def _epoch(self, stop: Callable[[], bool]) -> Iterator[tuple[Member, Record]]:
        trainer, data, step = self.one.trainer, self.one.data, self.one.state.step
        order = self._shuffle()  # (S, N)
        self.model.set_learning_rate(self.one.vae.optimizer.param_groups[0]["lr"])
        left = trainer.total_steps(data) - step
        batches = min(trainer.steps_per_epoch(data), left)
        self.watch.start()
        for batch in range(batches):
            kept = self._step(order[:, batch * trainer.batch_size :][:, : trainer.batch_size])
            if not kept.all():
                order = order[kept.to(order.device)]
            if not self.members:
                return
            if trainer.record_due(batch + 1, data, left - batch - 1):
                self._count_averages()
                for member in self.members:
                    training = member.training
                    of_member = training.vae, training.state.bad_steps, training.state
                    yield member, trainer.training_record(*of_member, self.watch)
                kept = [member not in self.failed for member in self.members]
                if not all(kept):
                    order = order[torch.tensor(kept, device=order.device)]
                    self._leave([row for row, stays in enumerate(kept) if not stays])
                    self._stack()
                if not self.members:
                    return
                self.watch.start()
            if stop():
                self._count_all()
                return
        self._count_all()  # what max_steps leaves may be too little for a record of its own
        yield from self._validate()

    def _shuffle(self) -> Tensor:
        orders = []
        for member in self.members:
            with member.stream.in_use():
                orders.append(self.one.data.shuffled("train"))
            member.training.state.begin_epoch(orders[-1])
            member.training.vae.train()
        return torch.stack(orders)

    def _validate(self) -> Iterator[tuple[Member, Record]]:
        """End the epoch; who is done leaves."""
        trainer, data, done = self.one.trainer, self.one.data, []
        for row, member in enumerate(self.members):
            vae, state = member.training.vae, member.training.state
            member.training.scheduler.step()
            try:
                record = trainer.validation_record(vae, data, state, self.watch)
            except FloatingPointError:  # its own run tells of it
                self.failed.append(member)
                done.append(row)
                continue
            yield member, record
            if member in self.failed or trainer.is_done(vae, data, state):
                done.append(row)
        self._share_time()
        if done:
            self._leave(done)
            self._stack()

    def _step(self, index: Tensor) -> Tensor:
        """A step on the data at index (S, B); which members are left, (S,), after it."""
        model, clip_norm = self.model, self.one.trainer.clip_norm
        x, c = self._data(index)
        self.watch.lap("data")
        loss, info = model(x, c, [member.stream.generator for member in self.members])
        self.watch.lap("forward")
        model.zero_grad()
        loss.sum().backward()
        self.watch.lap("backward")
        norms = model.gradient_norms()
        either = norms + loss.detach()
        kept = (either - either).isnan().logical_not()  # as in ``GuardedOptimizer``
        if clip_norm is not None:
            model.clip_gradients(norms, clip_norm)
        info = {name: value.detach() for name, value in info.items()}
        self.infos.append({**info, "gradient_norm": norms})
        self.sizes.append(index.shape[1])
        if kept.all():
            model.optimizer.step()
        else:
            self._step_without(kept)
        self.watch.lap("optimizer")
        return kept

    def _data(self, index: Tensor) -> tuple[Tensor, Tensor | None]:
        """x (S, B, X) and c (S, B, ...) at index (S, B), with each member's own noise."""
        data = self.one.data
        if "train" in data.redrawn:
            pairs = []
            for member, own in zip(self.members, index):
                with member.stream.in_use():
                    pairs.append(data.at("train", own))
            x, c = zip(*pairs)
            return torch.stack(x), None if c[0] is None else torch.stack(c)
        x, c = data.at("train", index.flatten())
        return x.unflatten(0, index.shape), None if c is None else c.unflatten(0, index.shape)

    def _step_without(self, kept: Tensor) -> None:
        """Step with those that are kept; the others leave with a bad step, which is not applied."""
        bad = kept.logical_not().nonzero().flatten().tolist()
        for row in bad:
            self._count(row)
            self.members[row].training.state.bad[-1] = torch.tensor(True, device=kept.device)
        self._leave(bad)
        self.model.optimizer.step()
        for row in kept.nonzero().flatten().tolist():
            self.model.hand_back(row)
        self.infos = [{k: v[kept] for k, v in info.items()} for info in self.infos]
        self._stack()

    def _leave(self, rows: list[int]) -> None:
        """Have these go on alone."""
        for row in rows:
            self.model.hand_back(row, copied=True)
        self.members = [m for row, m in enumerate(self.members) if row not in rows]

    def _count(self, row: int) -> None:
        """Have a member take note of the steps since the last record, as they were."""
        state = self.members[row].training.state
        for info, size in zip(self.infos, self.sizes):
            state.count_step({name: value[row] for name, value in info.items()}, size, size)
            state.bad.append(torch.tensor(False, device=self.one.data.device))
        self.model.hand_back(row)

    def _count_all(self) -> None:
        """Have all take note of the steps since the last record."""
        for row in range(len(self.members)):
            self._count(row)
        self.infos, self.sizes = [], []

    def _count_averages(self) -> None:
        """Have all take note of the steps of a record, all of which were finite."""
        self.watch.synchronize()
        self._share_time()
        names, sizes = list(self.infos[0]), self.sizes
        rows = torch.stack([torch.stack([info[n] for n in names]) for info in self.infos])
        weights = torch.tensor(sizes, dtype=torch.float64) / sum(sizes)
        means = torch.einsum("t,tks->sk", weights, rows.cpu().double())
        for row, member in enumerate(self.members):
            state = member.training.state
            state.step, state.batches = state.step + len(sizes), state.batches + len(sizes)
            state.samples += sum(sizes)
            state.meter.update(dict(zip(names, means[row])), sum(sizes))
            self.model.hand_back(row)
        self.infos, self.sizes = [], []

    def _share_time(self) -> None:
        for member in self.members:
            own = member.training.state.seconds
            for name, seconds in self.seconds.items():
                own[name] = own.get(name, 0.0) + seconds / len(self.members)
        self.seconds.clear()
