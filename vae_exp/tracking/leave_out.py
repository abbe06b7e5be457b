"""What cannot be made for W&B is left out; the run goes on there without it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from vae_exp.tracking.first_line import first_line

log = logging.getLogger(__name__)


@contextmanager
def leave_out(what: str) -> Iterator[None]:
    """An error in making this costs a warning."""
    try:
        yield
    except Exception as error:
        log.warning(f"no {what} in W&B: {type(error).__name__}: {first_line(error)}")
