"""A user's own files."""

import io
import math

import numpy
import pytest
import torch
from torch.distributions import constraints

from vae_exp.configuration.compose import compose
from vae_exp.data import SPLITS
from vae_exp.data.images import Images
from vae_exp.data.mapped_rows import MappedRows
from vae_exp.data.numeric import Numeric
from vae_exp.experiment import build_data

random = numpy.random.default_rng(0)
NORMAL = random.normal(size=(50, 6))


def load(path, *overrides):
    sizes = ["data.validation_size=5", "data.test_size=10"]
    return build_data(compose("data=array", f"data.path='{path}'", *sizes, *overrides).data)


def write(folder, **arrays):
    """As many files of the same content as there are formats."""
    numpy.savez(folder / "a.npz", **arrays)
    torch.save({name: torch.from_numpy(a) for name, a in arrays.items()}, folder / "a.pt")
    return [folder / "a.npz", folder / "a.pt"]


def rows(data):
    return sorted(tuple(x.flatten().tolist()) for s in SPLITS for x in data.batch(s, slice(None)))


def npy(folder, array):
    numpy.save(folder / "a.npy", array)
    return folder / "a.npy"


CONTENT = {
    "bits": (random.integers(0, 2, (50, 6)), torch.uint8),
    "images": (random.integers(0, 256, (50, 1, 4, 4), dtype=numpy.uint8), torch.uint8),
    "counts": (random.poisson(4, (50, 6)), torch.int32),
    "unit": (random.random((50, 6)), torch.float32),
    "real": (NORMAL, torch.float32),
}


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("kind", CONTENT)
def test_each_kind_is_inferred_kept_small_and_given_out(kind, asked, tmp_path, caplog):
    caplog.set_level("INFO")
    content, dtype = CONTENT[kind]
    data = load(npy(tmp_path, content), *([f"data.kind={kind}"] if asked else []))
    assert [data.size(split) for split in SPLITS] == [35, 5, 10]
    assert data.values["train"].dtype == dtype
    assert data.labels is None
    assert isinstance(data, Images) is (kind == "images")
    assert (f"taken as {kind}" in caplog.text) is not asked
    scale = 255 if kind == "images" else 1
    expected = (torch.from_numpy(content).float() / scale).flatten(1)
    assert rows(data) == sorted(map(tuple, expected.tolist()))


TYPES = ["bool", "uint8", "uint16", "int64", "uint64", ">i4", "float16", ">f8"]


@pytest.mark.parametrize("dtype", TYPES)
def test_numpys_types_are_read(dtype, tmp_path):
    content = random.integers(0, 2, (50, 6)).astype(dtype)
    data = load(npy(tmp_path, content))
    assert data.values["train"].dtype == torch.uint8  # bits
    assert rows(data) == sorted(map(tuple, content.astype(float).tolist()))


def test_named_arrays_bring_their_labels(tmp_path):
    labels = random.integers(0, 3, 50)
    for file in write(tmp_path, x=NORMAL, y=labels):
        data = load(file)
        x = torch.cat([data.batch(split, slice(None)) for split in SPLITS])
        y = torch.cat([data.labels[split] for split in SPLITS])
        assert sorted(zip(x[:, 0].tolist(), y.tolist())) == sorted(
            zip(NORMAL[:, 0].astype("f4").tolist(), labels.tolist())
        )


def test_a_single_array_may_have_any_name(tmp_path):
    torch.save(torch.from_numpy(NORMAL), tmp_path / "plain.pt")
    for file in [*write(tmp_path, measured=NORMAL), tmp_path / "plain.pt"]:
        assert rows(load(file)) == sorted(map(tuple, NORMAL.astype("f4").tolist()))


def test_a_test_file_is_the_test_split(tmp_path):
    train, test = npy(tmp_path, NORMAL), tmp_path / "test.npy"
    numpy.save(test, NORMAL[:7] + 1)
    data = load(train, f"data.test_path='{test}'", "data.test_size=null")
    assert [data.size(split) for split in SPLITS] == [45, 5, 7]
    assert torch.equal(data.batch("test", slice(None)), torch.from_numpy(NORMAL[:7] + 1).float())


def test_rows_are_reshaped(tmp_path):
    assert load(npy(tmp_path, NORMAL), "data.shape=[3,2]").shape == (3, 2)
    assert load(npy(tmp_path, NORMAL[:, 0]), "data.shape=[1]").shape == (1,)
    flat = random.integers(0, 256, (50, 48), dtype=numpy.uint8)
    data = load(npy(tmp_path, flat), "data.shape=[3,4,4]")
    assert data.shape == (3, 4, 4)
    assert isinstance(data, Images)
    assert load(npy(tmp_path, flat.reshape(50, 6, 8))).shape == (1, 6, 8)


def test_images_are_binarised_and_dequantised(tmp_path):
    file = npy(tmp_path, CONTENT["images"][0])
    data = load(file)
    data.setup(constraints.boolean)
    assert data.batch("test", slice(None)).unique().tolist() == [0, 1]
    data = load(file, "data.dequantize=true")
    data.setup(constraints.real)
    assert 0 < data.batch("test", slice(None)).min() < 1


def test_a_files_content_stays_as_it_is(tmp_path):
    file = npy(tmp_path, NORMAL)
    before = file.read_bytes()
    data = load(file)
    assert isinstance(data, Numeric)
    data.values["train"].zero_()
    assert file.read_bytes() == before


TENSORS = {
    "uint16": (torch.arange(300).reshape(50, 6).to(torch.uint16), 299),
    "uint32": (torch.arange(300).reshape(50, 6).to(torch.uint32), 299),
    "float8": ((torch.arange(300).reshape(50, 6) % 8).to(torch.float8_e4m3fn), 7),
    "uint64": (torch.from_numpy(numpy.arange(2**63, 2**63 + 50, dtype="u8")[:, None]), 2.0**63),
}


@pytest.mark.parametrize("name", TENSORS)
def test_types_that_torch_can_do_little_with_become_others(name, tmp_path):
    tensor, largest = TENSORS[name]
    torch.save({"x": tensor, "y": torch.arange(50).to(torch.bfloat16)}, tmp_path / "a.pt")
    data = load(tmp_path / "a.pt", "data.kind=real")
    x = torch.cat([data.batch(split, slice(None)) for split in SPLITS])
    assert x.max() == largest and x.min() >= 0
    assert sorted(torch.cat(list(data.labels.values())).tolist()) == list(range(50))


@pytest.mark.filterwarnings("ignore")  # of torch, which says that it checks them
def test_a_sparse_tensor_is_refused_in_one_line(tmp_path):
    for sparse in (torch.eye(50).to_sparse(), torch.eye(50).to_sparse_csr()):
        for name, arrays in (("a.pt", sparse), ("y", {"x": torch.eye(50), "y": sparse})):
            torch.save(arrays, tmp_path / "a.pt")
            expected = rf"^data\.path: expected {name} to be an array .*sparse"
            with pytest.raises(ValueError, match=expected) as refusal:
                load(tmp_path / "a.pt")
            assert "\n" not in str(refusal.value)


REFUSED = {
    "data.path=null": r"data\.path: expected the path of a \.npy, .* or \.h5ad file, got null",
    "data.path=a.csv": r"data\.path: expected a \.npy, .* or \.h5ad file, got a\.csv; .*loadtxt",
    "data.path=nowhere.npy": r"data\.path: expected a file that reads, got nowhere\.npy",
    "data.test_size=null": r"data\.test_size: expected a number where",
    "data.test_path=b.npy": r"data\.test_size: expected null where data.test_path is given",
    "data.path=.": r"data\.path: expected .* got \., a folder; .* data=folder data\.path=\.",
    "data.path=a.parquet": r"got a\.parquet; data=table .*pandas.read_parquet\('a.parquet'\)",
    "data.layout=channels_last": r"data\.layout: expected rows \(height, width, channels\)",
    "data.seed=-1": r"data\.seed: expected a whole number from 0, .*got -1",
    "data.seed=9223372036854775808": r"data\.seed: expected a whole number from 0",
    "data.test_size=49": r"data\.test_size: expected a number from 2 to 48, got 49",
    "data.test_size=nan": r"data\.test_size: expected a number from 2 to 48, got nan",
    "data.test_size=2.9": r"data\.test_size: expected a whole number, or a share below 1, got 2\.9",
    "data.validation_size=1": r"data\.validation_size: expected a number from 2",
    "data.kind=unit": r"data\.kind: expected numbers from 0 to 1 for kind unit, got torch.float64",
    "data.kind=bits": r"data\.kind: expected 0 and 1 for kind bits",
    "data.kind=counts": r"data\.kind: expected whole numbers from 0",
    "data.kind=images": r"data\.kind: expected whole numbers from 0 to 255",
    "data.shape=[4]": r"data\.shape: expected a shape of 6 numbers, .*got \[4\]",
    "data.shape=[-1,6]": r"data\.shape: expected a shape of 6 numbers",
    "data.binarize=static": r"data\.binarize: expected none or auto",
    "data.dequantize=true": r"data\.dequantize: expected false for data of kind real",
}


@pytest.mark.parametrize("override", REFUSED)
def test_what_does_not_fit_is_refused_in_one_line(override, tmp_path):
    with pytest.raises(ValueError, match=REFUSED[override]) as refusal:
        load(npy(tmp_path, NORMAL), override)
    assert "\n" not in str(refusal.value)


def pickled(array):
    file = io.BytesIO()
    numpy.save(file, array, allow_pickle=True)
    return file.getvalue()


class Code:
    """What weights_only is there to refuse."""

    def __reduce__(self):
        return print, ("executed",)


BROKEN = {
    "a.npy": [b"", b"rubbish", pickled(numpy.array([{}], dtype=object))],
    "a.npz": [b"", b"rubbish"],
    "a.pt": [b"", b"rubbish"],
}


@pytest.mark.parametrize(
    ("name", "content"), [(name, content) for name in BROKEN for content in BROKEN[name]]
)
def test_a_broken_file_is_refused_in_one_line(name, content, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=r"data\.path: expected a file that reads") as refusal:
        load(tmp_path / name)
    assert "\n" not in str(refusal.value)


def test_code_in_a_file_is_not_executed(tmp_path, capsys):
    torch.save({"x": Code()}, tmp_path / "a.pt")
    with pytest.raises(ValueError, match=r"data\.path: expected a file that reads"):
        load(tmp_path / "a.pt")
    assert "executed" not in capsys.readouterr().out


CONTENT_REFUSED = {
    "several arrays": (dict(a=NORMAL, b=NORMAL), "called x and, for labels, y, .* got a, b"),
    "too few labels": (dict(x=NORMAL, y=numpy.zeros(3, int)), "expected y to be 50 integers"),
    "labels that are no classes": (dict(x=NORMAL, y=NORMAL[:, 0]), "expected y to be 50 integers"),
    "infinite labels": (dict(x=NORMAL, y=numpy.full(50, numpy.inf)), r"y to be 50 .*such as inf"),
    "labels beyond 64 bits": (dict(x=NORMAL, y=numpy.full(50, 1e30)), "such as 1e.30"),
    "unsigned ones": (
        dict(x=NORMAL, y=numpy.full(50, 2**63, dtype="u8")),
        "y to be 50 .*such as 9",
    ),
    "a row of NaN": (
        dict(x=numpy.where(numpy.arange(50)[:, None] == 33, numpy.nan, NORMAL)),
        "rows of NaN alone: 1 in the .* set, the first in row 33, counted from 0; leave",
    ),
    "no event": (dict(x=NORMAL[:, 0]), r"data\.path: expected an array \(N, X\)"),
    "a scalar": (dict(x=NORMAL[0, :1].reshape(())), r"array of numbers \(N, X\)"),
    "not a number": (
        dict(x=NORMAL * numpy.nan),
        r"data\.path: expected numbers, got .* of NaN alone",
    ),
    "complex numbers": (dict(x=NORMAL * 1j), r"array of numbers \(N, X\), got .*complex"),
    "channels last": (
        dict(x=random.integers(0, 256, (50, 8, 8, 3), dtype=numpy.uint8)),
        r"data\.layout: .*\(8, 8, 3\).*data\.layout=channels_last",
    ),
}


@pytest.mark.parametrize("name", CONTENT_REFUSED)
def test_content_that_makes_no_data_is_refused_in_one_line(name, tmp_path):
    arrays, message = CONTENT_REFUSED[name]
    for file in write(tmp_path, **arrays):
        with pytest.raises(ValueError, match=message) as refusal:
            load(file)
        assert "\n" not in str(refusal.value)


def test_a_test_file_unlike_the_other_is_refused(tmp_path):
    train, test = npy(tmp_path, NORMAL), tmp_path / "test.npy"
    unlike = {"rows of shape": NORMAL[:, :5], "2 rows or more, two each for test": NORMAL[:1]}
    for message, content in unlike.items():
        numpy.save(test, content)
        with pytest.raises(ValueError, match=rf"data\.test_path: expected {message}"):
            load(train, f"data.test_path='{test}'", "data.test_size=null")


@pytest.mark.parametrize("kind", ["real", "counts", "images"])
def test_a_large_file_gives_the_same_data_from_the_disk(tmp_path, monkeypatch, kind):
    generator = numpy.random.default_rng(0)
    shape = (60, 5, 4) if kind == "images" else (60, 7)
    x = generator.normal(size=shape) if kind == "real" else generator.integers(0, 9, shape)
    numpy.save(tmp_path / "x.npy", x.astype("uint8" if kind == "images" else x.dtype))
    words = ["data=array", f"data.path={tmp_path / 'x.npy'}", f"data.kind={kind}"]
    copied = build_data(compose(*words).data)
    monkeypatch.setattr("vae_exp.data.mapped_rows.LARGE", 0)
    mapped = build_data(compose(*words).data)
    assert isinstance(mapped.values["train"], MappedRows)
    assert mapped.values["train"].x.data_ptr() == mapped.values["test"].x.data_ptr()
    for data in (copied, mapped):
        data.setup(constraints.real)
        data.to(torch.device("cpu"))
    assert mapped.shape == copied.shape
    for split in ("train", "validation", "test"):
        assert mapped.size(split) == copied.size(split)
        index = torch.tensor([3, 0, 3, 1])
        for rows in (index, slice(1, 4)):
            assert torch.equal(mapped.batch(split, rows), copied.batch(split, rows))
    on_device = mapped.values["test"].to(torch.device("meta"))
    assert on_device.shape == mapped.values["test"].shape


def test_a_large_file_trains(cli, tmp_path, monkeypatch):
    monkeypatch.setattr("vae_exp.data.mapped_rows.LARGE", 0)
    numpy.save(tmp_path / "x.npy", numpy.random.default_rng(0).normal(size=(90, 6)))
    words = [f"data.path={tmp_path / 'x.npy'}", "trainer.epochs=1", "plots.names=[samples]"]
    result = cli("data=array", *words, "evaluation.importance_samples=4", "network.hidden=[8]")
    assert (result.exit_code, result.err) == (0, "")
    assert math.isfinite(result.summary["test/elbo"])
