"""Measures what MartLive's own processes take of the computer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Load:
    """What a process takes."""

    cpu_percent: float
    """Of one core, since the last measurement."""
    memory_mb: float
    """In the computer's memory now, with what it shares with others."""


class LoadMeter:
    """Compares a process with itself at the last `read`: the first one of a process tells nothing yet."""

    def __init__(self) -> None:
        self._processes: dict[str, psutil.Process] = {}

    def read(self, pids: Mapping[str, int | None]) -> dict[str, Load]:
        """The load of each part in `pids` that runs, and ran the last time; None: it does not run."""
        known, self._processes = self._processes, {}
        loads: dict[str, Load] = {}
        for name, pid in pids.items():
            if pid is None:
                continue
            try:
                before = known.get(name)
                process = before if before is not None and before.pid == pid else psutil.Process(pid)
                with process.oneshot():
                    load = Load(process.cpu_percent(), process.memory_info().rss / 1e6)
            except psutil.Error:
                # It has just ended.
                continue
            self._processes[name] = process
            if process is before:
                loads[name] = load
        return loads
