"""The arrays in a .npy, .npz or .pt file."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy
import torch
from torch import Tensor

from vae_exp.data import SPLITS
from vae_exp.data.array_names import names_of
from vae_exp.data.covariates import read_covariate
from vae_exp.data.h5ad import read_h5ad
from vae_exp.data.labels import Labels, read_labels
from vae_exp.data.mapped_rows import map_file
from vae_exp.data.split_words import read_splits
from vae_exp.data.tensor import as_array, as_tensor

# how to make an array of what is none
CONVERSION = {
    ".csv": "numpy.save('{stem}.npy', numpy.loadtxt('{name}', delimiter=',', skiprows=1))",
    ".tsv": "numpy.save('{stem}.npy', numpy.loadtxt('{name}', delimiter='\\t', skiprows=1))",
    ".parquet": "numpy.save('{stem}.npy', pandas.read_parquet('{name}').to_numpy())",
}


@dataclass(frozen=True)
class Rows:
    """Rows of a file.

    Args:
        x: (N, X).
        y: a class for each, (N,), or none.
        key: of the configuration, that names the file.
        place: where they are, for messages.
        covariates: by name, see ``read_covariate``.
        ids: a name or a number for each, or none.
        numbers: which rows of the file they are, counted from 0, (N,), or none for all in order.
        told: where they say the condition of each, in words, for who lacks it.
    """

    x: Tensor
    y: Labels | None
    key: str
    place: str
    covariates: dict[str, numpy.ndarray] = field(default_factory=dict)
    ids: list[int | str] | None = None
    numbers: numpy.ndarray | None = None
    told: str = (
        "it is read from y, or of covariates from arrays c_name, of the file, or from its columns, "
        "where it is not given"
    )

    def at(self, index: numpy.ndarray, place: str) -> "Rows":
        """Those at ``index``, (M,)."""
        return Rows(
            self.x[torch.from_numpy(index)],
            None if self.y is None else self.y[index],
            self.key,
            place,
            {name: values[index] for name, values in self.covariates.items()},
            None if self.ids is None else [self.ids[i] for i in index.tolist()],
            index,
        )


def read(path: str | None, key: str) -> dict[str, Rows]:
    """The rows of a file: ``train``, and ``validation`` and ``test`` where it has them apart.

    Of several arrays in a .npz or .pt file the rows are called x, features, data or images, and
    their classes, if there are any, y, targets or labels; with _train, _val or _test behind, or
    before, where the file has its splits. c_age and the like are covariates, id are names of rows,
    and split says of each row to which split it belongs: a word, or 0, 1 and 2. The test data's
    c_age is c_age_test where the training data have a c_age as well. A single array may have any
    name. A .npy file is mapped, not read: rows come from the disk when they are copied. Of .h5ad
    see ``read_h5ad``.

    Raises:
        ValueError: naming ``key``, where there is no such file or it does not read.
    """
    if path is None:
        raise ValueError(f"{key}: expected the path of a .npy, .npz, .pt or .h5ad file, got null")
    file, arrays = _arrays(path, key)
    if not isinstance(arrays, dict):
        return {"train": _rows({"x": arrays}, key, file.name)}
    if file.suffix.lower() == ".h5ad":
        return {"train": _rows(arrays, key, f"X in {file.name}")}
    if len(arrays) == 1:
        (name, x) = next(iter(arrays.items()))
        return {"train": _rows({"x": x}, key, f"{name} in {file.name}")}
    parts, apart = {}, None
    for split, names in names_of(arrays, key, file).items():
        found = {part: arrays[name] for part, name in names.items()}
        said = found.pop("split", None)
        apart = said if apart is None else apart
        parts[split] = _rows(found, key, f"{names['x']} in {file.name}")
    return parts if apart is None else _by_split(parts, apart)


def read_beside(path: str, key: str) -> dict[str, Any]:
    """All arrays of a .npz or .pt file by their names, x among them; of others, none.

    Raises:
        ValueError: see ``read``.
    """
    _, arrays = _arrays(path, key)
    return {str(name): array for name, array in arrays.items()} if isinstance(arrays, dict) else {}


def _arrays(path: str, key: str) -> tuple[Path, Any]:
    file = Path(path).expanduser()
    suffix = "folder" if file.is_dir() else file.suffix.lower()
    if suffix not in READERS:
        conversion = CONVERSION.get(suffix, "").format(name=file, stem=file.parent / file.stem)
        hint = ""
        if conversion:
            hint = (
                f"; data=table data.path={file} takes it as it is, and numbers alone can be "
                f"converted in Python: {conversion}"
            )
        what = f"{file}, a folder" if suffix == "folder" else str(file)
        if suffix == "folder":
            hint = f"; a folder of images is data=folder data.path={file}"
        raise ValueError(f"{key}: expected a .npy, .npz, .pt or .h5ad file, got {what}{hint}")
    try:
        arrays = READERS[suffix](file)
    except Exception as error:  # torch and numpy have many words for a file that is not theirs
        reason = str(error).split("\n")[0] or type(error).__name__
        if "pickle" in reason:  # numpy would have it loaded unsafely
            reason = "not an array, or one of Python objects; strings need .astype('U')"
        raise ValueError(f"{key}: expected a file that reads, got {file}: {reason}") from error
    return file, arrays


def _by_split(parts: dict[str, Rows], apart: Any) -> dict[str, Rows]:
    """Rows by what an array of the file says of each, (N,)."""
    rows = parts["train"]
    if len(parts) > 1:
        raise ValueError(
            f"{rows.key}: expected either an array split or arrays x_train, x_test in "
            f"{rows.place}, got both"
        )
    said = _beside("split", apart, rows.key)
    splits = read_splits(said, len(rows.x), rows.key, rows.place)
    return {
        split: rows.at(numpy.flatnonzero(splits == split), f"split {split} of {rows.place}")
        for split in SPLITS
        if split in splits
    }


def _npz(file: Path) -> dict[str, numpy.ndarray]:
    with numpy.load(file) as arrays:
        return dict(arrays)


READERS = {
    ".npy": map_file,
    ".npz": _npz,
    ".h5ad": read_h5ad,
    ".pt": lambda file: torch.load(file, map_location="cpu", weights_only=True),
}


def _rows(arrays: dict[str, Any], key: str, place: str) -> Rows:
    x = _tensor(arrays["x"], key, place)
    beside = {name: _beside(name, arrays[name], key) for name in arrays if name != "x"}
    y, ids = beside.get("y"), beside.get("ids")
    covariates = {
        name.removeprefix("c_"): read_covariate(name.removeprefix("c_"), array, len(x), key)
        for name, array in beside.items()
        if name.startswith("c_")
    }
    y = None if y is None else read_labels(y, len(x), key)
    return Rows(x, y, key, place, covariates, None if ids is None else _ids(ids, len(x), key))


def _beside(name: str, values: Any, key: str) -> numpy.ndarray:
    try:
        return as_array(values)
    except (TypeError, ValueError) as error:  # in numpy's words
        reason = str(error).split("\n")[0]
        raise ValueError(
            f"{key}: expected {name} to be an array of numbers or strings, got "
            f"{type(values).__name__} ({reason})"
        ) from error


def _ids(array: numpy.ndarray, count: int, key: str) -> list[int | str]:
    if array.shape != (count,) or array.dtype.kind not in "iuUS":
        raise ValueError(
            f"{key}: expected id to be {count} integers or strings, a name for each row of x, got "
            f"{array.dtype} of shape {array.shape}"
        )
    array = numpy.char.decode(array, "utf-8", "replace") if array.dtype.kind == "S" else array
    return array.tolist()


def _tensor(array: Any, key: str, place: str) -> Tensor:
    expected = f"{key}: expected {place} to be an array of numbers (N, X)"
    if not isinstance(array, numpy.ndarray | Tensor):
        raise ValueError(f"{expected}, got {type(array).__name__}")
    try:
        tensor = as_tensor(array)
    except TypeError as error:
        raise ValueError(f"{expected}, got {error}") from error
    if tensor.dim() < 1:
        raise ValueError(f"{expected}, got a single one")
    return tensor.to(torch.uint8) if tensor.dtype == torch.bool else tensor
