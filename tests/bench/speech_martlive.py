"""Runs MartLive's recogniser, in the process that users have, for the speech bench."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import numpy as np

from martlive_desktop.core.events import AudioChunk, Status, Transcript
from martlive_desktop.hearing import recogniser_config
from martlive_desktop.inference.supervisor import SupervisedRecogniser
from martlive_desktop.settings import RecogniserSettings, Settings
from tests.bench.speech_feed import Runner


def main() -> None:
    runner = Runner()
    settings = Settings(recogniser=RecogniserSettings(**runner.task.settings))
    config = recogniser_config(settings, "en", settings.recogniser.model, is_live=True)
    if config.model.path != Path(runner.task.model):
        raise SystemExit(f"MartLive would use {config.model}, not {runner.task.model}.")
    recogniser = SupervisedRecogniser(config)
    recogniser.wait_until_ready()
    listener = threading.Thread(target=_listen, args=(recogniser, runner))
    listener.start()
    through = 0

    def feed(chunk: bytes) -> None:
        nonlocal through
        pcm = np.frombuffer(chunk, np.int16)
        recogniser.feed(AudioChunk(through, pcm))
        through += len(pcm)

    runner.play(feed)
    recogniser.finish()
    listener.join()
    runner.end()


def _listen(recogniser: SupervisedRecogniser, runner: Runner) -> None:
    for result in recogniser.results():
        if isinstance(result, Status):
            print(result.state, result.detail, file=sys.stderr, flush=True)
        if isinstance(result, Transcript):
            words = [word.text for word in result.words if result.is_final or word.is_stable]
            runner.say(result.utterance, result.text if result.is_final else " ".join(words), is_final=result.is_final)


if __name__ == "__main__":
    main()
