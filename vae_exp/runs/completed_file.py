"""The tables that ``vae_exp.impute`` writes: of a user's file, or of a run's own table."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from vae_exp.data.completed_table import write_frame
from vae_exp.data.table_file import SUFFIXES, TEXTS
from vae_exp.data.tabular import Tabular
from vae_exp.imputation import Imputed
from vae_exp.runs.subject import Subject
from vae_exp.storage.atomic_write import atomic_write

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class CompletedFile:
    """Where what was imputed becomes a table again, and how.

    Args:
        subject: what was imputed.
        suffixes: that such a file may have; none where there is no table.
        suffix: the one that it has if nobody says.
    """

    subject: Subject
    suffixes: tuple[str, ...]
    suffix: str

    @classmethod
    def of(cls, subject: Subject) -> "CompletedFile":
        """That of a file, or of a table that the model is of."""
        if subject.table is not None:
            return cls(subject, SUFFIXES, subject.table.file.suffix.lower())
        named = getattr(subject.vae.observe, "variables", ())
        return cls(subject, SUFFIXES if named else (), ".csv")

    def files(self, file: Path, draws: int) -> list[Path]:
        """What ``write`` will write."""
        if not self.suffixes:
            return []
        return [file, file.with_stem(f"{file.stem}_draws")][: 1 + bool(draws)]

    def write(self, file: Path, imputed: Imputed) -> None:
        """Write the table, and those of the draws, if there are any, to <file>_draws."""
        files = self.files(file, len(imputed.draws))
        self._write(file, self._frame(imputed.mean, file.suffix))
        if not len(imputed.draws):
            return
        import pandas

        frames = [self._frame(x, file.suffix) for x in imputed.draws]
        name = "draw"
        while name in frames[0].columns:
            name += "_"
        for draw, frame in enumerate(frames):
            frame.insert(0, name, str(draw) if file.suffix in TEXTS else draw)
        together = pandas.concat(frames, ignore_index=True)
        self._write(files[1], together)

    def _write(self, file: Path, frame: "DataFrame") -> None:
        table, form = self.subject.table, self.subject.form
        with atomic_write(file) as temporary:
            write_frame(temporary, frame, file.suffix, form, table is None or table.header)

    def _frame(self, x: Tensor, suffix: str) -> "DataFrame":
        if self.subject.table is not None:
            return self.subject.table.completed(x, as_texts=suffix in TEXTS)
        data = self.subject.data
        if isinstance(data, Tabular):
            return data.completed(self.subject.split, x)
        return self.subject.vae.observe.frame(x)
