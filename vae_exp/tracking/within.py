"""Work with W&B that is not waited for without end."""

import threading
from collections.abc import Callable


def within(seconds: float, work: Callable[[], object]) -> None:
    """Do it in a thread that is not waited for any longer: wandb tries again for hours.

    Raises:
        TimeoutError: it is not done by then.
        Exception: what the work raises.
    """
    problems: list[Exception] = []

    def attempt() -> None:
        try:
            work()
        except Exception as error:
            problems.append(error)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError(f"no answer within {seconds:.0f} s")
    if problems:
        raise problems[0]
