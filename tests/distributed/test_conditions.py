"""Conditions and missing values in two processes: without noise they train what one does."""

import os

import numpy
import pytest

from tests.distributed.test_distributed import EVALUATION, MEAN_ENCODER, fork_two, records
from tests.forked import Forked

CASES = {
    "labels": ["condition=labels"],
    "embedding": ["condition=labels", "condition.embedding=3"],
    "labels that the prior sees": ["condition=labels", "prior=conditional"],
    "missing": ["data.missing=0.3"],
    "missing, masked, with labels": [
        *("data.missing=0.3", "condition=labels", "condition.mask=true")
    ],
    "columns": ["condition=columns"],
    "columns that the prior sees": ["condition=columns", "prior=conditional"],
    "columns that the decoder sees": ["condition=columns", "condition.encoder=false"],
    "part": ["condition=part"],
    "part that the prior sees": ["condition=part", "prior=conditional"],
    "classes summed out": [*("condition=semi_supervised", "data.labelled=30", "kl=monte_carlo")],
}


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_two_processes_train_and_evaluate_the_model_that_one_does(tmp_path, case):
    (tmp_path / "mean.py").write_text(MEAN_ENCODER)
    random = numpy.random.default_rng(0)
    y = random.integers(0, 3, 157)
    numpy.savez(
        tmp_path / "mine.npz",
        x=random.normal(size=(157, 6)) + y[:, None],
        y=numpy.array(["a", "b", "c"])[y],
        c_age=random.normal(50, 20, 157),
        c_batch=random.integers(0, 2, 157),
    )
    words = ["data=array", f"data.path={tmp_path / 'mine.npz'}", *CASES[case]]
    words += ["encoder._target_=mean.MeanEncoder", "network.hidden=[16]", "z_dim=3"]
    # of 127 training data 7 batches, the last of 7: parts of 4 and 3; a second epoch's order would
    # be another one, drawn after the noise of one process, or of two
    words += ["trainer.epochs=1", "trainer.batch_size=20", "trainer.log_every=1", *EVALUATION]
    told, codes = fork_two(tmp_path, *words, "hydra.run.dir=two")
    assert codes == [0, 0], told
    alone = Forked(tmp_path, [*words, "hydra.run.dir=one"], {**os.environ, "OMP_NUM_THREADS": "1"})
    assert alone.wait(timeout=120) == 0
    one, two = records(tmp_path / "one"), records(tmp_path / "two")
    assert len(one) == len(two) == 9
    for a, b in zip(one, two):
        assert a.keys() == b.keys()
        assert list(a.values()) == pytest.approx(list(b.values()), rel=1e-4, abs=1e-5)
