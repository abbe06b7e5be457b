"""AnnData's files."""

import sys

import numpy
import pytest
import torch

from tests.data.test_array import load
from vae_exp.condition.columns import Column
from vae_exp.data import SPLITS, h5ad
from vae_exp.data.array_file import read

random = numpy.random.default_rng(0)
N = 50
X = random.poisson(1.0, (N, 6))


@pytest.fixture
def cells():
    """Cells as AnnData has them, with what is no covariate among their columns."""
    anndata = pytest.importorskip("anndata")
    import pandas

    columns = {
        "batch_test": pandas.Categorical(numpy.array(["b", "a"])[random.integers(0, 2, N)]),
        "n_genes": X.sum(1),
        "doublet": X[:, 0] > 1,
        "patient": [None, *["p1"] * (N - 1)],
        "age": [numpy.nan, *range(N - 1)],
    }
    names = [f"cell{i}" for i in range(N)]
    return anndata.AnnData(X.astype("f4"), obs=pandas.DataFrame(columns, index=names))


@pytest.mark.parametrize("sparse", ["", "csr_matrix", "csc_matrix"])
def test_counts_come_with_what_is_known_of_the_cells(sparse, cells, tmp_path, caplog):
    import scipy.sparse

    caplog.set_level("INFO")
    if sparse:
        cells.X = getattr(scipy.sparse, sparse)(cells.X)
    cells.write_h5ad(tmp_path / "a.h5ad")
    data = load(tmp_path / "a.h5ad")
    assert data.kind == "counts" and [data.size(split) for split in SPLITS] == [35, 5, 10]
    assert data.columns == (
        Column("batch_test", ("a", "b")),
        Column("n_genes"),
        Column("doublet", ("False", "True")),
    )
    assert "no covariates" in caplog.text and "patient, age" in caplog.text
    for split in SPLITS:
        rows = [int(name.removeprefix("cell")) for name in data.ids[split]]
        x, c = data.batch(split, slice(None)), data.covariates[split]
        assert x.tolist() == X[rows].tolist()
        torch.testing.assert_close(c[:, 1], x.sum(1))
        assert ["ab"[int(place)] for place in c[:, 0]] == cells.obs["batch_test"].iloc[
            rows
        ].tolist()


def test_what_is_wrong_with_a_file_of_cells_is_told(cells, tmp_path, monkeypatch):
    file = tmp_path / "a.h5ad"
    cells.write_h5ad(file)
    monkeypatch.setattr(h5ad, "DENSE", 100)
    with pytest.raises(ValueError, match=r"when it is dense, got .*choose fewer genes"):
        read(str(file), "data.path")
    del cells.X
    cells.write_h5ad(file)
    with pytest.raises(ValueError, match=r"data.path: .* there is no X in it"):
        read(str(file), "data.path")
    file.write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"data.path: expected a file that reads, got "):
        read(str(file), "data.path")


def test_without_anndata_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "anndata", None)
    (tmp_path / "a.h5ad").touch()
    with pytest.raises(ValueError, match=r"pip install 'vae_exp\[h5ad\]'"):
        read(str(tmp_path / "a.h5ad"), "data.path")
