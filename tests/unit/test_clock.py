"""The system's clocks."""

from __future__ import annotations

import re

from martlive_desktop.adapters.clock import SystemClock, utc_now_iso


def test_clock_starts_at_zero_and_waits_until_the_moment_asked_for() -> None:
    clock = SystemClock()
    assert clock.now_ms() < 1_000
    until_ms = clock.now_ms() + 30
    clock.wait_until(until_ms)
    assert until_ms <= clock.now_ms() < until_ms + 1_000


def test_waiting_for_the_past_returns_at_once() -> None:
    clock = SystemClock()
    clock.wait_until(-1)
    assert clock.now_ms() < 1_000


def test_date_is_in_utc_to_the_second() -> None:
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", utc_now_iso())
