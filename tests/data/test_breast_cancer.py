"""The data that are to be filled in."""

import torch

from vae_exp.configuration.compose import compose
from vae_exp.data import SPLITS
from vae_exp.experiment import build_data


def test_what_is_asked_of_is_what_is_trained_on():
    data = build_data(compose("data=breast_cancer", "data.missing=0.5").data)
    x = {split: data.batch(split, slice(None)) for split in SPLITS}
    assert x["train"].shape == (569, 30) and abs(x["train"].isnan().float().mean() - 0.5) < 0.02
    assert all(torch.equal(x["train"].isnan(), part.isnan()) for part in x.values())
    whole = data.complete("test", slice(None))
    torch.testing.assert_close(whole.mean(0), torch.zeros(30), atol=1e-5, rtol=0)
    torch.testing.assert_close(whole.var(0, correction=0), torch.ones(30), atol=1e-4, rtol=0)
    assert data.classes == ("malignant", "benign")
