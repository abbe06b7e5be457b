"""A user's file, of any format, picture or folder of pictures, as rows for a trained model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vae_exp.data.array_file import READERS, Rows, read, read_beside
from vae_exp.data.given_pictures import read_given_folder, read_given_picture
from vae_exp.data.given_table import GivenTable, read_given_table
from vae_exp.data.image_decoding import suffixes
from vae_exp.data.observation import Observation
from vae_exp.data.table_file import SUFFIXES


@dataclass(frozen=True)
class GivenFile:
    """What a file has for a model.

    Args:
        parts: the rows, by split where the file has several.
        arrays: all that it has by name, to be called.
        table: the file as a table, if it is one.
    """

    parts: dict[str, Rows]
    arrays: Callable[[], Mapping[str, Any]]
    table: GivenTable | None = None


def read_given(
    path: str, key: str, observe: Observation, own: Mapping[str, Any], cache: Path
) -> GivenFile:
    """The rows of a file.

    Args:
        path: of a .npy, .npz, .pt or .h5ad file, see ``array_file.read``, of a .csv, .tsv or
            .parquet file, see ``read_given_table``, or of a picture or a folder of them, see
            ``read_given_folder``.
        key: what it is called in messages.
        observe: what a datum is to the model.
        own: how the model's own data were read, the section data of its configuration.
        cache: the folder in which decoded images are kept.

    Raises:
        ValueError: it does not read, or is none of this model's data.
    """
    file = Path(path).expanduser()
    fit = "stretch" if own.get("fit") == "stretch" else "crop"
    if file.is_dir():
        rows = read_given_folder(file, key, observe, fit, cache)
        return GivenFile({"train": rows}, dict)
    if file.suffix.lower() in SUFFIXES:
        table = read_given_table(path, key, observe, own)
        return GivenFile({"train": table.rows}, lambda: table.columns, table)
    if file.suffix.lower() in suffixes():
        return GivenFile({"train": read_given_picture(file, key, observe, fit)}, dict)
    if file.suffix.lower() not in READERS:
        known = [*READERS, *SUFFIXES]
        raise ValueError(
            f"{key}: expected a {', '.join(known[:-1])} or {known[-1]} file, a picture or a "
            f"folder of them, got {file}{'' if file.exists() else ', which is not there'}"
        )
    return GivenFile(read(path, key), lambda: read_beside(path, key))
