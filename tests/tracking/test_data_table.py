"""Which test data stand in W&B's table, and how data without pixels are written."""

import numpy
import torch

from vae_exp.plots.thumbnails import thumbnails
from vae_exp.tracking.data_artifact import MOST, checksum
from vae_exp.tracking.data_table import _named, _written, choose


def test_worst_and_best_are_the_ends_of_the_order_and_none_comes_twice():
    log_likelihood = torch.randperm(100).double()
    chosen = choose(log_likelihood)
    by_kind = {
        kind: {log_likelihood[i].item() for k, i in chosen if k == kind}
        for kind in ("worst", "best", "random")
    }
    assert by_kind["worst"] == set(range(8))
    assert by_kind["best"] == set(range(92, 100))
    assert len(by_kind["random"]) == 8
    assert len({index for _, index in chosen}) == 24
    assert choose(log_likelihood) == chosen


def test_what_is_not_finite_is_among_the_worst():
    log_likelihood = torch.arange(30.0).double()
    log_likelihood[[5, 9, 20]] = torch.tensor([torch.nan, torch.inf, -torch.inf]).double()
    worst = {index for kind, index in choose(log_likelihood) if kind == "worst"}
    assert {5, 9, 20} <= worst


def test_few_data_are_no_problem():
    assert choose(torch.zeros(2)) == []
    assert len(choose(torch.zeros(4))) == 3


def test_vectors_and_tables_are_written_out():
    assert _written(numpy.array([0.5, -1.25], dtype=numpy.float32)) == "0.5, -1.25"
    assert _written(numpy.zeros(20)).endswith("... (20 in all)")
    assert _named({"age": [31.5, 4.0], "job": ["cook", "smith"]}) == [
        "age=31.5, job=cook",
        "age=4, job=smith",
    ]


def test_a_thumbnail_is_the_image_enlarged():
    x = torch.rand(2, 3, 1, 4, 4)
    pictures = thumbnails(x)
    assert [len(row) for row in pictures] == [3, 3]
    factor = pictures[1][2].shape[0] // 4
    small = pictures[1][2][factor // 2 :: factor, factor // 2 :: factor, 0]
    assert (small == x[1, 2, 0].mul(255).round().numpy()).all()
    assert thumbnails(torch.rand(2, 1, 30, 2))[0][0].shape[2] == 3  # sequences have them too


def test_a_checksum_is_of_the_values_their_shape_and_type(monkeypatch):
    x = torch.arange(24.0).reshape(6, 4)
    assert checksum(x) == checksum(x.clone())
    others = [x + 1, x.reshape(4, 6), x.double(), x.flip(0)]
    assert len({checksum(x), *map(checksum, others)}) == 5
    assert x.nbytes < MOST
    monkeypatch.setattr("vae_exp.tracking.data_artifact.MOST", 32)
    monkeypatch.setattr("vae_exp.tracking.data_artifact.TOGETHER", 16)
    changed = x.clone()
    changed[1] = 7  # rows 0 and 3 are read of these
    assert checksum(changed) == checksum(x)
    changed[0] = 7
    assert checksum(changed) != checksum(x)
