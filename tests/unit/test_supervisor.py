"""The recogniser's process dies, hangs and comes back; no sound is lost. Real processes, scripted models."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from martlive_desktop.core.events import Status, Transcript, Voice
from martlive_desktop.inference import supervisor
from martlive_desktop.inference.supervisor import SupervisedRecogniser
from martlive_desktop.inference.worker import RecogniserConfig
from tests.fakes.speech import LOUD, chunks, dying_child, frozen_child, sound, talking_child

CONFIG = RecogniserConfig(
    model=Path(), partial_model=Path(), language="en", threads=1, partial_step_ms=600, is_live=False
)
TALK = sound((0, 0.5), *[(LOUD, 3.0), (0, 1.5)] * 6)


@contextmanager
def running(target: Any = talking_child) -> Iterator[SupervisedRecogniser]:
    recogniser = SupervisedRecogniser(CONFIG, target=target)
    try:
        yield recogniser
    finally:
        recogniser.close()


def hear(recogniser: SupervisedRecogniser, kill_at: tuple[int, ...] = ()) -> list[Voice | Transcript | Status]:
    """Everything heard of TALK; the process is killed when the given numbers of blocks were heard."""
    for chunk in chunks(TALK):
        recogniser.feed(chunk)
    recogniser.finish()
    found: list[Voice | Transcript | Status] = []
    blocks = 0
    for result in recogniser.results():
        found.append(result)
        if isinstance(result, Voice):
            blocks += 1
            pid = recogniser.pid
            if blocks in kill_at and pid is not None:
                os.kill(pid, signal.SIGKILL)
    return found


def heard(found: list[Voice | Transcript | Status]) -> list[Voice | Transcript | Status]:
    return [one for one in found if not isinstance(one, Status)]


def test_killed_five_times_it_says_the_same() -> None:
    with running() as recogniser:
        whole = hear(recogniser)
    with running() as recogniser:
        broken = hear(recogniser, kill_at=(9, 40, 77, 111, 150))
    assert sum(isinstance(one, Transcript) and one.is_final for one in whole) == 6
    assert heard(broken) == heard(whole)
    assert [one.state for one in broken if isinstance(one, Status)].count("restarting") >= 4


def test_process_that_never_hears_is_given_up_with_a_sentence() -> None:
    with running(dying_child) as recogniser:
        found = hear(recogniser)
    assert heard(found) == []
    last = found[-1]
    assert isinstance(last, Status)
    assert (last.part, last.state) == ("recogniser", "failed")
    assert last.detail


def test_stopped_process_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "HANG_TIMEOUT_S", 0.5)
    with running(frozen_child) as recogniser:
        found = hear(recogniser)
    states = [one.state for one in found if isinstance(one, Status)]
    assert states.count("ready") == supervisor.MAX_FRUITLESS_STARTS
    assert states[-1] == "failed"


def test_close_ends_a_recogniser_that_waits_for_sound() -> None:
    with running() as recogniser:
        first = next(recogniser.results())
    assert first == Status(0, "recogniser", "loading")
    assert list(recogniser.results())[-1:] in ([], [Status(0, "recogniser", "ready")])


def test_sound_is_forgotten_once_it_is_not_needed() -> None:
    with running() as recogniser:
        for chunk in chunks(sound((0, 60.0))):
            recogniser.feed(chunk)
        recogniser.finish()
        last = [one for one in recogniser.results() if isinstance(one, Voice)][-1]
        assert last.at_ms >= 60_000
        assert recogniser.kept_samples < 2 * 16_000
