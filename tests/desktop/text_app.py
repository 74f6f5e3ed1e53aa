"""A live show without its windows: hears a microphone (the default one, or that of a name) and says what happens, until its own input ends."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING

from martlive_desktop.core.events import to_json
from martlive_desktop.core.plan import ShowPlan
from martlive_desktop.live_show import LiveShow
from martlive_desktop.settings import MicrophoneSettings, Settings

if TYPE_CHECKING:
    from martlive_desktop.core.events import LogEvent


def say(event: LogEvent) -> None:
    sys.stdout.write(f"{time.monotonic():.3f} {to_json(event)}\n")
    sys.stdout.flush()


def main(device: str) -> None:
    settings = Settings(microphone=MicrophoneSettings(device=device))
    with contextlib.closing(LiveShow(ShowPlan(), settings, listeners=(say,))):
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
