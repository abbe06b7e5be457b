"""Memory on the CPU: freed and asked for again at every step."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import torch

with contextlib.suppress(ImportError):  # Windows has no such limits
    import resource

# glibc's largest, DEFAULT_MMAP_THRESHOLD_MAX, less what it adds
BLOCK = 32 * 1024**2 - 1024**2


def physical_memory() -> int:
    """How many bytes this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def keep_freed_memory() -> None:
    """Have the C library keep what is freed instead of returning it to the system.

    glibc gives free memory back beyond a threshold, and a program that works on tensors of
    megabytes then pays for fresh, zeroed pages in every operation. The threshold follows the
    largest block freed so far, so that freeing one, never touched, raises it to twice 31 MB.
    Elsewhere this does nothing.
    """
    torch.empty(BLOCK, dtype=torch.uint8)


@contextlib.contextmanager
def limited_memory(size: int) -> Iterator[None]:
    """Have the system refuse this process more than so many bytes beyond what it has, on Linux.

    What asks for more gets a MemoryError or torch's RuntimeError, instead of the system's last
    page. Elsewhere this does nothing.
    """
    file = Path("/proc/self/statm")
    if not file.exists():
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = int(file.read_text().split()[0]) * resource.getpagesize() + size
    if soft != resource.RLIM_INFINITY:
        limit = min(limit, soft)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
