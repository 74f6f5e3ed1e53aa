"""Runs RealtimeSTT for the speech bench: what it calls stable while one speaks, and the text of each recording.

Its own defaults, but for the language, the CPU, no microphone, and live text switched on. Stable is what its stabiliser
calls so; `on_realtime_transcription_stabilized` would give the same with a tail that may still change.
"""

from __future__ import annotations

import threading
from typing import Any

from RealtimeSTT import AudioToTextRecorder

from tests.bench.speech_feed import Runner

PATIENCE_S = 600.0
"""The bench ends a runner that is too late; this only keeps a broken one from waiting forever."""


class Recordings:
    """Numbers the recordings: live text and final text of one recording share a number."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._changed = threading.Condition()
        self._numbers: dict[Any, int] = {}
        self._started = 0
        self._finished = 0

    def start(self) -> None:
        with self._changed:
            self._started += 1

    def stabilise(self, event: Any) -> None:
        with self._changed:
            number = self._numbers.setdefault(event.recording_id, self._started - 1)
        self._runner.say(number, event.stable_text, is_final=False)

    def finish(self, text: str) -> None:
        with self._changed:
            self._runner.say(self._finished, text, is_final=True)
            self._finished += 1
            self._changed.notify_all()

    def wait_for_all(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._finished >= self._started, PATIENCE_S)


def main() -> None:
    runner = Runner()
    recordings = Recordings(runner)
    recorder = AudioToTextRecorder(
        model=runner.task.model,
        realtime_model_type=runner.task.small_model,
        language="en",
        device="cpu",
        use_microphone=False,
        spinner=False,
        no_log_file=True,
        enable_realtime_transcription=True,
        on_recording_start=recordings.start,
        on_realtime_text_stabilization_update=recordings.stabilise,
        **runner.task.settings,
    )

    def listen() -> None:
        while True:
            recordings.finish(recorder.text())

    threading.Thread(target=listen, daemon=True).start()
    runner.play(recorder.feed_audio)
    recorder.drain_audio_input(PATIENCE_S)
    if recorder.is_recording:
        recorder.stop()
    recordings.wait_for_all()
    runner.end()


if __name__ == "__main__":
    main()
