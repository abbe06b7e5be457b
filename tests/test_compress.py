"""``python -m vae_exp.compress`` and ``decompress``: a split becomes a file and comes back."""

import json
import os
import shutil
import sys
from dataclasses import replace

import numpy
import pytest

pytest.importorskip("constriction")

from tests.forked import Forked
from vae_exp.compression import bits_back
from vae_exp.compression.container import pack, unpack
from vae_exp.runs.load import load_experiment
from vae_exp.storage import checkpoint
from vae_exp.storage.saved_run import SavedRun


@pytest.fixture(scope="module")
def packed(trained, tmp_path_factory):
    """A copy of a run, and the test set that it compressed; look but do not touch."""
    folder = tmp_path_factory.mktemp("packed")
    run = folder / "run"
    shutil.copytree(trained, run)
    words = [str(run), "--split", "test", "--out", "test.bits", "threads=1", "device=cpu"]
    assert Forked(folder, words, dict(os.environ), "compress").wait(timeout=120) == 0
    return folder


def test_the_test_set_comes_back_in_another_process(cli, packed, tmp_path):
    run = SavedRun(packed / "run")
    own = load_experiment(run, run.config).data.batch("test", slice(None)).numpy()
    result = cli(str(packed / "test.bits"), str(packed / "run"), "--out", "x.npy", module=DE)
    assert result.exit_code == 0, result.err
    assert "360 data" in result.out and "exactly as they were" in result.out
    found = numpy.load(tmp_path / "x.npy")
    assert found.dtype == numpy.uint8
    assert (found == own).all()


def test_the_rates_are_in_the_summary_and_the_model_in_the_file(packed):
    summary = json.loads((packed / "run" / "summary.json").read_text())
    size = (packed / "test.bits").stat().st_size
    assert summary["test/compressed_bits_per_dim"] == 8 * size / (360 * 64)
    assert summary["test/plain_bits_per_dim"] == 1
    for name in ("gzip", "bz2", "lzma", "png", "png_mosaic"):
        assert summary[f"test/{name}_bits_per_dim"] > 0
    promised = -summary["test/elbo"] / numpy.log(2) / 64
    excess = summary["test/compressed_bits_per_dim"] / (summary["test/compressed_excess"] + 1)
    assert excess == pytest.approx(promised, rel=5e-3)


def test_rows_of_a_file_come_back_and_leave_the_summary(cli, packed, tmp_path):
    before = (packed / "run" / "summary.json").read_text()
    rows = numpy.random.default_rng(0).integers(0, 2, (5, 8, 8))
    numpy.save(tmp_path / "rows.npy", rows)
    words = [str(packed / "run"), "rows.npy", "--out", "mine", "--unverified"]
    result = cli(*words, module="compress")
    assert result.exit_code == 0, result.err
    assert "not decoded" in result.out
    assert cli("mine", str(packed / "run"), module=DE).exit_code == 0
    assert (numpy.load(tmp_path / "mine.npy")[:, 0] == rows).all()
    assert (packed / "run" / "summary.json").read_text() == before


@pytest.mark.long
def test_the_rates_of_data_that_are_named_again_are_in_the_summary(cli, tmp_path):
    numpy.save("rows.npy", numpy.random.default_rng(0).integers(0, 2, (60, 4)))
    data = ["data=array", "data.path=rows.npy", "data.test_size=20", "data.validation_size=10"]
    short = ["trainer.epochs=1", "evaluation.importance_samples=2", "network.hidden=[4]"]
    run = cli("decoder=bernoulli", *data, *short)
    assert run.exit_code == 0, run.err
    words = [str(run.folder), "--unverified", "data.path=rows.npy"]
    assert cli(*words, "data.seed=1", module="compress").exit_code == 0
    assert "test/compressed_bits_per_dim" not in run.summary
    assert cli(*words, module="compress").exit_code == 0
    assert run.summary["test/compressed_bits_per_dim"] > 0


def test_what_is_read_and_what_lies_beside_stays(cli, packed, tmp_path):
    run = str(packed / "run")
    numpy.save("rows.npy", numpy.random.default_rng(0).integers(0, 2, (5, 8, 8)))
    for name in ("test.bits", "data.npy"):
        shutil.copy(packed / "test.bits", name)
    shutil.copy("rows.npy", "test.npy")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    for module, words, told in (
        ("compress", [run, "rows.npy", "--out", "rows.npy"], "another file than what is read"),
        (DE, ["data.npy", run], "another file than what is read"),
        (DE, ["test.bits", run], "--out: expected a file where test.npy is there already"),
    ):
        result = cli(*words, module=module)
        assert result.exit_code == 2 and told in result.err and result.err.count("\n") == 1
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert cli("test.bits", run, "--out", "test.npy", module=DE).exit_code == 0
    assert numpy.load("test.npy").shape == (360, 1, 8, 8)


DE = "decompress"
WRONG = {
    "decompress {bits} {run} threads=2": "threads: expected 1, with which the file was written",
    "decompress {bits} {run} device=tpu": "device: expected auto, cpu",
    "decompress {bits} {other}": "run: expected the model ",
    "decompress {bits} {run} z_dim=3": "z_dim: expected one of the keys device, threads",
    "decompress {bits} {run} --out x.png": "--out: expected a file that ends in .npy",
    "decompress {bits} nowhere": "nowhere: expected the folder of a run",
    "decompress {bits}": "the following arguments are required: run",
    "decompress nothing {run}": "file: expected a file of vae_exp.compress, found none",
    "decompress {run} {run}": "file: expected a file of vae_exp.compress, found none",
    "decompress {run}/summary.json {run}": "file: expected a file of vae_exp.compress, got an",
    "decompress {short} {run}": "file: expected a file as it was written, got one that is dam",
    "decompress {old} {run}": "torch: expected 1.0, with which the file was written, got ",
    "decompress {apart} {run}": "file: expected the numbers of the model to be those",
    "compress {run} --split half": "argument --split: invalid choice: 'half'",
    "compress {run} --out=": "--out: expected a file, got nothing",
    "compress {run} --out {run}/checkpoints/best.pt": "--out: expected another file than those of",
    "compress {run} --out .": "--out: expected a file, got .",
    "compress {run} --out /dev/null/x": "--out: expected a file that can be written",
    "compress {run} missing.npy": "file: expected a file that reads, got missing.npy",
    "compress {run} {holes}": "data: expected data of which all is observed",
    "compress {run} --condition 7": "--condition: expected none",
}


@pytest.fixture(scope="module")
def files(packed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    content = (packed / "test.bits").read_bytes()
    header, words = unpack(content)
    old = replace(header, numerics={**header.numerics, "torch": "1.0"})
    contents = {"short": content[:-5], "old": pack(old, words)}
    contents["apart"] = pack(replace(header, fingerprint="0" * 16), words)
    for name, written in contents.items():
        (folder / name).write_bytes(written)
    other = shutil.copytree(packed / "run", folder / "other")
    best = other / "checkpoints" / "best.pt"
    state = checkpoint.load(best)
    next(iter(state["vae"].values())).add_(1e-6)
    checkpoint.save(best, state)
    numpy.save(folder / "holes.npy", numpy.full((2, 8, 8), numpy.nan))
    return {
        "run": packed / "run",
        "bits": packed / "test.bits",
        **{f.stem: f for f in folder.iterdir()},
    }


@pytest.mark.bad_input
@pytest.mark.parametrize("command", WRONG)
def test_a_wrong_command_line_is_refused_in_one_line(cli, files, command, tmp_path):
    module, *words = command.split(" ")
    result = cli(*(word.format(**files) for word in words), module=module)
    assert result.exit_code == 2, result.err
    assert result.err.count("\n") == 1 and "Traceback" not in result.err
    assert WRONG[command] in result.err
    assert not list(tmp_path.glob("*.npy"))


def test_data_that_come_out_otherwise_are_not_written(cli, packed, tmp_path, monkeypatch):
    """As where a processor does not give the same numbers twice."""

    def disturbed(self, symbols):
        q_z = posterior(self, symbols)
        q_z.base_dist.loc.add_(1e-3 * next(calls))
        return q_z

    calls, posterior = iter(range(10**6)), bits_back.BitsBack._posterior
    monkeypatch.setattr(bits_back.BitsBack, "_posterior", disturbed)
    numpy.save("rows.npy", numpy.random.default_rng(0).integers(0, 2, (40, 8, 8)))
    result = cli(str(packed / "run"), "rows.npy", "--out", "bad.bits", module="compress")
    assert result.exit_code == 1
    assert result.err.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["rows.npy"]


def test_without_the_library_it_says_what_to_install(cli, packed, monkeypatch):
    monkeypatch.setitem(sys.modules, "constriction", None)
    result = cli(str(packed / "run"), module="compress")
    assert result.exit_code == 2
    assert "pip install 'vae_exp[compress]'" in result.err
    assert result.err.count("\n") == 1
