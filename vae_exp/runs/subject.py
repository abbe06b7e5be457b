"""A trained model and the data that a command asks it about: a split of its own, or a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import torch
from omegaconf import OmegaConf
from torch import Tensor

from vae_exp.condition import UNKNOWN
from vae_exp.configuration.compose import conf_dir
from vae_exp.configuration.paths import named_files
from vae_exp.data import SPLITS, Data
from vae_exp.data.array_file import Rows
from vae_exp.data.given import ELEMENTS, Given
from vae_exp.data.given_file import read_given
from vae_exp.data.given_table import GivenTable
from vae_exp.data.table_form import KEYS, TableForm
from vae_exp.evaluation import Evaluation
from vae_exp.importance import check_inside
from vae_exp.runs.load import load_experiment, load_without_data
from vae_exp.runs.outliers import marked, read_outliers
from vae_exp.runs.override import other_questions, override
from vae_exp.runs.read_condition import read_condition
from vae_exp.storage.saved_run import SavedRun
from vae_exp.vae import VAE

FILE = "file"  # its name in messages
ROWS = 1000  # that are looked at together


@dataclass(frozen=True)
class Subject:
    """What is asked about.

    Args:
        vae: the model.
        data: its own, or the rows of a file.
        split: of them.
        evaluation: that of the run.
        files: what was read.
        form: what tables are written with that are like it.
        outlier: of each row of a file whether it is one, 1 or 0, (N,), where that is known.
        table: the file, where it is a table.
        others: what makes it none of the run's own data and weights: the file, or keys.
    """

    vae: VAE
    data: Data
    split: str
    evaluation: Evaluation
    files: tuple[Path, ...]
    form: TableForm
    outlier: numpy.ndarray | None = None
    table: GivenTable | None = None
    others: tuple[str, ...] = ()

    @property
    def observed(self) -> Tensor:
        """How many components of each datum are not missing, (N,)."""
        batches = self.data.batches(self.split, ROWS)
        return torch.cat([(~x.isnan()).flatten(1).sum(1).cpu() for x in batches])

    @property
    def known_classes(self) -> int:
        """Of how many data the class is given to a model that would find it out."""
        if not self.vae.condition.enumerates:
            return 0
        rows = range(0, self.data.size(self.split), ROWS)
        given = [self.data.at(self.split, slice(start, start + ROWS))[1] for start in rows]
        return sum(int((c != UNKNOWN).sum()) for c in given if c is not None)

    @property
    def ids(self) -> list[Any]:
        """A name for each datum, else its row in the file, else its place in the split, from 0."""
        ids, numbers = self.data.ids, self.data.numbers
        if ids is not None:
            return list(ids[self.split])
        if numbers is not None:
            return numbers[self.split].tolist()
        return list(range(self.data.size(self.split)))


def load_subject(
    run: SavedRun,
    words: Sequence[str],
    split: str,
    allow: Sequence[str],
    condition: Sequence[str] | None,
    outliers: str | None = None,
) -> Subject:
    """The model of a run, and the data that the words name.

    Args:
        words: a file, a folder of pictures or none, and ``key=value`` of the run's configuration.
        split: of the run's own data, or of a file that has several.
        allow: packages whose classes the configuration may name.
        condition: words for the condition of all rows of a file, see ``read_condition``.
        outliers: the array, or column, of the file that says which rows are outliers; none for y,
            if it does.

    Raises:
        ValueError: something is amiss, in one line.
    """
    files = [word for word in words if "=" not in word or Path(word).expanduser().is_file()]
    if len(files) > 1:
        raise ValueError(f"{FILE}: expected one file, or none, got {', '.join(files)}")
    config = _with_form(run.config) if files else run.config
    config, given = override(config, [word for word in words if word not in files])
    own = _section(config)
    if not files:
        for option, value in {"--condition": condition, "--outliers": outliers}.items():
            if value is not None:
                raise ValueError(
                    f"{option}: expected none for the run's own data, which have what they have, "
                    "got some; name a file, before --condition, which takes all words behind it"
                )
        experiment = load_experiment(run, config, allow, named_files(given))
        read = named_files({f"data.{key}": value for key, value in own.items()})
        return Subject(
            experiment.vae.eval(),
            experiment.data,
            split,
            experiment.evaluation,
            tuple(Path(file).expanduser() for file in read),
            TableForm.of(own),
            others=tuple(other_questions(run.config, given)),
        )
    for key in given:
        if key.startswith("data.") and key.removeprefix("data.") not in KEYS:
            raise ValueError(f"{key}: expected no key of data where a file is named, {files[0]}")
    vae, evaluation = load_without_data(run, config, allow)
    given_file = read_given(files[0], FILE, vae.observe, own, decoded_folder())
    parts = given_file.parts
    rows = parts["train"] if len(parts) == 1 else parts.get(split)
    if rows is None:
        raise ValueError(f"--split: expected one of {', '.join(parts)}, got {split}")
    threshold = own.get("binarize") == "threshold"
    data = Given(rows, vae.observe, threshold, next(vae.parameters()).device)
    _check_inside(vae, data, rows)
    data.ids = None if rows.ids is None else dict.fromkeys(SPLITS, rows.ids)
    if rows.numbers is not None:
        data.numbers = dict.fromkeys(SPLITS, torch.from_numpy(rows.numbers))
    data.c = _condition(vae, rows, condition)
    outlier = None
    if outliers is not None:
        outlier = read_outliers(given_file.arrays(), outliers, len(rows.x))
    elif own.get("label") is None and vae.condition.source != "labels":  # else it is a class
        outlier = marked(rows.y)
    table = given_file.table
    form = TableForm() if table is None else table.form
    read = (Path(files[0]).expanduser(),)
    return Subject(vae, data, split, evaluation, read, form, outlier, table, (FILE,))


def _with_form(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration, whose data have keys of ``TableForm``, as those of earlier versions and of
    other data have not: a file may be a table of whatever form."""
    if not (own := _section(config)):  # what is no section is refused where it is looked at
        return config
    usual = {key: getattr(TableForm(), key) for key in KEYS}
    return {**config, "data": {**usual, **own}}


def _section(config: dict[str, Any]) -> dict[str, Any]:
    data = config.get("data")
    return data if isinstance(data, dict) else {}


def decoded_folder() -> Path:
    """Where decoded images are kept unless one says otherwise; a run's folder has no say in it."""
    option = OmegaConf.load(Path(conf_dir()) / "data" / "folder.yaml")
    return Path(option.cache).expanduser()


def _check_inside(vae: VAE, data: Given, rows: Rows) -> None:
    try:
        for x in data.batches("test", max(1, ELEMENTS // torch.Size(data.shape).numel())):
            check_inside(vae.decoder, x)
    except ValueError as error:
        raise ValueError(f"{FILE}: {str(error).removeprefix('x: ')} in {rows.place}") from error


def _condition(vae: VAE, rows: Rows, words: Sequence[str] | None) -> Tensor | None:
    """The condition of each row: in the words, or in the file."""
    count = len(rows.x)
    if words is not None:
        c = read_condition(vae, words)
        if len(c) not in (1, count):
            raise ValueError(
                f"--condition: expected one, or {count} as there are rows, got {len(c)}"
            )
        return c.expand(count, *c.shape[1:])
    if vae.condition.hides:
        return None  # c is a part of the rows
    given = None
    if vae.condition.source == "labels" and rows.y is not None:
        given = rows.y
    if vae.condition.source == "covariates":
        given = {name: values.tolist() for name, values in rows.covariates.items()}
    try:
        if given is None:
            if not vae.condition.enumerates:  # else it finds it out
                vae.condition.seen(None)
            return None
        c = vae.condition.read(given)
    except ValueError as error:
        message = str(error).removeprefix("c: ")
        raise ValueError(f"--condition: {message}; {rows.told}") from error
    if len(c) != count:
        raise ValueError(f"{FILE}: expected covariates of {count} rows, got {len(c)}")
    return c
