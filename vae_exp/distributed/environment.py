"""What torchrun tells each of its processes, by environment variables."""

import os

OF_TORCHRUN = ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")


def launched_processes() -> int:
    """How many processes torchrun has started, this one included; 1 without it.

    Raises:
        ValueError: the variables are not as torchrun sets them.
    """
    count = _number("WORLD_SIZE", os.environ.get("WORLD_SIZE", "1"))
    if count < 1:
        raise ValueError("WORLD_SIZE: expected a number of processes, got 0; unset it")
    if count == 1:
        return count
    missing = [name for name in OF_TORCHRUN if name not in os.environ]
    if missing:
        raise ValueError(
            f"WORLD_SIZE: expected {', '.join(missing)} beside WORLD_SIZE={count}, as torchrun "
            "sets them, found none; unset WORLD_SIZE, or start the processes with torchrun"
        )
    for name in ("RANK", "LOCAL_RANK"):
        number = _number(name, os.environ[name])
        if number >= count:
            raise ValueError(f"{name}: expected a number below WORLD_SIZE={count}, got {number}")
    _number("MASTER_PORT", os.environ["MASTER_PORT"])
    return count


def launched_rank() -> int:
    """The number of this process among them."""
    return int(os.environ["RANK"]) if launched_processes() > 1 else 0


def _number(name: str, word: str) -> int:
    if not (word.isascii() and word.isdigit()):
        raise ValueError(
            f"{name}: expected a whole number, as torchrun sets it, got {word!r}; unset it"
        )
    return int(word)
