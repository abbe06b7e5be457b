"""docs/gallery.md, from what docs/making/gallery.py has made."""

import json
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "gallery"
HEAD = """---
hide: [toc]
---
# Gallery

A picture of each posterior, likelihood, prior, network and data set, each from the run that its
command names, or from the beginning of it, as none was given more than a minute. They show what a
part is like, not how good it can be. Numbers are the best ELBO on validation data, in nats per
datum; those of different data or kinds of likelihood cannot be compared.
"""
GROUPS = {
    "encoder": (
        "Posteriors",
        "Left: 200 draws of q(z|x) for seven test data, one colour each, among the means of others "
        "in grey; of the sphere, seen from above its pole; of layers, z_1. Of codes, a row is a "
        "datum. Right: samples of the model.",
    ),
    "decoder": (
        "Likelihoods",
        "Test data, the mean of p(x|z) at the mean of q(z|x), and a draw of it. Of counts and "
        "tables: points are x, the line is the mean, and the band has 90 of 100 draws.",
    ),
    "prior": (
        "Priors",
        "Left: draws of p(z) in grey, below the means of q(z|x), coloured by class: the more alike "
        "they are, the better. Right: samples of the model.",
    ),
    "network": (
        "Networks",
        "Left: test data and reconstructions. Right: what the decoder makes of a grid of latents.",
    ),
    "data": ("Data sets", "Left: training data. Right: what a model makes up after that run."),
}
ABSENT = """
### {option}

no picture: its files are not in the repository. {files}, this makes it:

`python docs/making/gallery.py data={option}`
"""


DOWNLOADED = "With a network, from which it gets them once, or with the files in `~/.cache/vae_exp`"
PLACED = {"celeba": "With the files in `~/.cache/vae_exp/celeba`, where you have to put them"}


def on_files(files: Files, config: MkDocsConfig, **_: object) -> Files:
    """mkdocs: the files of the site, with the gallery."""
    files.append(File.generated(config, "gallery.md", content="\n".join(page())))
    return files


def page() -> Iterator[str]:
    """Its Markdown: a card for each option, by group."""
    runs = json.loads((FOLDER / "runs.json").read_text())
    yield HEAD
    for group, (title, explained) in GROUPS.items():
        yield f"## {title}\n\n{explained}\n\n<div class='gallery' markdown>"
        for path in sorted((ROOT / "conf" / group).glob("*.yaml")):
            run = runs.get(f"{group}={path.stem}")
            yield f"<div markdown>\n{card(group, path.stem, run)}\n</div>"
        yield "</div>\n"


def card(group: str, option: str, run: dict[str, object] | None) -> str:
    if run is None:
        return ABSENT.format(option=option, files=PLACED.get(option, DOWNLOADED))
    own = f"reference/data.md#vae_exp.data.{option}"
    link = own if group == "data" else f"mathematics/{group}.md#{option}"
    picture = f"![{option}](gallery/{group}-{option}.webp){{ loading=lazy }}"
    words = " ".join(run["words"])
    numbers = f"{run['elbo']} nats, {run['seconds']} s".replace("-", "−")
    return f"### [{option}]({link})\n\n{picture}\n\n`{words}`\n\n{numbers}\n"
