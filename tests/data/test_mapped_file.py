"""A .npy file that is larger than the memory: it is mapped, and stays so in every command."""

import os
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
import torch

from vae_exp.data.array_file import read

# what a process has for itself: pages of a mapped file are the kernel's, and go when others come
PEAK = """
import contextlib, sys, threading, time
import vae_exp.data.mapped_rows, vae_exp.score, vae_exp.encode, vae_exp.evaluate, vae_exp.run
import vae_exp.runs.job, vae_exp.runs.subject, matplotlib.figure, pandas

vae_exp.data.mapped_rows.LARGE = 2**25

def own():
    status = open("/proc/self/status").read()
    return int(status.split("RssAnon:")[1].split()[0]) // 1024

def watch():
    global peak
    while True:
        peak = max(peak, own())
        time.sleep(0.005)

peak = own()
threading.Thread(target=watch, daemon=True).start()
for line in open("commands"):
    module, *arguments = line.split()
    sys.argv = ["vae-exp", *arguments]
    with contextlib.suppress(SystemExit):
        getattr(vae_exp, module).main()
    print("peak", module, peak, flush=True)
    peak = own()
"""
MODEL = "z_dim=2 network.hidden=[8] plots.names=[samples,reconstructions] trainer.max_steps=30"
EVALUATION = "evaluation.importance_samples=2 evaluation.max_elements=400_000"


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_a_large_file_is_never_in_memory_as_a_whole(tmp_path):
    x = numpy.lib.format.open_memmap(tmp_path / "big.npy", "w+", "float32", (75_000, 1024))
    x[::1000] = numpy.random.default_rng(0).normal(3, 20, (75, 1024))  # the rest takes no place
    x.flush()
    numpy.save(tmp_path / "small.npy", x[:6000])
    words = f"data=array data.kind=real {EVALUATION} {MODEL}"
    commands = [
        line
        for name in ("small", "big")
        for line in (
            f"run {words} data.path={name}.npy data.test_size=2000 "
            f"data.validation_size=2000 hydra.run.dir={name}",
            f"evaluate {name} data.path={name}.npy {EVALUATION}",
            f"score {name} {name}.npy {EVALUATION}",
            f"encode {name} {name}.npy --out {name}.csv",
        )
    ]
    (tmp_path / "commands").write_text("\n".join(commands))
    environment = {**os.environ, "WANDB_MODE": "disabled", "OMP_NUM_THREADS": "1"}
    program = [sys.executable, "-c", PEAK]
    done = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True)
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("peak ")]
    peaks = [int(peak) for _, _, peak in lines]
    assert len(peaks) == 8, done.stderr
    assert (tmp_path / "big.csv").read_text().count("\n") == 75_001, done.stderr
    assert (tmp_path / "big" / "scores.csv").read_text().count("\n") == 75_001
    # MB, of 307: the modules that are imported on the way are there from the small file on
    assert max(peaks[4:]) < max(peaks[:4]) + 250, peaks


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="as Linux counts memory")
def test_a_file_larger_than_the_memory_can_be_mapped(tmp_path):
    """Mapped to be written to, it would be refused, for all of it might be written."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    rows = 4 * memory // 4096
    with (tmp_path / "huge.npy").open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (rows, 1024)}
        numpy.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + rows * 4096)  # without a byte on the disk
    x = read(str(tmp_path / "huge.npy"), "data.path")["train"].x
    assert x.nbytes > 3 * memory and torch.equal(x[rows - 1], torch.zeros(1024))
