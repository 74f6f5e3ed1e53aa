"""The password of OBS's WebSocket server: from the environment, of this run, or from the system's keyring."""

from __future__ import annotations

import os

SECRET = "obs"  # noqa: S105 - the name of it in the keyring
VARIABLE = "MARTLIVE_OBS_PASSWORD"

_given: list[str] = []


def obs_password() -> str | None:
    """What to say to OBS; None where nothing is known. May wait for the keyring, so it is for worker threads."""
    from martlive_desktop.adapters.secrets import read_secret

    if named := os.environ.get(VARIABLE):
        return named
    return _given[-1] if _given else read_secret(SECRET)


def keep_obs_password(password: str) -> None:
    """Use `password` in this run, and keep it for the next ones; an empty one is forgotten. For worker threads.

    Raises:
        KeyringUnavailable: it is used, but not kept.
    """
    from martlive_desktop.adapters.secrets import forget_secret, write_secret

    _given[:] = [password] if password else []
    if password:
        write_secret(SECRET, password)
    else:
        forget_secret(SECRET)
