"""Whatever is damaged, and wherever writing fails: what could be gone on from, still can."""

import itertools
import os

import pytest
import torch

from vae_exp.storage import checkpoint

pytestmark = pytest.mark.fault


def state(number):
    return {"vae": {"a": torch.full((1000,), float(number))}, "x_shape": (2,), "number": number}


def flip(file):
    content = bytearray(file.read_bytes())
    middle = content.find(torch.full((4,), 1.0).numpy().tobytes()) + 40
    content[len(content) // 2 if middle < 40 else middle] ^= 1
    file.write_bytes(content)


DAMAGE = {
    "good": lambda file: None,
    "gone": lambda file: file.unlink(),
    "empty": lambda file: os.truncate(file, 0),
    "cut short": lambda file: os.truncate(file, file.stat().st_size // 2),
    "one bit": flip,
    "something else": lambda file: file.write_bytes(b"a letter"),
}
# how often each may be called before it fails
FAILURES = {
    "none": {},
    "the disk is full": {"write": 0},
    "the disk is full in the middle": {"write": 1000},
    "killed before the first move": {"move": 0},
    "killed between two moves": {"move": 1},
    "killed after both": {"move": 2},
    "the flush fails": {"flush": 0},
}


class Killed(BaseException):
    """Nothing in the program handles it, as nothing handles SIGKILL."""


def readable(folder):
    """The numbers of the states that can be read, by file."""
    found = {}
    for name in ("last.pt", "previous.pt"):
        try:
            found[name] = checkpoint.load(folder / name)["number"]
        except ValueError:
            continue
    return found


def failing(monkeypatch, failure):
    def limited(function, calls, error):
        left = iter(range(calls))

        def call(*arguments):
            if next(left, None) is None:
                raise error
            return function(*arguments)

        return call

    if "move" in failure:
        monkeypatch.setattr(os, "replace", limited(os.replace, failure["move"], Killed()))
    if "flush" in failure:
        monkeypatch.setattr(os, "fsync", limited(os.fsync, 0, OSError(5, "Input/output error")))
    if "write" in failure:

        def write(file, data):
            with file.open("wb") as opened:
                opened.write(data[: failure["write"]])
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("pathlib.Path.write_bytes", write)


@pytest.mark.parametrize("damage", list(itertools.product(DAMAGE, DAMAGE)), ids=" and ".join)
def test_there_is_always_something_to_go_on_from(tmp_path, monkeypatch, damage):
    for name, failure in FAILURES.items():
        folder = tmp_path / name
        folder.mkdir()
        save_fails(folder, monkeypatch, damage, failure)


def save_fails(folder, monkeypatch, damage, failure):
    last = folder / "last.pt"
    checkpoint.save_keeping_previous(last, state(1))
    checkpoint.save_keeping_previous(last, state(2))
    assert readable(folder) == {"last.pt": 2, "previous.pt": 1}
    for file, done in zip((last, folder / "previous.pt"), damage):
        DAMAGE[done](file)
    before = readable(folder)
    if before:  # a resumed run goes on from the newest
        assert checkpoint.load_latest(last)["number"] == max(before.values())
    with monkeypatch.context() as patched:
        failing(patched, failure)
        try:
            checkpoint.save_keeping_previous(last, state(3))
            written = True
        except (OSError, Killed):
            written = False
    after = readable(folder)
    if written:
        assert after["last.pt"] == 3
        assert checkpoint.load_latest(last)["number"] == 3
    if before:
        newest = max(before.values())
        assert newest in after.values()
        assert checkpoint.load_latest(last)["number"] in (newest, 3)
    # and again, as the run that goes on does
    checkpoint.save_keeping_previous(last, state(4))
    checkpoint.save_keeping_previous(last, state(5))
    assert readable(folder) == {"last.pt": 5, "previous.pt": 4}


def test_a_damaged_file_is_kept_beside(tmp_path):
    last = tmp_path / "last.pt"
    checkpoint.save_keeping_previous(last, state(1))
    checkpoint.save_keeping_previous(last, state(2))
    flip(last)
    damaged = last.read_bytes()
    checkpoint.save_keeping_previous(last, state(3))
    assert readable(tmp_path) == {"last.pt": 3, "previous.pt": 1}
    assert (tmp_path / "damaged.pt").read_bytes() == damaged


def test_of_a_larger_tensor_the_part_alone_is_written(tmp_path):
    rows, shared = torch.randn(50, 1000), torch.randn(1000)
    state = {"vae": {"own": rows[3], "a": shared, "b": shared}, "x_shape": (1,), "t": [rows[:2].T]}
    checkpoint.save(tmp_path / "last.pt", state)
    assert (tmp_path / "last.pt").stat().st_size < 1.5 * 4 * 4000
    found = checkpoint.load(tmp_path / "last.pt")
    assert torch.equal(found["vae"]["own"], rows[3]) and torch.equal(found["t"][0], rows[:2].T)
