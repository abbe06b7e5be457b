"""Memory on the CPU: freed and asked for again at every step."""

import os

import torch

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
