"""The file of compressed data: a header that says by what it can be read, and the words.

    8 bytes   VAEBITS and the version
    16 bytes  of the SHA-256 of all that comes behind them
    2 bytes   the length of the header
    header    JSON, packed by zlib
    words     of 32 bits, of a stack

All numbers have their lowest byte first.
"""

import hashlib
import json
import zlib
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy

MAGIC = b"VAEBITS\x01"
CHECKED = 16  # bytes of the checksum
LONGEST_HEADER = 2**15
MOST_DATA = 2**28  # that a file may claim to be


@dataclass(frozen=True)
class Header:
    """What a file says of itself.

    Args:
        count: of data, N.
        largest: x that there is, of counts; 1 of other data.
        model: a name of the weights.
        weights: ``best`` or ``last`` of the run.
        numerics: see ``vae_exp.compression.numerics``.
        fingerprint: of the model's probabilities, see ``BitsBack``.
        data: the checksum of the data.
    """

    count: int
    largest: int
    model: str
    weights: str
    numerics: dict[str, Any]
    fingerprint: str
    data: str


def pack(header: Header, words: numpy.ndarray) -> bytes:
    """The bytes of a file."""
    packed = zlib.compress(json.dumps(asdict(header), separators=(",", ":")).encode(), 9)
    rest = len(packed).to_bytes(2, "little") + packed + words.astype("<u4").tobytes()
    return MAGIC + checksum(rest) + rest


def unpack(content: bytes) -> tuple[Header, numpy.ndarray]:
    """The header and the words of a file.

    Raises:
        ValueError: it is another file, or not as it was written.
    """
    if not content.startswith(MAGIC[:-1]):
        raise ValueError("expected a file of vae_exp.compress, got another")
    if not content.startswith(MAGIC):
        raise ValueError("expected a file of this version of vae_exp.compress, got another one's")
    rest = content[len(MAGIC) + CHECKED :]
    if checksum(rest) != content[len(MAGIC) : len(MAGIC) + CHECKED]:
        raise ValueError("expected a file as it was written, got one that is damaged or cut short")
    size = int.from_bytes(rest[:2], "little")
    try:
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(rest[2 : 2 + size], LONGEST_HEADER)
        header = Header(**json.loads(text))
        _check(header)
        words = numpy.frombuffer(rest[2 + size :], "<u4").astype(numpy.uint32)
    except (zlib.error, TypeError, ValueError, RecursionError) as error:
        raise ValueError("expected a header of vae_exp.compress, got none that reads") from error
    return header, words


def _check(header: Header) -> None:
    for field in fields(Header):
        if type(getattr(header, field.name)) is not getattr(field.type, "__origin__", field.type):
            raise ValueError(field.name)
    names = {"device": str, "processor": str, "threads": int, "dtype": str, "torch": str}
    names |= {"constriction": str}
    if {name: type(value) for name, value in header.numerics.items()} != names:
        raise ValueError("numerics")
    if not (0 < header.count <= MOST_DATA and 0 < header.largest < 2**31):
        raise ValueError("count")


def checksum(content: bytes | numpy.ndarray) -> bytes:
    """16 bytes that are others for other content."""
    return hashlib.sha256(content).digest()[:CHECKED]
