"""Whether W&B can be had: credentials for it, and a server that answers."""

import ssl
import urllib.error
import urllib.request

from vae_exp.tracking.within import within

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

    def probe() -> None:
        try:
            urllib.request.urlopen(url, timeout=PROBE_TIMEOUT).close()
        except urllib.error.HTTPError:
            pass  # an answer all the same
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ssl.SSLError):  # a certificate is an answer, too
                raise

    try:
        within(patience, probe)  # looking up a name knows no timeout
    except Exception as error:
        raise OSError(f"{url}: {error}") from error
