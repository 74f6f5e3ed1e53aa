"""Joins what keeps the sound of shows: its folder, its key in the system's keyring, and how long it stays."""

from __future__ import annotations

import contextlib
import re
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from martlive_desktop.core.errors import KeyringUnavailable
from martlive_desktop.places import data_folder, session_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from martlive_desktop.adapters.store_sqlite import SqliteStore
    from martlive_desktop.settings import Settings

SECRET = "sound"  # noqa: S105 - the name of the key in the keyring

NO_KEYRING = "The sound of your show is not being kept, for your system's keyring does not answer; unlock it before your next show."

BYTES_A_GB = 10**9

PAGE_DAYS = 1
"""How long an opened page lies beside the shows: it is made anew in a second, and may hold sound that is else encrypted."""


def audio_folder() -> Path:
    """Where the sound of shows lies, beside their database."""
    return data_folder() / "sessions" / "audio"


def pages_folder() -> Path:
    """Where opened pages lie."""
    return data_folder() / "sessions" / "reports"


def sound_key() -> bytes:
    """The key for the sound of shows, made if there is none yet; may wait for the keyring, so it is for worker threads.

    Raises:
        KeyringUnavailable: it can be neither read nor kept; the sentence says that no sound is kept.
    """
    from martlive_desktop.adapters.audio_keep import KEY_BYTES
    from martlive_desktop.adapters.secrets import find_secret, write_secret

    try:
        if _key_of(find_secret(SECRET)) is None:
            write_secret(SECRET, secrets.token_hex(KEY_BYTES))
        # As the keyring has it: another MartLive may have made one at the same moment.
        key = _key_of(find_secret(SECRET))
    except KeyringUnavailable as exc:
        raise KeyringUnavailable(NO_KEYRING) from exc
    if key is None:
        raise KeyringUnavailable(NO_KEYRING)
    return key


def known_key() -> bytes | None:
    """The key that the sound was kept with; None where there is none, or no keyring. For worker threads."""
    from martlive_desktop.adapters.secrets import read_secret

    return _key_of(read_secret(SECRET))


def _key_of(kept: str | None) -> bytes | None:
    """The key in a text of the keyring; None where it is none."""
    return bytes.fromhex(kept) if kept and re.fullmatch("[0-9a-f]{64}", kept) else None


def forget_key() -> None:
    """Forget the key, so that what is left of any sound stays closed for ever; the next show makes another one.

    Raises:
        KeyringUnavailable: there is no keyring, or it stays locked.
    """
    from martlive_desktop.adapters.secrets import forget_secret

    forget_secret(SECRET)


def erase_everything(store: SqliteStore) -> None:
    """Delete all past shows and all that was kept of them, and forget the key of their sound.

    Raises:
        StoreUnavailable: the shows cannot be written.
        UsageError: one is running.
    """
    store.erase_all()
    # The sound is gone; where the keyring does not answer, its key opens nothing any more.
    with contextlib.suppress(KeyringUnavailable):
        forget_key()


def enforce_keeping(settings: Settings, on_trouble: Callable[[str], None]) -> list[str]:
    """Delete what is older or larger than the settings allow; gives the ids of the shows that are gone.

    `on_trouble` is told in one sentence what was saved of a damaged file.

    Raises:
        StoreUnavailable: the shows cannot be read.
    """
    from martlive_desktop.adapters.audio_keep import delete_old
    from martlive_desktop.adapters.clock import utc_now_iso

    wish, now_iso = settings.keeping, utc_now_iso()
    delete_old(audio_folder(), wish.audio_days, now_iso)
    delete_pages(datetime.fromisoformat(now_iso))
    with session_store(on_trouble) as store:
        return store.enforce(keep_days=wish.session_days or None, most_bytes=wish.most_gb * BYTES_A_GB, now_iso=now_iso)


def delete_pages(now: datetime) -> None:
    """Delete opened pages that are older than `PAGE_DAYS`; each is made anew when it is wanted."""
    before_s = (now - timedelta(days=PAGE_DAYS)).timestamp()
    for path in pages_folder().glob("*.html"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < before_s:
                path.unlink()
