"""The recogniser's process dies, hangs and comes back; no sound is lost. Real processes, scripted models."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from martlive_desktop.core.events import Status, Transcript, Voice
from martlive_desktop.core.speech import governor
from martlive_desktop.core.speech.governor import Pace
from martlive_desktop.inference import supervisor
from martlive_desktop.inference.supervisor import SupervisedRecogniser
from martlive_desktop.inference.worker import ModelFolder, RecogniserConfig
from tests.fakes.speech import LOUD, busy_child, chunks, dying_child, frozen_child, sound, talking_child

CONFIG = RecogniserConfig(
    model=ModelFolder(Path()), small_model=None, language="en", threads=1, pace=Pace(600), is_live=False
)
TALK = sound((0, 0.5), *[(LOUD, 3.5), (0, 1.5)] * 6)


LIVE = replace(CONFIG, is_live=True)


def test_names_of_the_show_are_not_shown_with_what_a_log_may_show() -> None:
    assert "Barkwell" not in repr(replace(CONFIG, names=("Barkwell",)))


@contextmanager
def running(target: Any = talking_child, config: RecogniserConfig = CONFIG) -> Iterator[SupervisedRecogniser]:
    recogniser = SupervisedRecogniser(config, target=target)
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


def test_language_that_was_found_is_told_once_though_the_process_dies() -> None:
    config = replace(CONFIG, language="auto")
    with running(config=config) as recogniser:
        found = hear(recogniser, kill_at=(9, 150, 200))
    [told] = [one for one in found if isinstance(one, Status) and one.is_news]
    assert (told.state, told.detail) == ("language", "You speak English – `--language` or the plan can say another.")


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


@pytest.fixture
def _quick_governor(monkeypatch: pytest.MonkeyPatch) -> None:
    for window in ("BACKLOG_WINDOW_MS", "CPU_WINDOW_MS", "LAGGED_WINDOW_MS", "RISE_AFTER_MS"):
        monkeypatch.setattr(governor, window, 100)
    # Sound comes twenty times as fast as it would.
    monkeypatch.setattr(governor, "EASY_SHARE", 100.0)
    monkeypatch.setattr(governor, "BUSY_SHARE", 100.0)
    monkeypatch.setattr(supervisor, "CATCH_UP_MS", 0)
    monkeypatch.setattr(supervisor, "LOOK_EVERY_MS", 10)


LATER = "Busy computer: words come a little later."
FINALS_ONLY = "Busy computer: words come after each sentence."


def hear_paced(
    recogniser: SupervisedRecogniser, paces: list[str], on_pace: Callable[[int], None] = lambda count: None
) -> tuple[list[str], list[Voice], int]:
    """Talk until the governor has said `paces`: what it said, and all that was heard of so much sound in ms."""
    is_enough = threading.Event()
    fed_ms = 0

    def talk() -> None:
        nonlocal fed_ms
        recogniser.wait_until_ready()
        for chunk in chunks(sound(*[(LOUD, 3.0), (0, 1.5)] * 400)):
            recogniser.feed(chunk)
            fed_ms = chunk.at_ms
            if is_enough.wait(0.005):
                break
        recogniser.finish()

    talker = threading.Thread(target=talk)
    talker.start()
    said: list[str] = []
    voices: list[Voice] = []
    for result in recogniser.results():
        if isinstance(result, Voice):
            voices.append(result)
        elif isinstance(result, Status) and result.state == "pace":
            said.append(result.detail)
            on_pace(len(said))
            if said[: len(paces)] == paces:
                is_enough.set()
    talker.join()
    return said, voices, fed_ms


@pytest.mark.usefixtures("_quick_governor")
@pytest.mark.parametrize("kill_after", [0, 2], ids=["one process", "killed in between"])
def test_busy_computer_gets_words_later_and_loses_no_sound(kill_after: int) -> None:
    paces = [LATER, LATER, FINALS_ONLY, LATER, FINALS_ONLY]
    with running(busy_child, LIVE) as recogniser:

        def kill(count: int) -> None:
            pid = recogniser.pid
            if count == kill_after and pid is not None:
                os.kill(pid, signal.SIGKILL)

        said, voices, fed_ms = hear_paced(recogniser, paces, kill)
    assert said[: len(paces)] == paces
    heard_ms = [voice.at_ms for voice in voices if voice.probabilities]
    assert heard_ms == list(range(64, heard_ms[-1] + 1, 64))
    assert heard_ms[-1] >= fed_ms


@pytest.mark.usefixtures("_quick_governor")
def test_words_come_later_while_obs_loses_frames_and_soon_again_after() -> None:
    with running(talking_child, LIVE) as recogniser:
        recogniser.note_lagged_frames(0.05)
        paces = [LATER, LATER, FINALS_ONLY, LATER, LATER, ""]
        said, _, _ = hear_paced(
            recogniser, paces, lambda count: recogniser.note_lagged_frames(0.05 if count < 3 else 0.0)
        )
    assert said == paces


@pytest.mark.usefixtures("_quick_governor")
def test_processor_time_of_the_recogniser_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(governor, "BUSY_SHARE", 0.0)
    with running(talking_child, LIVE) as recogniser:
        said, _, _ = hear_paced(recogniser, [LATER])
    assert said[0] == LATER


@pytest.mark.usefixtures("_quick_governor")
def test_review_has_no_governor() -> None:
    with running(talking_child) as recogniser:
        recogniser.note_lagged_frames(0.05)
        found = hear(recogniser)
    assert [one.state for one in found if isinstance(one, Status)] == ["loading", "ready"]


def hear_changing(change: RecogniserConfig) -> list[Voice | Transcript | Status]:
    """Everything heard of TALK, by `change` from some block on, again and again."""
    with running() as recogniser:
        for chunk in chunks(TALK):
            recogniser.feed(chunk)
        recogniser.finish()
        found: list[Voice | Transcript | Status] = []
        for result in recogniser.results():
            found.append(result)
            if isinstance(result, Voice) and sum(isinstance(one, Voice) for one in found) % 20 == 1:
                recogniser.use(change)
    return found


def test_what_is_changed_takes_effect_where_the_process_was_and_is_no_failure() -> None:
    with running() as recogniser:
        whole = hear(recogniser)
    found = hear_changing(replace(CONFIG, names=("Barkwell",)))
    states = [one.state for one in found if isinstance(one, Status)]
    assert heard(found) == heard(whole)
    assert states.count("restarting") > supervisor.MAX_FRUITLESS_STARTS
    assert "failed" not in states


def test_another_model_hears_every_utterance_once() -> None:
    with running() as recogniser:
        whole = hear(recogniser)
    found = hear_changing(replace(CONFIG, model=ModelFolder(Path("other"))))
    assert [one for one in found if isinstance(one, Voice)] == [one for one in whole if isinstance(one, Voice)]
    assert [one.utterance for one in found if isinstance(one, Transcript) and one.is_final] == list(range(6))
