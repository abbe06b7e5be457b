"""Where decoded images are kept: arrays of bytes that are there as a whole or not at all."""

import glob
import json
import logging
import os
import secrets
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy
from filelock import FileLock, Timeout
from numpy.lib import format as npy
from torch import Tensor

from vae_exp.data import mapped_rows
from vae_exp.data.image_decoding import Decoding
from vae_exp.data.image_files import ImageFiles, shown
from vae_exp.data.tensor import as_tensor

log = logging.getLogger(__name__)

KEY = "data.cache"
VERSION = 2  # of what is kept, and of how it is decoded


class DecodedCache:
    """A .npy file of the decoded images of some files, and a .json file that says what is in it.

    There is a pair for each state of the files and way of decoding.

    Args:
        folder: of all such pairs.
        files, decoding: what is decoded, and how.
    """

    def __init__(self, folder: Path, files: ImageFiles, decoding: Decoding):
        self.folder, self.files, self.decoding = folder, files, decoding
        way = asdict(decoding)
        fingerprint = files.fingerprint(VERSION, *way.items())
        stem = f"{files.folder.name}-{decoding.size}-{fingerprint[:16]}"
        self.array, self.index = folder / f"{stem}.npy", folder / f"{stem}.json"
        # which it has in common with other states of the same folder
        self.origin = {"folder": str(files.folder), "decoding": way}
        self.content = {"fingerprint": fingerprint, **self.origin}

    def read(self) -> tuple[Tensor, dict[str, str]] | None:
        """x (N, C, H, W), mapped, and why broken files are left out, if it is all there."""
        index = _read_index(self.index)
        if not index.items() >= self.content.items():
            return None
        try:
            broken = {str(name): str(reason) for name, reason in index["broken"].items()}
            x = mapped_rows.map_file(self.array)
            whole = x.offset + x.nbytes == self.array.stat().st_size
            rest = (self.decoding.size, self.decoding.size)
            count = sum(name not in broken for name in self.files.seen)
            fits = x.dtype == numpy.uint8 and (x.shape[0], *x.shape[2:]) == (count, *rest)
            # of a larger one all would have to be read, which a start does not wait for
            known = x.nbytes >= mapped_rows.LARGE or zlib.crc32(x) == index["crc32"]
        except (OSError, EOFError, ValueError, KeyError, AttributeError):
            return None
        return (as_tensor(x), broken) if whole and fits and known else None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the one process that makes it, once no other one does.

        Raises:
            ValueError: the folder cannot be written to.
        """
        lock = FileLock(self.folder / f".{self.array.stem}.lock")
        with self.writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                log.info("waiting for another process, which decodes the same images")
                lock.acquire()
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Say of what goes wrong inside that it is the cache's folder.

        Raises:
            ValueError: naming the key.
        """
        try:
            yield
        except (OSError, NotImplementedError) as error:  # the latter of locks, on some disks
            reason = getattr(error, "strerror", None) or str(error)
            raise ValueError(
                f"{KEY}: expected a folder to keep decoded images in, got {shown(str(self.folder))}"
                f": {reason}; set {KEY} to another one"
            ) from error

    def check_room(self, channels: int) -> None:
        """Raises ValueError where the disk has no place for all images."""
        needed = len(self.files.seen) * channels * self.decoding.size**2
        free = shutil.disk_usage(self.folder).free
        if needed > free:
            raise ValueError(
                f"{KEY}: expected room for {needed / 1e9:,.1f} GB of decoded images in "
                f"{shown(str(self.folder))}, got {free / 1e9:,.1f} GB; set {KEY} to a folder on a "
                "larger disk, or make data.size smaller"
            )

    @contextmanager
    def new_array(self, channels: int) -> Iterator["NewArray"]:
        """An array to append to, which is there at the end if all went well."""
        for left in self.folder.glob(f".{glob.escape(self.array.stem)}.*.tmp"):
            left.unlink(missing_ok=True)  # of a process that was killed
        with _atomic(self.array) as file:
            array = NewArray(file, (channels, self.decoding.size, self.decoding.size))
            yield array
            array.close()

    def finish(self, crc32: int, broken: dict[str, str]) -> None:
        """Make what has been written count, in the place of earlier states of the same folder."""
        text = json.dumps({**self.content, "crc32": crc32, "broken": broken}, indent=1)
        with _atomic(self.index) as file:
            file.write(text.encode())
        for index in self.folder.glob("*.json"):
            old = _read_index(index)
            if index != self.index and old.items() >= self.origin.items():
                with suppress(OSError):
                    index.unlink()
                    index.with_suffix(".npy").unlink()


class NewArray:
    """The rows of a .npy file, one after the other; how many there will be need not be known.

    Args:
        shape: of a row, (C, H, W).
    """

    def __init__(self, file: BinaryIO, shape: tuple[int, int, int]):
        self.file, self.shape = file, shape
        self.count, self.crc32 = 0, 0
        self._write_header()
        self.start = file.tell()

    def append(self, rows: numpy.ndarray) -> None:
        """Write rows, (n, C, H, W)."""
        self.file.write(rows.data)
        self.count += len(rows)
        self.crc32 = zlib.crc32(rows, self.crc32)

    def keep_first_channel(self) -> None:
        """Let the rows move up, so that each has one channel."""
        size, (channels, height, width) = self.count, self.shape
        self.shape = (1, height, width)
        self.count, self.crc32 = 0, 0
        for row in range(size):
            self.file.seek(self.start + row * channels * height * width)
            levels = self.file.read(height * width)
            self.file.seek(self.start + row * height * width)
            self.append(numpy.frombuffer(levels, numpy.uint8)[None])
        self.file.truncate()

    def close(self) -> None:
        """Write down how many rows there are."""
        self.file.seek(0)
        self._write_header()

    def _write_header(self) -> None:
        # of the same length whatever the count is: numpy leaves room for it to grow
        shape = (self.count, *self.shape)
        npy.write_array_header_1_0(
            self.file, {"descr": "|u1", "fortran_order": False, "shape": shape}
        )


@contextmanager
def _atomic(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which gets its name once it is on the disk."""
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb+") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _read_index(file: Path) -> dict[str, Any]:
    """What a .json file of the cache says, or nothing where it is none."""
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
