"""Parts of an evaluation that would take too long take fewer data, and only those."""

import json
from threading import Thread
from time import thread_time
from types import SimpleNamespace

import pytest
import torch

from vae_exp.comparison import comparability
from vae_exp.configuration.compose import compose
from vae_exp.evaluation.budget import LEAST, Budget
from vae_exp.evaluation.importance import USUAL
from vae_exp.experiment import build
from vae_exp.training.validation import average_info

CPU = torch.device("cpu")


def busy(seconds):
    """Work of so many seconds."""
    until = thread_time() + seconds
    while thread_time() < until:
        pass


def test_what_fits_is_not_touched_and_is_tried_once():
    budget, tried = Budget(2, CPU), []
    assert budget.affordable("part", 10_000, tried.append) == 10_000
    assert budget.reduced == [] and len(tried) == 1


@pytest.mark.parametrize("power", [1, 2])
def test_the_largest_half_or_quarter_that_fits_is_taken(power):
    """A second for all 1024 data: 0.3 of it are 256 of them, or 512 if the time goes with M²."""
    budget = Budget(0.3, CPU)
    size = budget.affordable("part", 1024, lambda n: busy((n / 1024) ** power), power)
    assert size == {1: 256, 2: 512}[power]
    assert budget.reduced == [f"part {size} of 1024"]


def test_what_there_is_to_do_but_once_does_not_count_for_each_datum():
    """0.01 s whatever the size: 16 data seem to say 5 s for 8000."""
    budget = Budget(1, CPU)
    assert budget.affordable("part", 8000, lambda n: busy(0.01)) == 8000


def test_it_never_falls_below_what_says_something_and_leaves_the_random_numbers_alone():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    budget = Budget(1e-12, CPU)
    assert budget.affordable("part", 1000, torch.randn) == 62 >= LEAST
    assert budget.affordable("small", 20, torch.randn) == 20
    assert torch.equal(torch.get_rng_state(), before)


def test_numbers_are_the_same_where_nothing_is_reduced():
    words = ["evaluation.importance_samples=2", "evaluation.probe=false"]
    bounded, unbounded = (
        build(compose(*words, f"evaluation.part_seconds={seconds}")).evaluate()
        for seconds in (1000, "null")
    )
    assert bounded["reduced"] == []
    assert json.dumps(bounded) == json.dumps(unbounded)


def test_a_run_says_what_was_reduced_and_to_how_much(cli):
    words = ["trainer.max_steps=2", "network.hidden=[8]"]
    result = cli(*words, "plots.names=[]", "evaluation.part_seconds=1e-9")
    assert result.exit_code == 0, result.err
    parts = [
        *("importance_samples 8 of 128", "loss 45 of 360"),
        *("active_units 45 of 360", "mutual_information 45 of 360", "kl_estimators 45 of 360"),
        "probes' training data 39 of 1257",
    ]
    assert result.summary["test/reduced"] == parts
    told = "on fewer data or samples, to fit into evaluation.part_seconds: " + ", ".join(parts)
    assert told in " ".join(result.out.split())
    assert result.summary["test/importance_samples"] == 8
    again = cli(str(result.folder), "evaluation.part_seconds=null", module="evaluate")
    assert again.exit_code == 0, again.err
    assert result.summary["test/reduced"] == [] and "on fewer data" not in again.out
    assert result.summary["test/importance_samples"] == 128


def test_a_comparison_knows_how_many_samples_are_usual():
    """It has the number of its own, for it does without torch."""
    assert comparability.USUAL == USUAL


def test_a_long_training_gives_its_evaluation_more_time():
    assert Budget("auto", CPU).seconds == Budget("auto", CPU, 5.0).seconds == 2
    assert Budget("auto", CPU, 600.0).seconds == 60
    assert Budget(0.5, CPU, 600.0).seconds == 0.5 and Budget(None, CPU, 600.0).seconds is None


def test_what_other_threads_do_meanwhile_counts():
    """As forests are grown: this thread waits."""

    def work(size):
        others = [Thread(target=busy, args=(0.05,)) for _ in range(2)]
        for other in others:
            other.start()
        for other in others:
            other.join()

    assert Budget(1, CPU)._time(work, 1) >= 0.04 / torch.get_num_threads()


def test_a_number_of_samples_that_was_asked_for_is_taken():
    words = ["evaluation.importance_samples=130", "evaluation.probe=false", "network.hidden=[8]"]
    numbers = build(compose(*words, "evaluation.part_seconds=1e-9")).evaluate()
    assert numbers["importance_samples"] == 130
    assert not any("importance_samples" in told for told in numbers["reduced"])


def test_the_loss_is_that_of_the_first_data_where_it_is_of_fewer():
    experiment = build(compose("network.hidden=[8]"))
    vae, data = experiment.vae, experiment.data
    found = average_info(vae, data, "test", 16, 40)
    rest = SimpleNamespace(
        device=data.device, size=lambda split: 40, at=lambda split, index: data.at(split, index)
    )
    assert found == average_info(vae, rest, "test", 16)
