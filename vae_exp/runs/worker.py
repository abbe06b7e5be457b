"""What the processes of a run but rank 0 do: train with it, and write nothing."""

import logging

from omegaconf import OmegaConf

from vae_exp.cli.errors import BEFORE_TRAINING, DURING_TRAINING, Failure, report_errors
from vae_exp.cli.signals import SignalHandler
from vae_exp.distributed.collectives import broadcast_object
from vae_exp.distributed.process_group import destroy_process_group, init_process_group
from vae_exp.experiment import build


def run_worker() -> None:
    """Do as rank 0 does, which has the command line.

    Raises:
        Failure: with the exit code; of what ends all of them alike, only rank 0 reports.
    """
    logging.getLogger("vae_exp").addHandler(logging.NullHandler())  # rank 0 warns of the same
    with report_errors(BEFORE_TRAINING):
        init_process_group()
    try:
        config = broadcast_object()
        if config is None:  # there is nothing left to do
            destroy_process_group()
            return
        state = broadcast_object()  # once rank 0 could build everything
    except RuntimeError as error:
        raise Failure("the first process has ended", BEFORE_TRAINING) from error
    with report_errors(BEFORE_TRAINING):
        experiment = build(OmegaConf.create(config))
    if state is not None:
        experiment.load_state_dict(state)
    with report_errors(DURING_TRAINING), SignalHandler() as signals:
        try:
            for _ in experiment.train(stop=signals.received):
                pass
        except FloatingPointError as error:
            raise Failure(str(error), DURING_TRAINING) from error
        signals.raise_immediately()
        experiment.select_weights()
        experiment.evaluate()
    destroy_process_group()
