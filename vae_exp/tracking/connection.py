"""Whether W&B can be had: credentials for it, and a server that answers."""

import ssl
import threading
import urllib.error
import urllib.request

PROBE_TIMEOUT = 3  # seconds for an answer


def has_credentials() -> bool:
    """Whether W&B has an API key for its server, without a prompt and without the network."""
    import wandb

    try:
        from wandb.sdk.lib import wbauth

        host = wandb.setup().settings.base_url
        wandb.termsetup(wandb.Settings(silent=True), None)  # or it says where the key was found
        found = wbauth.authenticate_session(
            host=host, source="vae_exp", prompt=False, update_session=False
        )
        return found is not None
    except (ImportError, AttributeError, TypeError):  # not public, and may move
        return wandb.login(prompt=False, verify=False)


def wait_for_server(patience: float) -> None:
    """Return once W&B's server has answered anything at all.

    Args:
        patience: seconds to wait at most, looking up its name included.

    Raises:
        OSError: it did not.
    """
    import wandb

    url = wandb.setup().settings.base_url
    answers: list[Exception | None] = []

    def probe() -> None:
        try:
            urllib.request.urlopen(url, timeout=PROBE_TIMEOUT).close()
            answers.append(None)
        except urllib.error.HTTPError:
            answers.append(None)  # an answer all the same
        except Exception as error:
            certificate = isinstance(getattr(error, "reason", None), ssl.SSLError)
            answers.append(None if certificate else error)

    # in a thread, since looking up a name knows no timeout
    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    thread.join(patience)
    problem = answers[0] if answers else TimeoutError(f"no answer within {PROBE_TIMEOUT} s")
    if problem is not None:
        raise OSError(f"{url}: {problem}") from problem
