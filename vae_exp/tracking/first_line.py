"""What W&B says of an error, which can be a page, in one line."""


def first_line(error: Exception) -> str:
    """The first line of its message, or its kind where it has none."""
    return str(error).strip().split("\n")[0] or type(error).__name__
