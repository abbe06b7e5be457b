"""A user's files for the gallery: what data=array, table and folder read."""

import csv
import math
from pathlib import Path

import numpy
import torch
from PIL import Image, ImageDraw

ROWS = 1500


def own_file(words: list[str], folder: Path) -> list[str]:
    """What points the data set of this command line at a file, written there, if it wants one."""
    for word in words:
        if word in MAKE:
            return [f"data.path={MAKE[word](folder)}"]
    return []


def ring(folder: Path) -> Path:
    """Points (N, 2) of a ring with three waves, as real numbers; the class is the third of it."""
    random = numpy.random.default_rng(0)
    angle = random.uniform(0, 2 * math.pi, ROWS)
    radius = 1.5 + 0.4 * numpy.cos(3 * angle) + random.normal(0, 0.08, ROWS)
    points = radius[:, None] * numpy.stack([numpy.cos(angle), numpy.sin(angle)], axis=1)
    third = (3 * angle / (2 * math.pi)).astype(int)
    numpy.savez(folder / "ring.npz", x=points.astype("float32"), y=third)
    return folder / "ring.npz"


def penguins(folder: Path) -> Path:
    """A table of made birds: numbers, a count, categories and yes/no."""
    random = numpy.random.default_rng(0)
    species = random.integers(0, 3, ROWS)
    size = random.normal(0, 1, ROWS)
    columns = {
        "mass_kg": numpy.exp(numpy.array([1.2, 1.3, 1.6])[species] + 0.08 * size).round(3),
        "bill_mm": (numpy.array([38.8, 48.8, 47.5])[species] + 2.5 * size).round(1),
        "eggs": random.poisson(numpy.array([2.0, 1.5, 4.0])[species]),
        "island": numpy.array(["Biscoe", "Dream", "Torgersen"])[
            (species + (random.random(ROWS) < 0.2)) % 3
        ],
        "ringed": numpy.where(random.random(ROWS) < 0.3, "yes", "no"),
    }
    with (folder / "penguins.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values()))
    return folder / "penguins.csv"


def shapes(folder: Path) -> Path:
    """Drawings of circles, squares and triangles, a subfolder a class."""
    torch.manual_seed(0)
    for index in range(600):
        name = ("circle", "square", "triangle")[index % 3]
        x, y, r = (torch.rand(3) * torch.tensor([30, 30, 12]) + torch.tensor([17, 17, 8])).tolist()
        picture = Image.new("L", (64, 64), 0)
        draw = ImageDraw.Draw(picture)
        if name == "circle":
            draw.ellipse((x - r, y - r, x + r, y + r), fill=255)
        else:
            sides = 4 if name == "square" else 3
            draw.regular_polygon((x, y, r * 1.15), sides, fill=255)
        (folder / "shapes" / name).mkdir(parents=True, exist_ok=True)
        picture.save(folder / "shapes" / name / f"{index}.png")
    return folder / "shapes"


MAKE = {"data=array": ring, "data=table": penguins, "data=folder": shapes}
