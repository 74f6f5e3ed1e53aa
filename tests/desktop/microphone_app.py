"""Listens to a microphone (the default one, or that of a name), says what happens, changes to each one that is named on its input, and at the end of that saves what it heard."""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
import time

import numpy as np

from martlive_desktop.adapters.clock import SystemClock
from martlive_desktop.adapters.devices import list_microphones
from martlive_desktop.adapters.microphone import Microphone
from martlive_desktop.core.errors import MicrophoneUnavailable
from martlive_desktop.core.events import Status

LOUD = 1_000
"""Peak of a chunk in which somebody speaks."""


def say(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts | {"monotonic_s": time.monotonic()}) + "\n")
    sys.stdout.flush()


def main(out: str, name: str) -> int:
    say(microphones=[dataclasses.asdict(microphone) for microphone in list_microphones()])
    microphone = Microphone(name, clock=SystemClock())

    def obey() -> None:
        for line in sys.stdin:
            microphone.choose(line.strip())
        microphone.close()

    listener = threading.Thread(target=obey)
    listener.start()
    heard = []
    was_loud = False
    try:
        for item in microphone.read():
            if isinstance(item, Status):
                say(state=item.state, detail=item.detail, at_ms=item.at_ms)
                continue
            heard.append(item.pcm)
            if item.at_ms // 1000 > item.start_sample // 16_000:
                say(second=item.at_ms // 1000)
            is_loud = int(np.abs(item.pcm.astype(int)).max()) > LOUD
            if is_loud and not was_loud:
                say(loud_ms=item.at_ms)
            if was_loud and not is_loud:
                say(quiet_ms=item.at_ms)
            was_loud = is_loud
    except MicrophoneUnavailable as exc:
        say(error=str(exc))
        return 1
    np.save(out, np.concatenate(heard))
    listener.join()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
