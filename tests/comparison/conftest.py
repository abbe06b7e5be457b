"""Run folders made by writing their files, with real configurations and no training."""

import functools
import json
import struct
import sys
import zlib
from pathlib import Path

import hydra
import pytest
from omegaconf import OmegaConf

from vae_exp.configuration.compose import conf_dir
from vae_exp.storage.plain_yaml import dump_yaml

TEST = {"test/log_likelihood": -90.0, "test/log_likelihood_stderr": 0.25, "test/elbo": -92.0}
DENSITY = {"status": "finished", "likelihood": "density", "data/binarize": "none", **TEST}
MASS = {**DENSITY, "likelihood": "probability mass", "data/binarize": "dynamic"}


@functools.cache
def composed(overrides: tuple[str, ...]):
    """The configuration, its YAML, and the options chosen, as a run of these overrides has them."""
    with hydra.initialize_config_dir(conf_dir(), version_base="1.3"):
        config = hydra.compose("config", list(overrides), return_hydra_config=True)
    choices = OmegaConf.to_container(config.hydra.runtime.choices)
    own = OmegaConf.masked_copy(config, [key for key in config if key != "hydra"])
    return own, dump_yaml(own), choices


def png(grey: int = 128, size: int = 8) -> bytes:
    """A square of one grey."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    pixels = zlib.compress((b"\0" + bytes([grey]) * size) * size)
    header = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(kind, data) for kind, data in ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    )


def curve(epochs: int = 5, end: float = -90.0) -> list[dict]:
    """The records of a training that comes closer and closer to its end."""
    records = []
    for epoch in range(1, epochs + 1):
        at = {"step": 10 * epoch, "epoch": epoch}
        elbo = end - 100 / epoch
        train = {"train/loss": -elbo, "train/elbo": elbo, "time/train_seconds": 0.5 * epoch}
        records += [at | train, at | {"val/loss": -elbo, "val/elbo": elbo, "val/best_elbo": elbo}]
    return records


def make_run(
    folder: Path, *overrides: str, summary=DENSITY, metrics=None, pictures=(), changes=None
) -> Path:
    """Write a run's folder.

    Args:
        overrides: of the command line.
        summary: of summary.json, None for none; a string is written as it is.
        metrics: of metrics.jsonl, likewise.
        pictures: name → bytes.
        changes: dotted keys to set after composing, which no schema checks.
    """
    dot_hydra = folder / ".hydra"
    dot_hydra.mkdir(parents=True)
    config, text, choices = composed(overrides)
    if changes:
        config = config.copy()
        for key, value in changes.items():
            OmegaConf.update(config, key, value, force_add=True)
        text = dump_yaml(config)
    (dot_hydra / "config.yaml").write_text(text)
    (dot_hydra / "hydra.yaml").write_text(json.dumps({"hydra": {"runtime": {"choices": choices}}}))
    (dot_hydra / "overrides.yaml").write_text(json.dumps(list(overrides)))
    if summary is not None:
        text = summary if isinstance(summary, str) else json.dumps(summary)
        (folder / "summary.json").write_text(text)
    if metrics is None:
        metrics = curve()
    if not isinstance(metrics, str):
        metrics = "".join(json.dumps(record) + "\n" for record in metrics)
    (folder / "metrics.jsonl").write_text(metrics)
    for name, data in dict(pictures).items():
        (folder / "plots").mkdir(exist_ok=True)
        (folder / "plots" / name).write_bytes(data)
    return folder


@pytest.fixture
def command(tmp_path, monkeypatch, capfd):
    """Run ``python -m vae_exp.compare`` with these arguments in this process: code, out, err."""
    from vae_exp.compare import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["compare", *map(str, arguments)])
        capfd.readouterr()
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
        return code, *capfd.readouterr()

    return call


@pytest.fixture
def compared(tmp_path):
    """The comparison of the runs that a test has made below tmp_path."""
    from vae_exp.comparison.ranking import compare
    from vae_exp.comparison.result import read

    def call(sort=None, asked=None, paths=None):
        paths = paths or [str(tmp_path)]
        return compare(paths, read(paths), sort, asked)

    return call
