"""From a configuration to an experiment, ready to train."""

import inspect
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from omegaconf import DictConfig, open_dict
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from vae_exp.condition import Condition
from vae_exp.configuration.compatibility import check_compatibility, check_support
from vae_exp.configuration.instantiate import find_target, instantiate
from vae_exp.configuration.schedule import check_epochs, try_schedule
from vae_exp.data import Data
from vae_exp.data.observation import Observation
from vae_exp.evaluation import Evaluation
from vae_exp.evaluation.progress import Progress, silent
from vae_exp.plots import Plots
from vae_exp.runtime.device import find_device, set_threads
from vae_exp.runtime.precision import allow_tf32, training_precision
from vae_exp.runtime.rng import get_rng_state, isolate_rng, seed_all, set_rng_state
from vae_exp.training.state import TrainingState
from vae_exp.training.trainer import Record, Trainer
from vae_exp.vae import VAE

log = logging.getLogger(__name__)

OF_ANY_DATA = ("labelled", "missing")  # keys of the section data that no data set needs to know
PARTS = ("encoder", "decoder", "prior")
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
        self.vae.optimizer._opt_called = True
        self.state.load_state_dict(state["training"], self.data.device)
        set_rng_state(state["generators"], self.data.device)

    def select_weights(self) -> tuple[int, str]:
        """Have the model use the weights that ``evaluation.weights`` asks for.

        Without an epoch whose validation was finite there are no best ones; then the last.

        Returns:
            the epoch that they are of, and why that one: ``best val/elbo``, ``best val/loss`` or
            ``last``.
        """
        if self.evaluation.weights == "best" and self.state.best_weights is None:
            log.warning(
                "evaluation.weights: no epoch had a finite validation, so none is the best; the "
                "last weights are used"
            )
        elif self.evaluation.weights == "best":
            self.vae.load_state_dict(self.state.best_weights)
            return self.state.best_epoch, f"best val/{self.state.watched}"
        return self.state.epoch, "last"

    def evaluate(self, split: str = "test", progress: Progress = silent) -> dict[str, Any]:
        """Numbers in nats per datum over a split, see ``Evaluation``."""
        return self.evaluation(self.vae, self.data, split, self.trainer.batch_size, progress)


def build(cfg: DictConfig, known: Observation | None = None) -> Experiment:
    """Seed all generators, load the data, build the parts on the device, and try them once.

    Args:
        known: what data are to the model, of one that has been trained.

    Raises:
        ValueError: a user's mistake, in one line that names the key to change.
    """
    if type(cfg.seed) is not int or not 0 <= cfg.seed < 2**63:
        raise ValueError(f"seed: expected a whole number from 0, below 2^63, got {cfg.seed!r}")
    seed_all(cfg.seed)
    set_threads(cfg.threads)
    device = find_device(cfg.device)
    trainer = instantiate(cfg.trainer)
    evaluation = instantiate(cfg.evaluation)
    plots = instantiate(cfg.plots)

    data = build_data(cfg.data, known)
    condition = find_target(cfg.condition)
    data.condition_on(condition.source)
    if data.labelled is not None and not condition.enumerates:
        raise ValueError(
            "data.labelled: expected null where no class is summed out, got "
            f"{cfg.data.labelled}; use condition=semi_supervised"
        )
    vae = build_vae(cfg, data.observation, device)
    asked = data.binarize
    data.setup(vae.decoder.support)
    if asked == "auto" and data.binarize != "none":
        log.info(
            f"the data are binarised, {data.binarize}: the likelihood is one of bits "
            "(data.binarize=auto)"
        )
    data.to(device)
    vae.observe = data.observation
    # where x is complete, the likelihood need not look for what is missing
    vae.decoder.may_miss = data.missing is not None or vae.condition.hides

    scheduler = instantiate(cfg.scheduler)
    check_epochs(cfg.scheduler)
    with _name_section("scheduler"):
        try_schedule(scheduler)
        scheduler = scheduler(vae.optimizer)
    with isolate_rng(data.device, cfg.seed):
        x, c = data.at("train", slice(0, SETUP_SIZE))
        vae.setup(x, data.size("train"), None if c is None else data.conditions["train"])
    check_support(vae.decoder.support, data)
    with training_precision(vae, trainer.precision):
        check_compatibility(vae, x, c)
    return Experiment(vae, data, scheduler, trainer, evaluation, plots, TrainingState(cfg.seed))


def build_data(cfg: DictConfig, known: Observation | None = None) -> Data:
    """The data set of this section, with what the keys that any of them has make of it.

    Args:
        known: what data are to a model that has been trained.

    Raises:
        ValueError: a user's mistake, in one line that names the key to change.
    """
    data = instantiate(of_one_data_set(cfg), {"known": known})
    data.hide(cfg.missing)
    data.keep_labels(cfg.labelled)
    return data


def of_one_data_set(cfg: DictConfig) -> DictConfig:
    """The section data without the keys that any data set has."""
    own = cfg.copy()  # with the same parent, which references lead to
    with open_dict(own):
        for key in OF_ANY_DATA:
            del own[key]
    return own


def build_vae(cfg: DictConfig, datum: Observation, device: torch.device) -> VAE:
    """The model of a configuration, for such data, with its optimizer.

    Raises:
        ValueError: a user's mistake, in one line that names the key to change.
    """
    parts = build_parts(cfg, datum, device)
    optimizer = instantiate(cfg.optimizer)
    allow_tf32(False)

    def named(parameters: Iterable[tuple[str, nn.Parameter]]) -> Optimizer:
        with _name_section("optimizer"):
            return optimizer(parameters)

    return VAE(**parts, optimizer=named)


def build_parts(cfg: DictConfig, datum: Observation, device: torch.device) -> dict[str, nn.Module]:
    """The parts of the model of a configuration, by their names.

    Raises:
        ValueError: a user's mistake, in one line that names the key to change.
    """
    condition = build_condition(cfg, datum)
    shape = {"x_shape": datum.shape}

    def network_for(part: str) -> Callable[[Any], Any]:
        return condition.network_for(part, datum.shape)

    inputs = datum.inputs().to(device)
    own = {"x_shape": inputs.shape}
    encoder = instantiate(cfg.encoder, None, network_for("encoder"), **own).to(device)
    offered = {"encoder": encoder, "c_shape": condition.shape, "inputs": inputs, **own}
    variables = {"variables": datum.variables}
    decoder = instantiate(cfg.decoder, variables, network_for("decoder"), **shape)
    return {
        "condition": condition.to(device),
        "encoder": inputs.before(encoder),
        "decoder": datum.in_units(decoder).to(device),
        "prior": instantiate(cfg.prior, offered).to(device),
        "kl": instantiate(cfg.kl),
        "objective": instantiate(cfg.objective).to(device),
    }


def build_condition(cfg: DictConfig, datum: Observation) -> Condition:
    """What is known of such data besides x.

    Raises:
        ValueError: a part is to see it and cannot, or needs it and does not see it.
    """
    needs = {part: inspect.signature(find_target(cfg[part])).parameters for part in PARTS}
    offered = {"x_shape": datum.shape, "classes": datum.classes, "columns": datum.columns}
    auto = {"prior": "c_shape" in needs["prior"]} if cfg.condition.get("prior") == "auto" else {}
    condition = instantiate(cfg.condition, offered, **auto)
    for part in ("encoder", "decoder"):
        if condition.sees(part) and "network" not in needs[part]:
            raise ValueError(
                f"condition.{part}: expected false, for {cfg[part]._target_} has no argument "
                "network, of a network that c goes into, got true"
            )
    if condition.sees("prior") != ("c_shape" in needs["prior"]):
        if condition.sees("prior"):
            raise ValueError(
                "condition.prior: expected false or auto with a prior that depends on no "
                "condition, got true; use prior=conditional"
            )
        raise ValueError(
            "prior: expected one that depends on no condition where it sees none, got "
            f"{cfg.prior._target_}; use condition=labels, columns or part, or "
            "prior=standard_normal"
        )
    if "encoder" in needs["prior"] and (condition.sees("encoder") or condition.mask):
        raise ValueError(
            "prior: expected one that asks no encoder where that sees more than x, got "
            f"{cfg.prior._target_}; use condition.encoder=false condition.mask=false, or another "
            "prior"
        )
    return condition


@contextmanager
def _name_section(section: str) -> Iterator[None]:
    """Name the section in what torch says of its arguments."""
    try:
        yield
    except (ValueError, TypeError, ZeroDivisionError) as error:
        raise ValueError(f"{section}: {error}") from error
