"""Joins the remote coach: its key, from the environment, of this run, or from the system's keyring, and its client."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from martlive_desktop.core.errors import RemoteRefused, UsageError

if TYPE_CHECKING:
    from martlive_desktop.adapters.cloud_client import CloudCheck, CloudClient, Part
    from martlive_desktop.settings import RemoteSettings

SECRET = "remote-key"  # noqa: S105 - the name of it in the keyring
VARIABLE = "MARTLIVE_REMOTE_KEY"

NO_URL = "The remote coach has no address; give it in the settings, under Remote coach."

_given: list[str] = []


def remote_key() -> str | None:
    """What opens the remote coach; None where nothing is known. May wait for the keyring, so it is for worker threads."""
    from martlive_desktop.adapters.secrets import read_secret

    if named := os.environ.get(VARIABLE):
        return named
    return _given[-1] if _given else read_secret(SECRET)


def keep_remote_key(key: str) -> None:
    """Use `key` in this run, and keep it for the next ones; an empty one is forgotten. For worker threads.

    Raises:
        KeyringUnavailable: it is used, but not kept.
    """
    from martlive_desktop.adapters.secrets import forget_secret, write_secret

    _given[:] = [key] if key else []
    if key:
        write_secret(SECRET, key)
    else:
        forget_secret(SECRET)


def remote_client(wish: RemoteSettings) -> CloudClient:
    """The remote coach that the user named; nothing is sent yet. For worker threads.

    Raises:
        UsageError: it has no address.
        RemoteRefused: there is no key for it.
    """
    from martlive_desktop.adapters.cloud_client import NO_KEY, CloudClient

    if not wish.url:
        raise UsageError(NO_URL)
    key = (remote_key() or "").strip()
    if not key or not key.isascii() or not key.isprintable():
        raise RemoteRefused(NO_KEY.format(variable=VARIABLE), status=401, problem="unauthorized")
    return CloudClient(wish.url, key)


def check_remote(wish: RemoteSettings) -> CloudCheck:
    """Try all that the user wants of the remote coach; everything where nothing is on yet. For worker threads."""
    from martlive_desktop.adapters.cloud_client import CloudCheck

    wanted: dict[Part, bool] = {"coach": wish.coach, "recognition": wish.recognition}
    parts = frozenset(part for part, is_on in wanted.items() if is_on) or frozenset(wanted)
    try:
        client = remote_client(wish)
    except UsageError as exc:
        return CloudCheck("address", str(exc))
    except RemoteRefused as exc:
        return CloudCheck("key", str(exc))
    try:
        return client.check(parts)
    finally:
        client.close()
