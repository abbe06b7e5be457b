"""What ``python -m vae_exp.run --help`` shows, a screen at a time, from the files of conf/ alone.

Nothing is composed and nothing heavy imported, so that it answers at once.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from vae_exp.configuration.compose import conf_dir, experiments

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

GROUPS = {
    "encoder": "the posterior q(z|x)",
    "decoder": "the likelihood p(x|z)",
    "prior": "p(z)",
    "condition": "what is known of a datum besides x",
    "kl": "how KL(q(z|x) ‖ p(z)) is estimated",
    "objective": "what is minimised",
    "network": "of encoder and decoder; network@encoder_network, network@decoder_network: of one",
    "data": "what x is",
    "optimizer": "what takes the steps",
    "scheduler": "of the learning rate",
    "trainer": "how long and how it is trained",
    "evaluation": "what is measured on the test set",
    "plots": "what is drawn",
    "wandb": "Weights & Biases",
}
EXAMPLES = """\
python -m vae_exp.run decoder=bernoulli kl=schulman
python -m vae_exp.run decoder=laplace prior=mixture kl=monte_carlo
python -m vae_exp.run data=mnist decoder=bernoulli network=conv z_dim=10
python -m vae_exp.run -m decoder=gaussian,laplace seed=0,1,2     (a sweep)"""
SWEEPS = """\
python -m vae_exp.run -m decoder=gaussian,laplace seed=0,1,2
  one run for each combination, then a table and a page that compares them
python -m vae_exp.run -m experiment=sweep/which_kl
  a ready one; --help experiment lists them
hydra/launcher=parallel     side by side; slurm and ray_cluster: on a cluster
hydra/launcher=vmap         many seeds of a small model as one batched model
hydra.sweep.dir=<folder>    where to; else outputs/sweeps/<date>/<time>
sweep.resume=true           with the same command: what the last one lacks
sweep.resume=<folder>       ... of this one
python -m vae_exp.compare <folder>
  compares again, any runs; python -m vae_exp.search has Optuna choose"""
RESULTS = """\
outputs/<date>/<time>/      hydra.run.dir=<folder> for another
  summary.json              the final numbers, timings, versions
  metrics.jsonl             a line for each logged step and epoch
  plots/                    pictures
  checkpoints/              best.pt and last.pt
resume=<folder>             go on with a run (runs what it says: SECURITY.md)
resume=auto                 go on if hydra.run.dir has a run, else start
--allow <package>           admits classes of your own that the folder names
python -m vae_exp.evaluate <folder>
  measures again; likewise sample, score, encode, reconstruct, impute, certify, compress
exit codes                  1 failed in training, 2 before; 130, 143 stopped"""
TOPICS = {
    "settings": ("seed, z_dim, device, threads and other keys of no group", None),
    "experiment": ("recipes of papers, and ready sweeps", None),
    "sweeps": ("several runs, and comparing them", SWEEPS),
    "results": ("where they are, resuming, using a trained model", RESULTS),
}


def print_help(words: Sequence[str], own: str | None) -> None:
    """Print the overview, or what these words are about.

    Args:
        words: groups, group=option or topics; of several values the first one.
        own: a folder of options of the user's own, if any.

    Raises:
        ValueError: none of those.
    """
    from rich.console import Console

    folders = [Path(conf_dir()), *([Path(own)] if own else [])]
    # a whole command may stand before --help; values of keys have no page
    asked = [word for word in words if _group(word) in GROUPS or "=" not in word]
    pages = [_page(word, folders) for word in asked] or [overview(folders)]
    console = Console(highlight=False)
    for page in pages:
        for part in page:
            console.print(part)


def overview(folders: list[Path]) -> list["RenderableType"]:
    """How a command is put together, and the groups with their options."""
    from rich.text import Text

    groups = _grid()
    for group in GROUPS:
        names = [path.stem for path in option_files(group, folders)]
        told = ", ".join(names) if names != ["default"] else GROUPS[group]
        groups.add_row(Text(group, "bold cyan"), Text(told))
    for topic, (about, _) in TOPICS.items():
        groups.add_row(Text(topic, "bold green"), Text(about))
    return [
        Text("vae_exp trains and evaluates variational autoencoders, put together from groups.\n"),
        Text("Usage: python -m vae_exp.run [group=option ...] [group.key=value ...]\n", "bold"),
        Text(f"{EXAMPLES}\n"),
        groups,
        Text("\n--help <group>, <group>=<option> or <topic> says more; --cfg job has all keys;"),
        Text("--hydra-help has Hydra's flags; docs/command_line.md says how Tab completes."),
    ]


def _page(word: str, folders: list[Path]) -> list["RenderableType"]:
    from rich.text import Text

    group, option = _group(word), word.partition("=")[2].partition(",")[0]
    if word == "settings":
        rows = [row for row in keys(Path(conf_dir()) / "config.yaml") if "={...}" not in row[0]]
        return [Text(f"{word}: {TOPICS[word][0]}\n", "bold"), _table(rows)]
    if word in TOPICS:
        about, told = TOPICS[word]
        body = Text(told) if told else _table(_recipes())
        return [Text(f"{word}: {about}\n", "bold"), body]
    if group not in GROUPS:
        names = [*GROUPS, *TOPICS]
        near = difflib.get_close_matches(group, names, 1)
        hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(names)}"
        raise ValueError(f"--help: expected a group or a topic, got {word}; {hint}")
    files = {path.stem: path for path in option_files(group, folders)}
    if list(files) == ["default"]:
        option = "default"
    if not option:
        title = Text(f"{group}: {GROUPS[group]}\n", "bold")
        rows = [(name, description(path)) for name, path in files.items()]
        more = f"--help {group}={next(iter(files))} has the keys of an option"
        if group in CATALOGUED:
            more += f"; python -m vae_exp.catalogue {group} what goes together"
        return [title, _table(rows), Text(f"\n{more}.")]
    if option not in files:
        raise ValueError(f"--help: expected an option of {group}, got {option}; {', '.join(files)}")
    name = group if option == "default" else f"{group}={option}"
    title = Text(f"{name}: {description(files[option])}\n", "bold")
    return [title, _table([(f"{group}.{key}", told) for key, told in keys(files[option])])]


def _group(word: str) -> str:
    return word.partition("=")[0].partition("@")[0]


CATALOGUED = ("encoder", "decoder", "prior", "condition", "kl", "objective", "network", "data")


def option_files(group: str, folders: list[Path]) -> list[Path]:
    """The files of a group's options."""
    return [path for folder in folders for path in sorted((folder / group).glob("*.yaml"))]


def description(file: Path) -> str:
    """The comment that a file begins with, or what it names."""
    for line in file.read_text().splitlines():
        if line.startswith("# ") and not line.startswith("# @"):
            return line.removeprefix("# ")
        if line.startswith("_target_: "):
            return line.removeprefix("_target_: ")
    return ""


def keys(file: Path) -> Iterator[tuple[str, str]]:
    """The keys of a file that one may set, each with its default and the comment beside it."""
    lines = file.read_text().splitlines()
    for number, line in enumerate(lines):
        key, value, comment = _LINE.match(line).groups()
        if not key or key.startswith("_") or key == "defaults" or value.startswith("${"):
            continue
        below = [line.strip() for line in takewhile(_is_below, lines[number + 1 :])]
        items = [line.removeprefix("- ") for line in below if line.startswith("- ")]
        comments = [line.removeprefix("# ") for line in below if line.startswith("# ")]
        value = value or ("[...]" if items else "{...}")
        told = [comment, *comments, f"({', '.join(items)})" if items else ""]
        yield f"{key}={value}", " ".join(filter(None, told))


_LINE = re.compile(r"^(?:(\w+):\s*)?(.*?)\s*(?:(?:^|(?<=\s))#\s*(.*))?$")


def _is_below(line: str) -> bool:
    return line.startswith(" ")


def _recipes() -> list[tuple[str, str]]:
    folders: dict[str, list[str]] = {}
    for name in experiments():
        folder, _, recipe = name.rpartition("/")
        folders.setdefault(f"{folder}/" if folder else "", []).append(recipe)
    return [(folder, ", ".join(names)) for folder, names in folders.items()]


def _grid() -> "Table":
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column()
    return grid


def _table(rows: list[tuple[str, str]]) -> "RenderableType":
    from rich.text import Text

    grid = _grid()
    for name, told in rows:
        grid.add_row(Text(name, "bold cyan"), Text(told))
    return grid
