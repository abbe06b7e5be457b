"""What a check found."""

import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from vae_exp.runtime.rng import isolate_rng

Check = Callable[[Any], str]
TORCH = Path(torch.__file__).parent
OWN = Path(__file__).parent


class Wrong(AssertionError):
    """What was expected, what came, and what probably is wrong, in one line."""


class Skipped(Exception):
    """Why a check says nothing of this part, in one line."""


class OutOfTime(Exception):
    """A check takes longer than it may."""


@dataclass(frozen=True)
class Verdict:
    """Of one check of a part.

    Args:
        check: its name.
        verdict: whether the part is as it must be.
        reason: what was seen, or was expected and came, in one line.
        seconds: how long it took.
    """

    check: str
    verdict: Literal["ok", "FAIL", "skipped"]
    reason: str
    seconds: float


def verdicts(
    checks: Mapping[str, Check], part: Any, seconds: float | None = None, seed: int = 0
) -> Iterator[Verdict]:
    """Each check of the part, one after the other, each with the same random numbers.

    Args:
        seconds: how long one may take, where signals can end it: in the main thread.
        seed: of the random numbers.
    """
    for name, check in checks.items():
        start = time.perf_counter()
        verdict: Literal["ok", "FAIL", "skipped"] = "ok"
        try:
            with isolate_rng(torch.device("cpu"), seed), at_most(seconds):
                reason = check(part)
        except Wrong as wrong:
            verdict, reason = "FAIL", str(wrong)
        except Skipped as skipped:
            verdict, reason = "skipped", str(skipped)
        except OutOfTime:
            verdict, reason = "skipped", f"took longer than {seconds:g} s, and was ended"
        except Exception as error:
            verdict, reason = "FAIL", raised(error)
        yield Verdict(name, verdict, " ".join(reason.split()), time.perf_counter() - start)


def raised(error: Exception) -> str:
    """An exception in one line, with the line of the part under test that it comes from."""
    message = " ".join(str(error).split())[:300]
    where = place(traceback.extract_tb(error.__traceback__))
    return f"raised {type(error).__name__}: {message}{where}"


def place(frames: Sequence[traceback.FrameSummary]) -> str:
    """The innermost line that is neither torch's nor a check's: `` (mine.py, line 12)``."""
    for frame in reversed(frames):
        file = Path(frame.filename)
        outside = TORCH not in file.parents and OWN not in file.parents
        if outside and file.suffix == ".py" and "contextlib" not in file.name:
            return f" ({file.name}, line {frame.lineno})"
    return ""


@contextmanager
def at_most(seconds: float | None) -> Iterator[None]:
    """End what is inside with ``OutOfTime``, where signals can."""
    main = threading.current_thread() is threading.main_thread()
    if seconds is None or not main or not hasattr(signal, "setitimer"):
        yield
        return

    def end(*_: Any) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
