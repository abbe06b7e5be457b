"""From a configuration to an experiment, ready to train."""

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from omegaconf import DictConfig, open_dict
from torch.distributions.constraints import Constraint
from torch.optim.lr_scheduler import LRScheduler

from vae_exp.configuration.build_model import build_vae, name_section
from vae_exp.configuration.compatibility import check_compatibility, check_support
from vae_exp.configuration.instantiate import instantiate
from vae_exp.configuration.partners import name_partners
from vae_exp.configuration.renamed import OF_ANY_DATA
from vae_exp.configuration.schedule import check_epochs, check_factors, try_schedule
from vae_exp.configuration.target import find_target
from vae_exp.data import Data
from vae_exp.data.observation import Observation
from vae_exp.evaluation import Evaluation, TakeEach, ignore
from vae_exp.evaluation.progress import Progress, silent
from vae_exp.plots import Plots
from vae_exp.runtime.device import find_device, set_threads
from vae_exp.runtime.precision import training_precision
from vae_exp.runtime.rng import get_rng_state, isolate_rng, seed_all, set_rng_state
from vae_exp.training.state import TrainingState
from vae_exp.training.trainer import Record, Trainer
from vae_exp.vae import VAE

log = logging.getLogger(__name__)

SETUP_SIZE = 10_000  # data that the parts see before training, see VAE.setup


@dataclass(frozen=True)
class Experiment:
    """A model, its data, what is done with them, and how far that has come."""

    vae: VAE
    data: Data
    scheduler: LRScheduler
    trainer: Trainer
    evaluation: Evaluation
    plots: Plots
    state: TrainingState

    def train(self, stop: Callable[[], bool] = lambda: False) -> Iterator[Record]:
        """Train; iterate over the records to make it happen, see ``Trainer.fit``."""
        return self.trainer.fit(self.vae, self.data, self.scheduler, self.state, stop)

    def state_dict(self) -> dict[str, Any]:
        """All that training depends on and changes."""
        return {
            "vae": self.vae.state_dict(),
            "optimizer": self.vae.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "training": self.state.state_dict(),
            "generators": get_rng_state(self.data.device),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there, to the same end as without a stop."""
        self.vae.load_state_dict(state["vae"])
        self.vae.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        # or torch warns that the schedule moved before this optimizer did
        self.vae.optimizer._opt_called = True  # pyright: ignore[reportAttributeAccessIssue]
        self.state.load_state_dict(state["training"], self.data.device)
        set_rng_state(state["generators"], self.data.device)

    def select_weights(self) -> tuple[int, str]:
        """Have the model use the weights that ``evaluation.weights`` asks for.

        Without an epoch whose validation was finite there are no best ones; then the last.

        Returns:
            the epoch that they are of, and why that one: ``best val/elbo``, ``best val/loss`` or
            ``last``.
        """
        best = self.state.best_weights
        if self.evaluation.weights == "best" and best is not None:
            self.vae.load_state_dict(best)
            return self.state.best_epoch, f"best val/{self.state.watched}"
        if self.evaluation.weights == "best":
            log.warning(
                "evaluation.weights: no epoch had a finite validation, so none is the best; the "
                "last weights are used"
            )
        return self.state.epoch, "last"

    def evaluate(
        self,
        split: str = "test",
        progress: Progress = silent,
        take_each: TakeEach = ignore,
        trained: float = 0.0,
    ) -> dict[str, Any]:
        """Numbers in nats per datum over a split, see ``Evaluation``.

        Args:
            trained: seconds that an earlier process trained.
        """
        batch_size = self.trainer.batch_size
        trained += self.state.train_seconds
        return self.evaluation(self.vae, self.data, split, batch_size, progress, take_each, trained)


def build(cfg: DictConfig, known: Observation | None = None) -> Experiment:
    """Seed all generators, load the data, build the parts on the device, and try them once.

    Args:
        known: what data are to the model, of one that has been trained.

    Raises:
        ValueError: a user's mistake, in one line that names the key to change.
    """
    if not isinstance(cfg, DictConfig) or "seed" not in cfg:
        raise ValueError(
            "build: expected a configuration, as vae_exp.compose('decoder=bernoulli') gives, got "
            f"{type(cfg).__name__}"
        )
    if type(cfg.seed) is not int or not 0 <= cfg.seed < 2**63:
        several = re.fullmatch(r"(\d{1,9})-(\d{1,9})", str(cfg.seed))
        hint = f"; several are -m seed=range({several[1]},{int(several[2]) + 1})" if several else ""
        raise ValueError(
            f"seed: expected a whole number from 0, below 2^63, got {cfg.seed!r}{hint}"
        )
    if type(cfg.z_dim) is int and cfg.z_dim < 1:  # before the data, which may take long
        raise ValueError(f"z_dim: expected a positive number, got {cfg.z_dim}")
    seed_all(cfg.seed)
    set_threads(cfg.threads)
    device = find_device(cfg.device)
    trainer = instantiate(cfg.trainer)
    evaluation = instantiate(cfg.evaluation)
    plots = instantiate(cfg.plots)

    data = build_data(cfg.data, known)
    condition = find_target(cfg.condition)
    data.condition_on(condition.source)
    evaluation.check(data)
    if data.labelled is not None and not condition.enumerates:
        raise ValueError(
            "data.labelled: expected null where no class is summed out, got "
            f"{cfg.data.labelled}; use condition=semi_supervised"
        )
    vae = build_vae(cfg, data.observation, device)
    decoder: Any = vae.decoder
    if not isinstance(getattr(decoder, "support", None), Constraint):
        raise ValueError(
            "decoder: expected an attribute support, a constraint of "
            "torch.distributions.constraints, with which data are compared, got "
            f"{type(decoder).__name__} without; add support = constraints.real (or unit_interval, "
            "boolean, ...) to the class"
        )
    asked = data.binarize
    data.setup(decoder.support)
    if asked == "auto" and data.binarize != "none":
        log.info(
            f"the data are binarised, {data.binarize}: the likelihood is one of bits "
            "(data.binarize=auto)"
        )
    data.to(device)
    vae.observe = data.observation
    # where x is complete, the likelihood need not look for what is missing
    decoder.may_miss = data.missing is not None or vae.condition.hides

    scheduler = instantiate(cfg.scheduler)
    check_epochs(cfg.scheduler)
    check_factors(cfg.scheduler)
    with name_section("scheduler"):
        try_schedule(scheduler)
        scheduler = scheduler(vae.optimizer)
    with isolate_rng(data.device, cfg.seed):
        x, c = data.at("train", slice(0, SETUP_SIZE))
        vae.setup(x, data.size("train"), None if c is None else data.conditions["train"])
    check_support(decoder.support, data)
    with training_precision(vae, trainer.precision), name_partners(cfg):
        check_compatibility(vae, x, c)
    return Experiment(vae, data, scheduler, trainer, evaluation, plots, TrainingState(cfg.seed))


def build_data(cfg: DictConfig, known: Observation | None = None) -> Data:
    """The data set of this section, with what the keys that any of them has make of it.

    Args:
        known: what data are to a model that has been trained.

    Raises:
        ValueError: a user's mistake, in one line that names the key to change.
    """
    data = instantiate(own_keys(cfg), {"known": known})
    data.hide(cfg.missing)
    data.keep_labels(cfg.labelled)
    return data


def own_keys(cfg: DictConfig) -> DictConfig:
    """The section data without the keys that any data set has."""
    own = cfg.copy()  # with the same parent, which references lead to
    with open_dict(own):
        for key in OF_ANY_DATA:
            del own[key]
    return own
