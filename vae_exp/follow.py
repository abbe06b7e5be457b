"""What the processes of a run but the first one do: train with it, and write nothing."""

from omegaconf import OmegaConf

from vae_exp import parallel
from vae_exp.experiment import build
from vae_exp.failure import BEFORE_TRAINING, DURING_TRAINING, Failure, reported
from vae_exp.interruption import Interruption


def follow() -> None:
    """Do as the first process does, which has the command line.

    Raises:
        Failure: with the exit code; of what ends all of them alike, only the first one tells.
    """
    parallel.join()
    try:
        config = parallel.hear()
        if config is None:  # there is nothing left to do
            parallel.leave()
            return
        state = parallel.hear()  # once the first process could build everything
    except RuntimeError as error:
        raise Failure("the first process has ended", BEFORE_TRAINING) from error
    with reported(BEFORE_TRAINING):
        experiment = build(OmegaConf.create(config))
    if state is not None:
        experiment.load_state_dict(state)
    with reported(DURING_TRAINING), Interruption() as interruption:
        try:
            for _ in experiment.train(stop=interruption.requested):
                pass
        except FloatingPointError as error:
            raise Failure(str(error), DURING_TRAINING) from error
        interruption.from_now_at_once()
        experiment.choose_weights()
        experiment.evaluate()
    parallel.leave()
