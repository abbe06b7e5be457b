"""A file is read as it was written, or not at all."""

import hashlib
import json
import zlib
from dataclasses import asdict

import numpy
import pytest

pytest.importorskip("constriction")

from vae_exp.compression.container import MAGIC, Header, checksum, pack, unpack
from vae_exp.compression.numerics import REMEDIES, check_numerics

NUMERICS = {"device": "cpu", "processor": "A, AVX2", "threads": 1, "dtype": "float32"}
NUMERICS |= {"torch": "2.9.0", "constriction": "0.5.0"}
HEADER = Header(7, 1, "ab" * 8, "best", NUMERICS, "cd" * 8, "ef" * 16)
WORDS = numpy.array([1, 2, 2**32 - 1], numpy.uint32)


def forged(**changed):
    """A file whose checksums are right, by who knows how they are made."""
    text = json.dumps({**asdict(HEADER), **changed})
    packed = zlib.compress(text.encode())
    rest = len(packed).to_bytes(2, "little") + packed + WORDS.tobytes()
    return MAGIC + checksum(rest) + rest


def test_what_is_written_is_read():
    header, words = unpack(pack(HEADER, WORDS))
    assert header == HEADER
    assert (words == WORDS).all()
    assert checksum(b"x") == hashlib.sha256(b"x").digest()[:16]
    assert unpack(forged())[0] == HEADER


@pytest.mark.parametrize("place", [3, 9, 30, 60, -1])
def test_a_bit_that_flips_is_noticed(place):
    content = bytearray(pack(HEADER, WORDS))
    content[place] ^= 1
    with pytest.raises(ValueError, match="expected a file"):
        unpack(bytes(content))


@pytest.mark.parametrize("length", [0, 5, 8, 20, 26, 100, -1])
def test_a_file_that_was_cut_short_is_noticed(length):
    with pytest.raises(ValueError, match="expected a file"):
        unpack(pack(HEADER, WORDS)[:length])


STRANGE = {
    "count is negative": {"count": -1},
    "count is true": {"count": True},
    "count is huge": {"count": 2**40},
    "no largest": {"largest": 0},
    "numerics are none": {"numerics": {}},
    "threads are words": {"numerics": {**NUMERICS, "threads": "1"}},
    "another key": {"evil": 1},
    "a bomb": {"model": "0" * 10**6},
}


@pytest.mark.hostile
@pytest.mark.parametrize("what", STRANGE)
def test_a_strange_header_is_refused(what):
    with pytest.raises(ValueError, match="expected a header of"):
        unpack(forged(**STRANGE[what]))


@pytest.mark.bad_input
@pytest.mark.parametrize("name", REMEDIES)
def test_other_numerics_are_refused_in_one_line(name):
    check_numerics(NUMERICS, dict(NUMERICS))
    with pytest.raises(ValueError, match=rf"^{name}: expected .*got other; ") as refused:
        check_numerics(NUMERICS, {**NUMERICS, name: "other"})
    assert "\n" not in str(refused.value)
