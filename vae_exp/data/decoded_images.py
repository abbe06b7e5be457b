"""Images of many files, decoded once."""

import logging
import warnings
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy
import torch
from torch import Tensor

from vae_exp.data.decoded_cache import KEY, DecodedCache
from vae_exp.data.image_decoding import Decoding, formats, reason
from vae_exp.data.image_files import ImageFiles, listed, shown
from vae_exp.data.progress import tell

log = logging.getLogger(__name__)

TOGETHER = 2**26  # bytes of images that are decoded before they are written
MOST_TOGETHER = 1024  # images


@dataclass(frozen=True)
class DecodedImages:
    """The images of those files that are no broken ones.

    Args:
        x: (N, C, H, W), of uint8, mapped.
        names: of their files, in order, see ``ImageFiles``.
    """

    x: Tensor
    names: list[str]


def decoded_images(files: ImageFiles, decoding: Decoding, folder: Path) -> DecodedImages:
    """The images of the files, decoded at the first time and from then on mapped.

    One process decodes, while others that need the same wait for it.

    Args:
        folder: where they are kept, see ``DecodedCache``.

    Raises:
        ValueError: none of the files is an image, or there is no place for what they are.
    """
    if not files.seen:
        raise _none(files, files.broken)
    cache = DecodedCache(folder, files, decoding)
    found = cache.read()
    if found is None:
        with cache.locked():
            found = cache.read()  # another process may have been the one
            if found is None:
                _decode(files, decoding, cache)
                found = cache.read()
    if found is None:
        raise ValueError(f"{KEY}: expected to read what was written to {cache.array}, got other")
    x, broken = found
    if broken:
        count = len(files.seen) + len(files.broken)
        log.warning(
            f"{files.key}: {len(broken):,} of {count:,} images cannot be read and are left out: "
            f"{_with_reasons(broken)}; {cache.index} names them all"
        )
    return DecodedImages(x, [name for name in files.seen if name not in broken])


def _decode(files: ImageFiles, decoding: Decoding, cache: DecodedCache) -> None:
    """Decode all files into the cache."""
    channels = 1 if decoding.channels == "grey" else 3
    broken = dict(files.broken)
    grey = decoding.channels == "auto"  # as far as is known
    with cache.writing():
        cache.check_room(channels)
        log.info(
            f"decoding {len(files.seen):,} images of {shown(str(files.folder))}, once, "
            f"{decoding}: they are kept in {shown(str(cache.array))}"
        )
        with cache.new_array(channels) as array:
            with closing(_in_order(files, decoding, broken)) as parts:
                for rows in parts:
                    array.append(rows)
                    grey = grey and bool((rows == rows[:, :1]).all())
            if not array.count:
                raise _none(files, broken)
            if grey:
                array.keep_first_channel()
        cache.finish(array.crc32, broken)


def _in_order(
    files: ImageFiles, decoding: Decoding, broken: dict[str, str]
) -> Generator[numpy.ndarray]:
    """The images, (n, C, H, W), some at a time; broken ones come to ``broken`` instead."""
    names, done = list(files.seen), 0
    together = max(1, min(MOST_TOGETHER, TOGETHER // (3 * decoding.size**2)))
    formats()  # finds Pillow's plugins, which one thread alone should do
    # as many as the user, or the container, grants torch; Pillow decodes without the GIL
    pool = ThreadPoolExecutor(torch.get_num_threads())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what Pillow can read nevertheless
            for start in range(0, len(names), together):
                rows = []
                chunk = names[start : start + together]
                for name, image in zip(chunk, pool.map(_try(decoding, files.folder), chunk)):
                    if isinstance(image, str):
                        broken[name] = image
                    else:
                        rows.append(image)
                    done += 1
                    tell(done, len(names))
                if rows:
                    yield numpy.stack(rows)
    finally:
        pool.shutdown(cancel_futures=True)  # after Ctrl+C, too, what has begun ends first


def _try(decoding: Decoding, folder: Path) -> Callable[[str], numpy.ndarray | str]:
    """Decode a file by its name, or say why it cannot be."""

    def decode(name: str) -> numpy.ndarray | str:
        try:
            return decoding(folder / name)
        except Exception as error:  # Pillow has many words for a file that is broken
            return reason(error)

    return decode


def _none(files: ImageFiles, broken: dict[str, str]) -> ValueError:
    """What to say where there is no image to go on with."""
    folder = shown(str(files.folder))
    if broken:
        got = f"{len(broken):,} that cannot be read: {_with_reasons(broken)}"
    else:
        got = f"other files alone: {files.other_suffixes()}" if files.others else "none"
    return ValueError(f"{files.key}: expected images (.jpg, .png, ...) in {folder}, got {got}")


def _with_reasons(broken: dict[str, str]) -> str:
    return listed(f"{name} ({reason})" for name, reason in broken.items())
