"""Which image files a folder has."""

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

NAMED = 5  # files in a message


@dataclass
class ImageFiles:
    """Image files, by their names relative to a folder, as they were when they were looked at.

    Args:
        folder: an absolute path.
        key: of the configuration, that names the folder.
        seen: for each name the size in bytes and the time of the last change, in ns.
        broken: for each name that cannot be one the reason.
        others: how many files of other kinds there are, by the ends of their names.
    """

    folder: Path
    key: str
    seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    others: Counter[str] = field(default_factory=Counter)

    def add(self, name: str) -> None:
        """Look at a file; a link counts as what it leads to."""
        try:
            status = os.stat(self.folder / name)
        except OSError as error:
            self.broken[name] = error.strerror or type(error).__name__
            return
        if stat.S_ISREG(status.st_mode):
            self.seen[name] = (status.st_size, status.st_mtime_ns)
        else:  # reading a pipe may never end
            self.broken[name] = "not a file"

    def other_suffixes(self) -> str:
        """How many of each of the commonest ends there are, in words."""
        return ", ".join(f"{n:,} {shown(suffix)}" for suffix, n in self.others.most_common(NAMED))

    def fingerprint(self, *decoding: object) -> str:
        """The same as long as the files are, and what is done with them."""
        digest = hashlib.sha256(repr(decoding).encode())
        for name, (size, changed) in self.seen.items():
            digest.update(b"%s\0%d %d\n" % (os.fsencode(name), size, changed))
        for name in self.broken:
            digest.update(b"%s\0broken\n" % os.fsencode(name))
        return digest.hexdigest()


def find_images(folder: Path, suffixes: Iterable[str], key: str) -> ImageFiles:
    """The image files in a folder and those below it, in the order of their names.

    Links are followed, but for those to a folder that is found without them. What begins with a
    dot is not looked at.

    Args:
        folder: an absolute path.
        suffixes: how the names of image files end, in small letters.
        key: see ``ImageFiles``.

    Raises:
        ValueError: naming ``key``, where a folder cannot be read.
    """
    files = ImageFiles(folder, key)
    suffixes = frozenset(suffixes)
    try:
        names = sorted(_names(folder))
    except OSError as error:
        raise ValueError(
            f"{key}: expected a folder of images that can be read, got {shown(error.filename)}: "
            f"{error.strerror}"
        ) from error
    for name in names:
        suffix = os.path.splitext(name)[1].lower()
        if suffix in suffixes:
            files.add(name)
        else:
            files.others[suffix or "no suffix"] += 1
    return files


def shown(name: str) -> str:
    """A name without what would steer a terminal, or is no text."""
    return "".join(letter if letter.isprintable() else "�" for letter in name)


def listed(names: Iterable[str]) -> str:
    """The first of some names, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(map(shown, names[:NAMED])) + more


def _names(top: Path) -> Iterator[str]:
    """The names of all files, relative to ``top``, with / between their parts."""
    real_top = os.path.realpath(top)
    visited, waiting = set(), [""]
    while waiting:
        prefix = waiting.pop()
        with os.scandir(top / prefix) as entries:
            for entry in entries:
                name = prefix + entry.name
                if entry.name.startswith("."):
                    continue
                if not _is_folder(entry):
                    yield name
                elif not entry.is_symlink() or _is_elsewhere(entry.path, real_top, visited):
                    waiting.append(f"{name}/")


def _is_folder(entry: os.DirEntry) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _is_elsewhere(link: str, real_top: str, visited: set[str]) -> bool:
    """Whether a link leads neither into the folder nor around it, and to where none has led."""
    target = os.path.realpath(link)
    if os.path.commonpath([target, real_top]) in (target, real_top) or target in visited:
        return False
    visited.add(target)
    return True
