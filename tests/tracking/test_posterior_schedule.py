"""When the posterior is looked at: every so many epochs, and no more once it has failed."""

import pytest

from vae_exp.evaluation import posterior_histograms as module
from vae_exp.tracking.posterior_schedule import PosteriorSchedule


@pytest.fixture
def looked(monkeypatch):
    """What a look finds, or the error that it ends with."""
    found = ["histograms"]

    def look(vae, data, split, max_elements):
        assert (split, max_elements) == ("validation", 100)
        if isinstance(found[0], Exception):
            raise found[0]
        return found[0]

    monkeypatch.setattr(module, "posterior_histograms", look)
    return found


def looks(schedule, epochs):
    return [epoch for epoch in epochs if schedule.look(None, None, 100, epoch) is not None]


@pytest.mark.parametrize(("every", "due"), [(None, []), (1, [1, 2, 3, 4]), (2, [2, 4]), (9, [])])
def test_it_looks_every_so_many_epochs(looked, every, due):
    assert looks(PosteriorSchedule(every), range(1, 5)) == due


@pytest.mark.fault
def test_a_look_that_fails_costs_one_warning_and_is_the_last(looked, caplog):
    schedule = PosteriorSchedule(1)
    looked[0] = RuntimeError("no memory\nat all")
    assert looks(schedule, range(1, 3)) == []
    looked[0] = "histograms"
    assert looks(schedule, range(3, 9)) == []
    (record,) = caplog.records
    assert record.message == "no histograms of the posterior in W&B: RuntimeError: no memory"


@pytest.mark.bad_input
@pytest.mark.parametrize("every", [0, -1])
def test_no_epochs_between_two_looks_are_refused(every):
    with pytest.raises(ValueError, match=r"wandb\.histograms: expected a positive number"):
        PosteriorSchedule(every)
