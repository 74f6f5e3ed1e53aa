"""Passwords in the system's keyring, never in a file of MartLive.

A keyring may ask the user to unlock it and waits for that, so everything here is for worker threads.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from martlive_desktop.core.errors import KeyringUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

SERVICE = "martlive"
"""Under which the keyring shows what MartLive keeps there."""

NO_KEYRING = "Your system keeps no passwords for MartLive; type it again next time."


def find_secret(name: str) -> str | None:
    """What is kept under `name`; None where nothing is.

    Raises:
        KeyringUnavailable: there is no keyring, or it stays locked.
    """
    import keyring

    with _translated():
        return keyring.get_password(SERVICE, name)


def read_secret(name: str) -> str | None:
    """What is kept under `name`; None where nothing is, or no keyring."""
    try:
        return find_secret(name)
    except KeyringUnavailable as exc:
        log.info("no keyring", extra={"reason": type(exc.__cause__).__name__})
        return None


def write_secret(name: str, value: str) -> None:
    """Keep `value` under `name`.

    Raises:
        KeyringUnavailable: there is no keyring, or it stays locked.
    """
    import keyring

    with _translated():
        keyring.set_password(SERVICE, name, value)


def forget_secret(name: str) -> None:
    """Keep nothing under `name` any more.

    Raises:
        KeyringUnavailable: there is no keyring, or it stays locked.
    """
    import keyring
    from keyring.errors import PasswordDeleteError

    # Nothing was kept.
    with _translated(), contextlib.suppress(PasswordDeleteError):
        keyring.delete_password(SERVICE, name)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    from keyring.errors import KeyringError

    # The bus that leads to the keyring may be gone, too.
    try:
        yield
    except (KeyringError, OSError) as exc:
        raise KeyringUnavailable(NO_KEYRING) from exc
