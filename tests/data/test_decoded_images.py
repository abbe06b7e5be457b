"""The cache of decoded images: found again, renewed, never half written, made by one process."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy
import pytest
from filelock import FileLock

from tests.conftest import one_in
from tests.data.image_files import levels, write, write_all
from vae_exp.data import decoded_images as module
from vae_exp.data.decoded_images import decoded_images
from vae_exp.data.image_decoding import Decoding, suffixes
from vae_exp.data.image_files import find_images
from vae_exp.data.progress import watched_by

SIX = Decoding(6, "stretch", "auto")
NAMES = [f"{i}.png" for i in range(5)]


@pytest.fixture
def folder(tmp_path):
    write_all(tmp_path / "images", *NAMES, height=6, width=6)
    return tmp_path / "images"


@pytest.fixture
def decode(folder, tmp_path):
    """Decode the folder, and say how many files were read for it."""

    def decode(decoding=SIX, cache=tmp_path / "cache"):
        read = [0]
        with watched_by(lambda done, total: read.__setitem__(0, done)):
            files = find_images(folder, suffixes(), "data.path")
            found = decoded_images(files, decoding, cache)
        return found, read[0]

    return decode


def kept(tmp_path, suffix):
    return sorted(p for p in (tmp_path / "cache").iterdir() if p.name.endswith(suffix))


def test_a_second_run_reads_what_the_first_has_decoded(decode, tmp_path):
    first, count = decode()
    again, read = decode()
    assert (count, read) == (5, 0)
    assert first.names == again.names == NAMES
    assert (first.x == again.x).all()
    (file,) = kept(tmp_path, ".npy")  # which is an array for everyone
    assert (numpy.load(file) == again.x.numpy()).all()


def test_what_is_mapped_may_be_written_to_and_the_file_stays(decode):
    decode()[0].x.zero_()
    assert decode()[0].x.max() > 0


CHANGES = {
    "another image": lambda f: write(f / "0.png", 9, height=6, width=6),
    "one more": lambda f: write(f / "5.png", 9, height=6, width=6),
    "one less": lambda f: (f / "0.png").unlink(),
    "another name": lambda f: (f / "0.png").rename(f / "6.png"),
    "a later time": lambda f: os.utime(f / "0.png", ns=(0, 1)),
    "a broken link more": lambda f: (f / "a.png").symlink_to("nowhere"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_the_folder_renews_the_cache_and_leaves_nothing_behind(
    name, decode, folder, tmp_path
):
    decode()
    before = kept(tmp_path, ".npy")
    CHANGES[name](folder)
    found, count = decode()
    assert count == len(found.names) == len(found.x)
    assert len(kept(tmp_path, ".npy")) == len(kept(tmp_path, ".json")) == 1
    assert kept(tmp_path, ".npy") != before


def test_each_way_of_decoding_has_a_cache_of_its_own(decode, tmp_path):
    ways = [SIX, Decoding(5, "stretch", "auto"), Decoding(6, "crop", "grey")]
    for _ in range(2):
        counts = [decode(way)[1] for way in ways]
    assert counts == [0, 0, 0]
    assert len(kept(tmp_path, ".npy")) == 3


def cut(file):
    file.write_bytes(file.read_bytes()[:-1])


def longer(file):
    file.write_bytes(file.read_bytes() + b"a")


def flipped(file):
    content = bytearray(file.read_bytes())
    content[-7] ^= 1
    file.write_bytes(content)


def rubbish(file):
    file.write_bytes(b"rubbish")


def empty(file):
    file.write_bytes(b"")


def another(file):
    numpy.save(file, numpy.zeros((5, 3, 6, 6), numpy.float32))


DAMAGES = [(damage, ".npy") for damage in (cut, longer, flipped, rubbish, empty, another)]
DAMAGES += [(damage, ".json") for damage in (cut, rubbish, empty)]
DAMAGES += [(Path.unlink, ".npy"), (Path.unlink, ".json")]


@pytest.mark.fault
@pytest.mark.parametrize(("damage", "suffix"), DAMAGES)
def test_a_damaged_cache_is_made_anew(damage, suffix, decode, tmp_path):
    expected = decode()[0].x.clone()
    damage(*kept(tmp_path, suffix))
    found, count = decode()
    assert count == 5
    assert (found.x == expected).all()
    assert decode()[1] == 0


@pytest.mark.parametrize("count", [1, 10, 101])
def test_the_header_has_room_for_any_count(count, tmp_path, monkeypatch):
    """Greys, too, which are known to be such at the end alone."""
    monkeypatch.setattr(module, "MOST_TOGETHER", 3)
    for number in range(count):
        write(tmp_path / "images" / f"{number:03}.png", number, height=6, width=6, channels=1)
    files = find_images(tmp_path / "images", suffixes(), "data.path")
    found = decoded_images(files, SIX, tmp_path / "cache")
    expected = [levels(number, 6, 6, 1) for number in range(count)]
    assert (found.x[:, 0].numpy() == numpy.stack(expected)).all()
    assert found.x.shape == (count, 1, 6, 6)


@pytest.mark.fault
def test_a_full_disk_is_told_before_and_while(decode, monkeypatch, tmp_path):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=500))
    with pytest.raises(ValueError, match=r"data\.cache: expected room for 0\.0 GB"):
        decode()
    monkeypatch.undo()
    # the disk is filled by others meanwhile
    monkeypatch.setattr(os, "fsync", lambda descriptor: os.write(os.open("/dev/full", 1), b"a"))
    with pytest.raises(ValueError, match=r"data\.cache: .* No space left on device; set data\.c"):
        decode()
    assert not kept(tmp_path, ".npy") + kept(tmp_path, ".json") + kept(tmp_path, ".tmp")
    monkeypatch.undo()
    assert decode()[1] == 5


def test_a_cache_that_cannot_be_written_to_is_read(decode, tmp_path):
    decode()
    (tmp_path / "cache").chmod(0o500)
    try:
        assert decode()[1] == 0
    finally:
        (tmp_path / "cache").chmod(0o700)


def test_a_process_waits_for_the_one_that_decodes(decode, tmp_path, caplog):
    caplog.set_level("INFO")
    decode()
    (lock,) = kept(tmp_path, ".lock")
    (index,) = kept(tmp_path, ".json")
    content = index.read_bytes()
    index.unlink()
    with FileLock(lock):
        results = []
        waiting = threading.Thread(target=lambda: results.append(decode()))
        waiting.start()
        deadline = time.monotonic() + 10
        while "waiting for another process" not in caplog.text and time.monotonic() < deadline:
            time.sleep(0.01)
        index.write_bytes(content)  # what the other has been doing
    waiting.join()
    assert results[0][1] == 0


SLOWLY = """
import signal, sys, time
from pathlib import Path
from vae_exp.data.decoded_images import decoded_images
from vae_exp.data.image_decoding import Decoding, suffixes
from vae_exp.data.image_files import find_images
from vae_exp.data.progress import watched_by

def stop(done, total):
    if done == 3:
        print("decoding", flush=True)
        time.sleep(60)

# what starts in the background of a shell is born deaf to it
signal.signal(signal.SIGINT, signal.default_int_handler)
files = find_images(Path(sys.argv[1]), suffixes(), "data.path")
with watched_by(stop):
    decoded_images(files, Decoding(6, "stretch", "auto"), Path(sys.argv[2]))
"""


@pytest.mark.kill
@pytest.mark.parametrize("number", one_in(2, [signal.SIGKILL, signal.SIGINT]))
def test_a_process_that_is_stopped_leaves_no_half_of_it(number, decode, folder, tmp_path):
    words = [sys.executable, "-c", SLOWLY, folder, tmp_path / "cache"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout.readline() == b"decoding\n"
    process.send_signal(number)
    process.wait(timeout=30)
    process.stdout.close()
    assert not kept(tmp_path, ".npy") + kept(tmp_path, ".json")
    assert len(kept(tmp_path, ".tmp")) == (number == signal.SIGKILL)
    assert decode()[1] == 5
    assert not kept(tmp_path, ".tmp")
