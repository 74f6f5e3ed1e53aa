"""Tells when the computer goes to sleep and when it is back."""

from __future__ import annotations

import contextlib
import logging
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from jeepney.io.blocking import DBusConnection

_LOG = logging.getLogger(__name__)

LOOK_EVERY_S = 10.0
"""Without a system that tells: a microphone that is back ten seconds after the lid was opened is soon enough."""

SLEPT_S = 1.0
"""Two clocks that are read one after the other differ by less."""

END_WITHIN_S = 2.0
"""A thread that is told to end is waiting for nothing else."""

LOGIND = "org.freedesktop.login1.Manager"


class PowerWatch:
    """Calls `on_sleep` before a sleep and `on_resume` after it, from a thread of its own, until it is closed.

    Only Linux tells before; elsewhere `on_resume` comes alone. Without a system bus Linux tells nothing.
    """

    def __init__(
        self,
        on_sleep: Callable[[], None],
        on_resume: Callable[[], None],
        *,
        slept_s: Callable[[], float] | None = None,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        """Watch from now on.

        Args:
            on_sleep: must return at once: the computer does not wait.
            on_resume: must return at once.
            slept_s: how long the computer has slept, in seconds, where a test wants another answer and no bus.
            look_every_s: how often that is asked.
        """
        self._on_sleep = on_sleep
        self._on_resume = on_resume
        self._is_closed = threading.Event()
        self._connection: DBusConnection | None = None
        if slept_s is None and sys.platform == "linux":
            self._connection = _open_system_bus()
            watch = self._listen if self._connection is not None else None
        else:
            watch = lambda: self._look(slept_s or computer_slept_s, look_every_s)  # noqa: E731
        self._thread = threading.Thread(target=watch, name="martlive-power", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Watch no more; may be called twice."""
        self._is_closed.set()
        if self._connection is not None:
            # The bus may have closed it already.
            with contextlib.suppress(OSError):
                self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(END_WITHIN_S)

    def _listen(self) -> None:
        from jeepney import HeaderFields, MatchRule, message_bus
        from jeepney.io.blocking import Proxy

        assert self._connection is not None
        with self._connection as connection:
            try:
                Proxy(message_bus, connection).AddMatch(
                    MatchRule(type="signal", interface=LOGIND, member="PrepareForSleep")
                )
                while True:
                    message = connection.receive()
                    if message.header.fields.get(HeaderFields.member) == "PrepareForSleep":
                        (self._on_sleep if message.body[0] else self._on_resume)()
            except OSError:
                _LOG.info("no more news of sleep and resume")

    def _look(self, slept_s: Callable[[], float], every_s: float) -> None:
        before_s = slept_s()
        while not self._is_closed.wait(every_s):
            now_s = slept_s()
            if now_s - before_s > SLEPT_S:
                self._on_resume()
            before_s = now_s


def _open_system_bus() -> DBusConnection | None:
    from jeepney.io.blocking import open_dbus_connection

    try:
        return open_dbus_connection("SYSTEM")
    except (OSError, RuntimeError, ValueError) as exc:
        # An address that jeepney cannot read gives RuntimeError or ValueError.
        _LOG.info("no system bus here, so no news of sleep and resume", extra={"cause": type(exc).__name__})
        return None


def computer_slept_s() -> float:
    """How long this computer has slept since it was started, in seconds."""
    if sys.platform == "win32":
        import ctypes

        awake = ctypes.c_ulonglong()
        # In 100 ns, without sleep; GetTickCount64, in ms, goes on in it.
        ctypes.windll.kernel32.QueryUnbiasedInterruptTime(ctypes.byref(awake))
        ticks = ctypes.windll.kernel32.GetTickCount64
        ticks.restype = ctypes.c_ulonglong
        return float(ticks()) / 1e3 - awake.value / 1e7
    elif sys.platform == "darwin":  # noqa: RET505 - mypy follows this form only
        # On macOS this CLOCK_MONOTONIC goes on in a sleep.
        return time.clock_gettime(time.CLOCK_MONOTONIC) - time.clock_gettime(time.CLOCK_UPTIME_RAW)
    else:
        return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
