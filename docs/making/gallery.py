"""The gallery: a picture of each posterior, likelihood, prior, network and data set, from a run.

    python docs/making/gallery.py                          what is missing
    python docs/making/gallery.py encoder=flow data        these options and groups, again

A run is stopped after ``SECONDS`` of the processor. Pictures are WebP below 40 KB in
``docs/gallery``, beside ``runs.json``, which says what each is of. Data sets whose files are not on
this machine, and cannot be downloaded, have no picture; ``DATA_ROOT`` says where they are.
"""

import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from gallery_files import own_file
from gallery_pictures import DRAW
from PIL import Image

import vae_exp
from vae_exp.configuration.option_facts import options
from vae_exp.plots.rendering import render
from vae_exp.plots.style import paper

FOLDER = Path(__file__).parents[1] / "gallery"
RUNS = FOLDER / "runs.json"
GROUPS = tuple(DRAW)
SECONDS = 45
MOST_BYTES = 40_000
ROOT = os.environ.get("DATA_ROOT", "~/.cache/vae_exp")

PLANE = ["decoder=bernoulli", "kl=monte_carlo", "z_dim=2", "trainer.epochs=120"]
SMALL = [*PLANE[:3], "trainer.epochs=80", "network.hidden=[128]", "optimizer.lr=3e-3"]
DEEP = [word for word in SMALL if word != "z_dim=2"]  # it follows from the layers
SPHERE = ["decoder=bernoulli", "z_dim=2", "trainer.epochs=80"]
CODES = ["decoder=bernoulli", "kl=monte_carlo", "z_dim=20", "trainer.epochs=100"]
BALL = ["encoder=wrapped_normal", "prior=wrapped_normal"]
LAYERS = ["encoder=hierarchical", "encoder.latents=[2,2]", "prior=hierarchical"]
BELIEF = ["encoder=sigmoid_belief", "encoder.latents=[20,10]", "prior=sigmoid_belief"]
VIMCO = ["encoder.gradient=vimco", "objective=iwae", "objective.samples=5"]
TWO_LAYERS = ["encoder=two_layer", "encoder.lower_dim=2", "decoder.z_dim=2", "prior=two_layer"]
GRID = ["encoder=fsq", "prior=uniform_levels", "z_dim=4"]
COUNTS = ["data=counts", "trainer.epochs=30", "z_dim=5"]
LEVELS = ["data=digits", "trainer.epochs=60"]
SEQUENCES = ["data=trajectories", "trainer.epochs=12", "z_dim=2", "kl=monte_carlo"]
IMAGES = ["decoder=bernoulli", "trainer.epochs=3", "network.hidden=[200]"]

# what goes with an option; of a group, what goes with all others
WORDS = {
    "encoder": PLANE,
    "encoder=bernoulli": [*CODES, "prior=uniform_bernoulli"],
    "encoder=categorical": [*CODES, "prior=uniform_categorical", "z_dim=8"],
    "encoder=fsq": [*CODES, *GRID[1:]],
    "encoder=low_rank_gaussian": [*PLANE, "encoder.rank=1"],
    "encoder=hierarchical": [*DEEP, *LAYERS[1:]],
    "encoder=sigmoid_belief": [*DEEP, *BELIEF[1:], *VIMCO],
    "encoder=two_layer": [*PLANE, *TWO_LAYERS[1:], "z_dim=4"],
    "encoder=von_mises_fisher": [*SPHERE, "prior=uniform_sphere"],
    "encoder=power_spherical": [*SPHERE, "prior=uniform_sphere"],
    "encoder=wrapped_normal": [*PLANE, *BALL[1:]],
    "decoder": LEVELS,
    "decoder=beta": [*LEVELS, "data.dequantize=true"],
    "decoder=poisson": COUNTS,
    "decoder=negative_binomial": COUNTS,
    "decoder=zero_inflated_negative_binomial": COUNTS,
    "decoder=mixed": ["data=table", "trainer.epochs=60", "z_dim=4", *SMALL[4:]],
    "prior": SMALL,
    "prior=bernoulli": [*SMALL, "encoder=bernoulli", "z_dim=20"],
    "prior=categorical": [*SMALL, "encoder=categorical", "z_dim=8"],
    "prior=uniform_bernoulli": [*SMALL, "encoder=bernoulli", "z_dim=20"],
    "prior=uniform_categorical": [*SMALL, "encoder=categorical", "z_dim=8"],
    "prior=uniform_levels": [*SMALL, *GRID],
    "prior=uniform_sphere": [*SMALL, "encoder=von_mises_fisher"],
    "prior=wrapped_normal": [*SMALL, *BALL[:1]],
    "prior=hierarchical": [*DEEP, *LAYERS[:2]],
    "prior=sigmoid_belief": [*DEEP, *BELIEF[:2], *VIMCO],
    "prior=two_layer": [*SMALL, *TWO_LAYERS[:3], "z_dim=4"],
    "prior=conditional": [*SMALL, "condition=labels", "condition.decoder=false"],
    "prior=vampprior": [*SMALL, "prior.components=20"],
    "network": [*PLANE[:3], "optimizer.lr=3e-3"],
    "network=mlp": SMALL,
    "network=conv": [*PLANE[:3], "trainer.epochs=30", "optimizer.lr=3e-3"],
    "network=resnet": [
        *PLANE[:3],
        *("trainer.epochs=50", "network.channels=[8,16]", "objective.beta_schedule=linear"),
    ],
    "network=geodesic": [*SMALL, *BALL],
    "network=gru": SEQUENCES,
    "network=tcn": [*SEQUENCES, "network.channels=[32,32,32,32]", "optimizer.lr=3e-3"],
    "data": IMAGES,
    "data=cifar10": ["trainer.epochs=3"],
    "data=svhn": ["trainer.epochs=3"],
    "data=celeba": ["trainer.epochs=2", "network=conv"],
    "data=digits": ["decoder=bernoulli", *SMALL[3:]],
    "data=sprites": [*IMAGES, "optimizer.lr=3e-3"],
    "data=array": [*SMALL[4:], "trainer.epochs=250", "z_dim=2"],
    "data=table": ["decoder=mixed", "trainer.epochs=60", "z_dim=4", *SMALL[4:]],
    "data=folder": ["decoder=bernoulli", "data.size=16", "trainer.epochs=150", *SMALL[4:]],
    "data=breast_cancer": ["trainer.epochs=100", "z_dim=4", *SMALL[4:]],
    "data=ppca": ["trainer.epochs=10"],
    "data=counts": ["decoder=poisson", "trainer.epochs=20", *SMALL[4:]],
    "data=batch_counts": ["decoder=poisson", "trainer.epochs=20", *SMALL[4:]],
    "data=trajectories": ["network=gru", "trainer.epochs=12", "z_dim=4", "optimizer.lr=3e-3"],
}
NETWORK_OF_DECODER = {"geodesic": ["network@decoder_network=geodesic"]}


def words(group: str, option: str) -> list[str]:
    """The run's command line."""
    chosen = NETWORK_OF_DECODER.get(option, [f"{group}={option}"])
    return [*chosen, *WORDS.get(f"{group}={option}", WORDS[group])]


def make(group: str, option: str) -> dict[str, Any]:
    """Train, draw and keep: what ``runs.json`` has of it.

    Raises:
        FileNotFoundError, ValueError: the data are not here.
    """
    line = words(group, option)
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        cfg = vae_exp.compose(*line, *own_file(line, Path(folder)), "threads=1")
        if "root" in cfg.data:
            cfg.data.root = ROOT
        experiment = vae_exp.build(cfg)
        records = []
        for record in experiment.train(stop=lambda: time.process_time() - began > SECONDS):
            records.append(record)
        experiment.vae.eval()
        with torch.no_grad(), paper():
            torch.manual_seed(0)
            pixels = render(DRAW[group](experiment.vae, experiment.data))
    (FOLDER / f"{group}-{option}.webp").write_bytes(webp(pixels))
    elbos = [record["val/elbo"] for record in records if "val/elbo" in record]
    if not elbos:  # stopped within the first epoch
        x, c = experiment.data.at("validation", slice(0, 500))
        with torch.no_grad():
            elbos.append(experiment.vae(x, c)[1]["elbo"].item())
    return {
        "words": line,
        "elbo": round(max(elbos), 2),
        "seconds": round(time.process_time() - began),
    }


def webp(pixels: object) -> bytes:
    """As good as ``MOST_BYTES`` allow."""
    image = Image.fromarray(pixels)
    for quality in (85, 75, 60, 45, 30, 20):
        buffer = io.BytesIO()
        image.save(buffer, "webp", quality=quality, method=6)
        if buffer.tell() <= MOST_BYTES:
            break
    return buffer.getvalue()


def wanted(arguments: list[str], done: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The options to make: those asked for, or all that have no picture."""
    for group in GROUPS:
        for option in options(group):
            name = f"{group}={option}"
            asked = group in arguments or name in arguments
            if asked or (not arguments and name not in done):
                yield group, option


def finished() -> dict[str, Any]:
    """What ``runs.json`` has; read again each time, as several may work side by side."""
    return json.loads(RUNS.read_text()) if RUNS.exists() else {}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for group, option in wanted(sys.argv[1:], finished()):
        name = f"{group}={option}"
        try:
            made = make(group, option)
        except Exception as error:  # the others are made none the less
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            continue
        print(f"{name}: {made['elbo']} nats, {made['seconds']} s", flush=True)
        done = {**finished(), name: made}
        ordered = {name: done[name] for name in sorted(done)}
        RUNS.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
