"""Time: the only module of the services that reads the computer's clocks."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Date and time, with its zone."""
    return datetime.now(UTC)  # noqa: TID251 - this is the clock of the services


def unix_s() -> float:
    """Seconds since 1970, for what other machines check, too."""
    return time.time()  # noqa: TID251 - this is the clock of the services


def monotonic_s() -> float:
    """Seconds by a clock that never goes back."""
    return time.monotonic()
