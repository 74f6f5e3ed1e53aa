"""The first run listens, looks and fetches while its pages ask for it, and ends everything that it began."""

from __future__ import annotations

import contextlib
import queue
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tomli_w
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton, QWidget

from martlive_desktop.adapters.model_store import ModelSources, ModelState, ModelStore
from martlive_desktop.adapters.screen_grab import Monitor, Rect
from martlive_desktop.coaching import MEANING_MODEL
from martlive_desktop.core.errors import (
    DownloadDamaged,
    DownloadInterrupted,
    MartLiveError,
    MicrophoneUnavailable,
    ModelMissing,
    RecogniserUnavailable,
    ScreenUnavailable,
)
from martlive_desktop.core.events import AudioChunk, Status, Transcript, Voice
from martlive_desktop.core.signals.level import LevelThresholds
from martlive_desktop.desktop_first_run import FirstRunDesk, FirstRunParts, find_obs, real_parts
from martlive_desktop.followers import Follower
from martlive_desktop.settings import AppSettings, HotkeySettings, MicrophoneSettings, Settings
from martlive_desktop.sound_check import SoundTap, VoiceLevel
from martlive_desktop.ui.first_run_state import STEPS
from martlive_desktop.ui.source_tiles import SourceTile
from martlive_desktop.ui.theme import Look
from tests.fakes.fault_server import Fault, fault_server
from tests.fakes.obs import FakeObs
from tests.unit.test_model_store import FILES, a_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from pytestqt.qtbot import QtBot

    from martlive_desktop.adapters.model_store import Progress
    from martlive_desktop.settings import Settings as AnySettings
    from martlive_desktop.ui.first_run_state import Hearing, ObsReach, Step

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|lower|setting window opacity|propagateSizeHints)")

MB = 1_000_000
RATE_HZ = 16_000


def tone(level_dbfs: float, seconds: float = 0.1) -> NDArray[np.int16]:
    """A tone of this RMS."""
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    pcm: NDArray[np.int16] = np.round(
        np.sqrt(2) * 10 ** (level_dbfs / 20) * 32767 * np.sin(2 * np.pi * 220 * at)
    ).astype(np.int16)
    return pcm


class FakeSource:
    """A microphone that gives what a test says."""

    def __init__(self) -> None:
        self.events: queue.SimpleQueue[AudioChunk | Status | MartLiveError | None] = queue.SimpleQueue()
        self.is_closed = False

    def read(self) -> Iterator[AudioChunk | Status]:
        while (event := self.events.get()) is not None:
            if isinstance(event, MartLiveError):
                raise event
            yield event

    def close(self) -> None:
        self.is_closed = True
        self.events.put(None)

    def hear(self, pcm: NDArray[np.int16]) -> None:
        self.events.put(AudioChunk(0, pcm))

    def tell(self, state: str, detail: str = "") -> None:
        self.events.put(Status(0, "microphone", state, detail))


class FakeRecogniser:
    """A recogniser that understands what a test says."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.fed: list[AudioChunk] = []
        self.is_closed = False
        self._results: queue.SimpleQueue[Voice | Transcript | Status | None] = queue.SimpleQueue()

    def feed(self, chunk: AudioChunk) -> None:
        self.fed.append(chunk)

    def finish(self) -> None:
        self._results.put(None)

    def results(self) -> Iterator[Voice | Transcript | Status]:
        while (result := self._results.get()) is not None:
            yield result

    def close(self) -> None:
        self.is_closed = True
        self._results.put(None)

    def say(self, text: str, *, is_final: bool) -> None:
        self._results.put(Transcript(0, is_final, 0, text, ()))

    def tell(self, state: str) -> None:
        self._results.put(Status(0, "recogniser", state))


class FakeModels:
    """A store whose downloads go on when a test says so."""

    def __init__(self) -> None:
        self.where: dict[str, ModelState] = {
            name: ModelState(name=name, task=task, bytes=size, licence=licence, where="missing")
            for name, task, size, licence in (
                ("whisper-base", "speech", 148 * MB, "MIT"),
                ("minilm-l6", "meaning", 23 * MB, "Apache-2.0"),
                ("smollm2-135m", "writing", 145 * MB, "Apache-2.0"),
                ("qwen3-4b", "writing", 2500 * MB, "Apache-2.0"),
            )
        }
        self.steps: queue.SimpleQueue[int | MartLiveError] = queue.SimpleQueue()
        """Bytes that have come, or why no more come."""
        self.pulled: list[str] = []
        self.folders: list[Path | None] = []

    def set(self, name: str, where: str) -> None:
        self.where[name] = ModelState(**{**_plain(self.where[name]), "where": where})  # type: ignore[arg-type]

    def list(self) -> list[ModelState]:
        return list(self.where.values())

    def pull(
        self, name: str, progress: Progress, *, folder: Path | None = None, stop: threading.Event | None = None
    ) -> object:
        self.pulled.append(name)
        self.folders.append(folder)
        total = self.where[name].bytes
        while True:
            step = self.steps.get()
            if isinstance(step, MartLiveError):
                raise step
            if stop is not None and stop.is_set():
                raise DownloadInterrupted("It was stopped.", url="")
            progress(step, total)
            if step == total:
                self.set(name, "installed")
                return None


def _plain(state: ModelState) -> dict[str, object]:
    return {name: getattr(state, name) for name in ("name", "task", "bytes", "licence", "where")}


class World:
    """Everything around the first run, and what it did there."""

    def __init__(self) -> None:
        self.microphones: list[str] = ["Yeti", "Built-in"]
        self.opened: list[tuple[str, FakeSource]] = []
        self.refusals: list[MicrophoneUnavailable] = []
        """Raised in turn where a microphone would be opened."""
        self.recognisers: list[FakeRecogniser] = []
        self.refused_words: MartLiveError | None = None
        self.models = FakeModels()
        self.is_screen_there = True
        self.obs: ObsReach = "absent"
        self.obs_password = ""
        self.obs_asked: list[str | None] = []
        self.kept: list[str] = []
        self.keyring: MartLiveError | None = None

    def parts(self) -> FirstRunParts:
        return FirstRunParts(
            microphones=lambda: self.microphones,
            open_microphone=self._open,
            start_recogniser=self._start,
            models=self.models,
            monitors=lambda: [Monitor("DP-1", Rect(0, 0, 1920, 1080), is_primary=True)],
            grab=self._grab,
            find_obs=self._find_obs,
            known_password=lambda: None,
            keep_password=self._keep,
        )

    @property
    def source(self) -> FakeSource:
        return self.opened[-1][1]

    def _open(self, device: str) -> FakeSource:
        if self.refusals:
            raise self.refusals.pop(0)
        self.opened.append((device, FakeSource()))
        return self.opened[-1][1]

    def _start(self, settings: AnySettings, language: str) -> FakeRecogniser:
        if self.refused_words is not None:
            raise self.refused_words
        self.recognisers.append(FakeRecogniser(language))
        return self.recognisers[-1]

    def _grab(self, name: str) -> NDArray[np.uint8]:
        if not self.is_screen_there:
            raise ScreenUnavailable("No screen.")
        return np.full((90, 640, 3), 99, np.uint8)

    def _find_obs(self, host: str, port: int, password: str | None) -> ObsReach:
        assert (host, port) == ("127.0.0.1", 4455)
        self.obs_asked.append(password)
        if self.obs == "locked" and password and password == self.obs_password:
            return "found"
        return self.obs

    def _keep(self, password: str) -> None:
        if self.keyring is not None:
            raise self.keyring
        self.kept.append(password)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def begin(qtbot: QtBot, look: Look, world: World) -> Iterator[Callable[..., FirstRunDesk]]:
    desks: list[FirstRunDesk] = []

    def begin(step: str = "language", settings: Settings | None = None) -> FirstRunDesk:
        settings = settings or Settings()
        app = AppSettings.model_validate({"first_run": step})
        desk = FirstRunDesk(settings.model_copy(update={"app": app}), look, world.parts())
        desks.append(desk)
        desk.open()
        qtbot.waitUntil(lambda: bool(desk._state.models))
        return desk

    yield begin
    world.models.steps.put(MartLiveError("The test is over."))
    for desk in desks:
        desk.close()


def texts(desk: FirstRunDesk) -> list[str]:
    return [one.text() for one in desk.window.findChildren(QLabel) if one.isVisible() and one.text()]


def button(desk: FirstRunDesk, name: str) -> QPushButton:
    shown = [one for one in desk.window.findChildren(QPushButton) if one.isVisible()]
    return next(one for one in shown if name in (one.text(), one.accessibleName()))


def wait_for(qtbot: QtBot, desk: FirstRunDesk, text: str) -> None:
    qtbot.waitUntil(lambda: text in texts(desk))


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def press(key: Qt.Key) -> None:
    QTest.keyClick(focused(), key)


def step_of(saved: list[Settings]) -> str:
    return saved[-1].app.first_run


def is_watching_obs(desk: FirstRunDesk) -> bool:
    return desk._settings.obs.is_on


def wants_keys(desk: FirstRunDesk) -> bool:
    return desk.wants_keys


def fail(error: MartLiveError) -> None:
    raise AssertionError(error)


def drain(source: FakeSource) -> None:
    for _ in source.read():
        continue


def tab_to(desk: FirstRunDesk, name: str) -> None:
    wanted = button(desk, name)
    for _ in range(30):
        if focused() is wanted:
            return
        press(Qt.Key.Key_Tab)
    raise AssertionError(f"{name} is not reached")


def test_first_run_is_done_with_the_keyboard_alone(
    qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk]
) -> None:
    world.models.set("whisper-base", "installed")
    world.obs = "found"
    desk = begin()
    saved: list[Settings] = []
    desk.settings_changed.connect(saved.append)
    languages: list[str] = []
    desk.spoken_language_chosen.connect(languages.append)
    press(Qt.Key.Key_Tab)
    press(Qt.Key.Key_Right)
    assert languages == ["zh"]
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(world.opened))
    assert not button(desk, "Next").isEnabled()
    for _ in range(3):
        world.source.hear(tone(-22))
    wait_for(qtbot, desk, "We hear you well.")
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(desk.window.findChildren(SourceTile)) >= 3)
    assert step_of(saved) == "watch"
    qtbot.waitUntil(lambda: any(one.accessibleName() == "DP-1" for one in desk.window.findChildren(SourceTile)))
    press(Qt.Key.Key_Tab)
    press(Qt.Key.Key_Space)
    assert (saved[-1].screen.source, saved[-1].screen.monitor) == ("monitor", "DP-1")
    press(Qt.Key.Key_Return)
    assert wants_keys(desk)
    desk.show_pressed("toggle")
    wait_for(qtbot, desk, "It works")
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Return)
    wait_for(qtbot, desk, "OBS is connected.")
    assert saved[-1].obs.is_on
    press(Qt.Key.Key_Return)
    with qtbot.waitSignal(desk.autostart_chosen) as told:
        press(Qt.Key.Key_Space)
    assert told.args == [True]
    with qtbot.waitSignal(desk.finished):
        press(Qt.Key.Key_Return)
    assert step_of(saved) == "done"
    assert not desk.window.isVisible()
    assert world.source.is_closed
    assert all(one.is_closed for one in world.recognisers)


@pytest.mark.parametrize("step", STEPS)
def test_step_is_kept_when_the_window_is_closed_and_taken_up_again(
    qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk], step: Step
) -> None:
    desk = begin(step)
    count = f"Step {STEPS.index(step) + 1} of 7"
    assert count in texts(desk)
    with qtbot.waitSignal(desk.left):
        desk.window.close()
    assert all(source.is_closed for _, source in world.opened)
    assert desk._settings.app.first_run == step
    desk.open()
    assert count in texts(desk)


def test_every_step_is_saved_as_it_is_reached(begin: Callable[..., FirstRunDesk]) -> None:
    desk = begin()
    saved: list[str] = []
    desk.settings_changed.connect(lambda settings: saved.append(settings.app.first_run))
    for _ in STEPS[1:]:
        button(desk, "Skip for now").click()
    for _ in STEPS[1:]:
        button(desk, "Back").click()
    assert saved == [*STEPS[1:], *reversed(STEPS[:-1])]


def test_done_first_run_begins_anew_when_it_is_opened_again(begin: Callable[..., FirstRunDesk]) -> None:
    assert "Step 1 of 7" in texts(begin("done"))


def test_language_of_the_windows_is_told_and_saved(qtbot: QtBot, begin: Callable[..., FirstRunDesk]) -> None:
    desk = begin()
    with qtbot.waitSignal(desk.settings_changed) as saved, qtbot.waitSignal(desk.language_chosen) as told:
        button(desk, "Language of MartLive: 中文").click()
    assert told.args == ["zh_CN"]
    assert saved.args is not None
    assert saved.args[0].app.language == "zh_CN"


def test_recogniser_loads_on_the_first_page_and_hears_on_the_second(
    qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk]
) -> None:
    world.models.set("whisper-base", "package")
    desk = begin()
    qtbot.waitUntil(lambda: len(world.recognisers) == 1)
    assert world.opened == []
    button(desk, "Next").click()
    qtbot.waitUntil(lambda: bool(world.opened))
    wait_for(qtbot, desk, "A moment – we get ready to follow your words.")
    [recogniser] = world.recognisers
    recogniser.tell("ready")
    wait_for(qtbot, desk, "Say: “Hello, this is my show.” Your words show up below.")
    world.source.hear(tone(-22))
    world.source.hear(tone(-22))
    qtbot.waitUntil(lambda: len(recogniser.fed) == 2)
    assert [chunk.start_sample for chunk in recogniser.fed] == [0, 1600]
    recogniser.say("hello this", is_final=False)
    wait_for(qtbot, desk, "hello this")
    recogniser.say("Hello, this is my show.", is_final=True)
    wait_for(qtbot, desk, "Hello, this is my show.")
    button(desk, "Skip for now").click()
    qtbot.waitUntil(lambda: recogniser.is_closed and world.source.is_closed)


def test_other_spoken_language_is_heard_from_then_on(
    qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk]
) -> None:
    world.models.set("whisper-base", "installed")
    desk = begin()
    qtbot.waitUntil(lambda: [one.language for one in world.recognisers] == ["en"])
    button(desk, "You speak: Find out by itself").click()
    qtbot.waitUntil(lambda: [one.language for one in world.recognisers] == ["en", "auto"])
    assert world.recognisers[0].is_closed


@pytest.mark.parametrize("how", ["refused", "failed"])
def test_words_that_do_not_come_are_no_dead_end(
    qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk], how: str
) -> None:
    world.models.set("whisper-base", "installed")
    if how == "refused":
        world.refused_words = RecogniserUnavailable("It cannot start.")
    desk = begin("microphone")
    if how == "failed":
        qtbot.waitUntil(lambda: bool(world.recognisers))
        world.recognisers[0].tell("failed")
    wait_for(qtbot, desk, "Your words do not come. Go on – MartLive tries again in your show.")


def test_level_moves_and_is_judged(qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk]) -> None:
    desk = begin("microphone")
    qtbot.waitUntil(lambda: bool(world.opened))
    for _ in range(16):
        world.source.hear(np.zeros(1600, np.int16))
    wait_for(qtbot, desk, "We hear nothing – is it muted?")
    world.source.hear(tone(-40))
    wait_for(qtbot, desk, "A little quiet. Move closer, or turn the microphone up.")
    assert desk._state.level_dbfs == pytest.approx(-40, abs=0.1)
    world.source.hear(tone(-18))
    wait_for(qtbot, desk, "We hear you well.")
    assert desk._state.level_dbfs == pytest.approx(-18, abs=0.1)
    assert button(desk, "Next").isEnabled()


def test_other_microphone_is_opened_when_it_is_chosen(
    qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk]
) -> None:
    desk = begin("microphone")
    qtbot.waitUntil(lambda: len(desk._state.microphones) == 2 and bool(world.opened))
    first = world.source
    with qtbot.waitSignal(desk.settings_changed) as saved:
        press(Qt.Key.Key_Down)
    assert saved.args is not None
    assert saved.args[0].microphone.device == "Yeti"
    qtbot.waitUntil(lambda: len(world.opened) == 2)
    assert first.is_closed
    assert world.opened[1][0] == "Yeti"


def test_microphone_that_goes_and_comes_back_is_told(
    qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk]
) -> None:
    desk = begin("microphone")
    qtbot.waitUntil(lambda: bool(world.opened))
    world.source.tell("lost", "The microphone is gone – plug it in again.")
    wait_for(qtbot, desk, "The microphone is gone – plug it in again.")
    world.source.hear(np.zeros(1600, np.int16))
    world.microphones.append("Headset")
    world.source.tell("listening")
    wait_for(qtbot, desk, "We are listening – say something.")
    assert "Headset" in desk._state.microphones


@pytest.mark.parametrize(
    ("refusal", "microphones", "device", "sentence"),
    [
        (MicrophoneUnavailable("None."), [], "", "We find no microphone. Plug one in, and it shows up here."),
        (MicrophoneUnavailable("Close the other program."), ["Yeti"], "", "Close the other program."),
        (
            MicrophoneUnavailable("Gone.", device="Headset"),
            ["Yeti"],
            "Headset",
            "“Headset” is not there. Plug it in, or choose another one.",
        ),
        (MicrophoneUnavailable("It is taken.", is_taken=True), [], "", "It is taken."),
    ],
    ids=["none", "refused", "missing", "taken"],
)
def test_microphone_that_cannot_be_opened_is_one_sentence(
    qtbot: QtBot,
    world: World,
    begin: Callable[..., FirstRunDesk],
    refusal: MicrophoneUnavailable,
    microphones: list[str],
    device: str,
    sentence: str,
) -> None:
    world.refusals = [refusal]
    world.microphones = microphones
    desk = begin("microphone", Settings(microphone=MicrophoneSettings(device=device)))
    wait_for(qtbot, desk, sentence)


def test_microphone_that_is_plugged_in_later_is_found(
    qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk]
) -> None:
    world.refusals = [MicrophoneUnavailable("None.")]
    desk = begin("language")
    desk._microphone._retry_s = 0.05
    button(desk, "Next").click()
    qtbot.waitUntil(lambda: bool(world.opened))
    world.source.tell("listening")
    for _ in range(3):
        world.source.hear(tone(-20))
    wait_for(qtbot, desk, "We hear you well.")


def test_model_comes_with_its_progress_and_is_used_at_once(
    qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk]
) -> None:
    desk = begin("microphone")
    tab_to(desk, "Get the speech model (148 MB, MIT)")
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: world.models.pulled == ["whisper-base"])
    wait_for(qtbot, desk, "Begins…")

    def is_half_here() -> bool:
        world.models.steps.put(74 * MB)
        return any(text.startswith("74 MB of 148 MB") for text in texts(desk))

    qtbot.waitUntil(is_half_here)
    world.models.steps.put(148 * MB)
    qtbot.waitUntil(lambda: bool(world.recognisers))
    assert desk._state.models[0].stage == "here"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            DownloadInterrupted("It stopped; try again, it goes on.", url="https://example.org"),
            "It stopped; try again, it goes on.",
        ),
        (
            DownloadDamaged("It brought wrong bytes; try again.", url="https://example.org"),
            "It brought wrong bytes; try again.",
        ),
        (ModelMissing("No server has it; name a mirror.", name="whisper-base"), "No server has it; name a mirror."),
        (MartLiveError("The disk has no room: free 100 MB."), "The disk has no room: free 100 MB."),
    ],
    ids=["offline", "damaged", "nowhere", "full"],
)
def test_download_that_stops_is_one_sentence_and_is_tried_again(
    qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk], error: MartLiveError, sentence: str
) -> None:
    desk = begin("models")
    button(desk, "Get: Hears what you say").click()
    world.models.steps.put(error)
    wait_for(qtbot, desk, sentence)
    assert not button(desk, "Next").isEnabled()
    button(desk, "Try again: Hears what you say").click()
    world.models.steps.put(148 * MB)
    qtbot.waitUntil(lambda: desk._state.models[0].stage == "here")
    assert sentence not in texts(desk)
    assert button(desk, "Next").isEnabled()


def test_models_come_out_of_a_folder_without_the_internet(
    qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    world.models.set("minilm-l6", "package")
    desk = begin("models")
    button(desk, "Choose a folder…").click()
    world.models.steps.put(148 * MB)
    world.models.steps.put(ModelMissing("The folder does not hold it.", name="smollm2-135m"))
    qtbot.waitUntil(lambda: [model.stage for model in desk._state.models] == ["here", "here", "missing"])
    assert world.models.pulled == ["whisper-base", "smollm2-135m"]
    assert world.models.folders == [tmp_path, tmp_path]
    assert "It is not in that folder." in texts(desk)
    button(desk, "Try again: Words tips").click()
    qtbot.waitUntil(lambda: world.models.folders == [tmp_path, tmp_path, None])
    world.models.steps.put(145 * MB)
    qtbot.waitUntil(lambda: desk._state.models[2].stage == "here")
    assert "Choose a folder…" not in [one.text() for one in desk.window.findChildren(QPushButton) if one.isVisible()]


def test_no_folder_chosen_fetches_nothing(
    world: World, begin: Callable[..., FirstRunDesk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    desk = begin("models")
    button(desk, "Choose a folder…").click()
    assert [model.stage for model in desk._state.models] == ["missing", "missing", "missing"]


def test_models_come_one_after_the_other_and_either_can_be_cancelled(
    qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk]
) -> None:
    desk = begin("models")
    assert [model.name for model in desk._state.models] == ["whisper-base", "minilm-l6", "smollm2-135m"]
    for title in ("Hears what you say", "Knows when a question was answered", "Words tips"):
        button(desk, f"Get: {title}").click()
    wait_for(qtbot, desk, "Next in line")
    qtbot.waitUntil(lambda: world.models.pulled == ["whisper-base"])
    button(desk, "Cancel: Knows when a question was answered").click()
    button(desk, "Cancel: Hears what you say").click()
    world.models.steps.put(1 * MB)
    qtbot.waitUntil(lambda: world.models.pulled == ["whisper-base", "smollm2-135m"])
    assert [model.stage for model in desk._state.models] == ["missing", "missing", "coming"]
    world.models.steps.put(145 * MB)
    qtbot.waitUntil(lambda: desk._state.models[2].stage == "here")


def test_damaged_model_is_to_be_fetched_again(qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk]) -> None:
    world.models.set("whisper-base", "damaged")
    desk = begin("models")
    assert "Its files are damaged. Get it again, and it works." in texts(desk)
    assert world.recognisers == []


def test_closing_the_window_stops_the_download(qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk]) -> None:
    desk = begin("models")
    button(desk, "Get: Hears what you say").click()
    qtbot.waitUntil(lambda: world.models.pulled == ["whisper-base"])
    desk.window.close()
    assert desk._state.models[0].stage == "missing"
    world.models.steps.put(1 * MB)


def test_screen_that_cannot_be_seen_is_offered_without_a_picture(
    qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk]
) -> None:
    world.is_screen_there = False
    desk = begin("watch")
    qtbot.waitUntil(lambda: len(desk._state.choices) == 3)
    with qtbot.waitSignal(desk.settings_changed) as saved:
        next(one for one in desk.window.findChildren(SourceTile) if one.accessibleName() == "Nothing").click()
    assert saved.args is not None
    assert saved.args[0].screen.source == "none"


def test_obs_is_watched_once_it_is_chosen(qtbot: QtBot, begin: Callable[..., FirstRunDesk]) -> None:
    desk = begin("watch")
    next(one for one in desk.window.findChildren(SourceTile) if one.accessibleName() == "OBS").click()
    assert is_watching_obs(desk)
    assert desk._state.watched == "obs"


def test_obs_is_sought_again_when_it_was_not_there(
    qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk]
) -> None:
    desk = begin("obs")
    wait_for(qtbot, desk, "OBS does not answer. Is it running?")
    assert not is_watching_obs(desk)
    world.obs = "found"
    button(desk, "Look again").click()
    wait_for(qtbot, desk, "OBS is connected.")
    assert is_watching_obs(desk)
    with qtbot.waitSignal(desk.source_requested):
        button(desk, "Add the stream window to my scene").click()
    desk.show_source_result(True, "It is in “Main”.")
    assert "It is in “Main”." in texts(desk)


def test_password_of_obs_is_asked_for_and_kept_once_it_is_right(
    qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk]
) -> None:
    world.obs, world.obs_password = "locked", "sesame"
    desk = begin("obs")
    wait_for(qtbot, desk, "OBS is here and asks for its password.")
    QTest.keyClicks(focused(), "wrong")
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: any(text.startswith("OBS has another password") for text in texts(desk)))
    assert world.kept == []
    QTest.keyClick(focused(), Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(focused(), "sesame")
    press(Qt.Key.Key_Return)
    wait_for(qtbot, desk, "OBS is connected.")
    assert world.obs_asked == [None, "wrong", "sesame"]
    assert world.kept == ["sesame"]


def test_password_that_cannot_be_kept_is_told(qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk]) -> None:
    world.obs, world.obs_password = "locked", "sesame"
    world.keyring = MartLiveError("Unlock your keyring, then connect again.")
    desk = begin("obs")
    wait_for(qtbot, desk, "OBS is here and asks for its password.")
    QTest.keyClicks(focused(), "sesame")
    press(Qt.Key.Key_Return)
    wait_for(qtbot, desk, "Unlock your keyring, then connect again.")
    assert is_watching_obs(desk)


def test_keys_are_tried_only_on_their_page(qtbot: QtBot, begin: Callable[..., FirstRunDesk]) -> None:
    desk = begin("watch")
    desk.show_pressed("toggle")
    assert not wants_keys(desk)
    button(desk, "Next").click()
    assert wants_keys(desk)
    assert "It works" not in texts(desk)
    desk.show_conflicts(("mark",))
    assert "Another program has them" in texts(desk)
    with qtbot.waitSignal(desk.settings_requested) as told:
        button(desk, "Change keys…").click()
    assert told.args == ["hotkeys.toggle"]
    desk.show_pressed("toggle")
    assert "It works" in texts(desk)
    desk.take_settings(desk._settings.model_copy(update={"hotkeys": HotkeySettings(toggle="ctrl+alt+p")}))
    assert "It works" not in texts(desk)
    assert ("toggle", "ctrl+alt+p") in desk._state.keys


def test_hidden_window_listens_to_nothing(qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk]) -> None:
    desk = begin("microphone")
    qtbot.waitUntil(lambda: bool(world.opened))
    desk.window.hide()
    qtbot.waitUntil(lambda: world.source.is_closed)
    desk.window.show()
    qtbot.waitUntil(lambda: len(world.opened) == 2)


def test_closing_ends_every_thread(qtbot: QtBot, world: World, begin: Callable[..., FirstRunDesk]) -> None:
    before = set(threading.enumerate())
    world.models.set("whisper-base", "installed")
    desk = begin("microphone")
    qtbot.waitUntil(lambda: bool(world.opened) and bool(world.recognisers))
    assert len(set(threading.enumerate()) - before) == 4
    desk.close()
    assert set(threading.enumerate()) <= before
    assert world.source.is_closed
    assert world.recognisers[0].is_closed


@pytest.mark.parametrize(
    ("sound", "hearing"),
    [
        (tone(-96, 1.0), "waiting"),
        (tone(-96, 2.0), "silent"),
        (tone(-56, 2.0), "waiting"),
        (tone(-35, 2.0), "quiet"),
        (tone(-20, 2.0), "good"),
        (tone(-3.0, 2.0), "loud"),
    ],
    ids=["too early", "silence", "room", "low voice", "voice", "clipping"],
)
def test_voice_is_judged_by_its_level(sound: NDArray[np.int16], hearing: Hearing) -> None:
    level = VoiceLevel(LevelThresholds())
    heard = [level.take(sound[at : at + 800])[1] for at in range(0, len(sound), 800)]
    assert heard[-1] == hearing


def test_voice_is_forgotten_after_some_seconds() -> None:
    level = VoiceLevel(LevelThresholds())
    level.take(tone(-20))
    heard = [level.take(tone(-56))[1] for _ in range(31)]
    assert heard[0] == "good"
    assert heard[-1] == "waiting"


def test_sound_goes_nowhere_while_nobody_listens() -> None:
    tap, first, second = SoundTap(), FakeRecogniser("en"), FakeRecogniser("en")
    tap.feed(tone(-20))
    with tap.opened(first):
        tap.feed(tone(-20))
    tap.feed(tone(-20))
    with tap.opened(second):
        tap.feed(tone(-20))
    assert [[chunk.start_sample for chunk in one.fed] for one in (first, second)] == [[0], [0]]


def test_part_that_opens_too_late_is_closed_unused(qtbot: QtBot) -> None:
    is_opening, may_open = threading.Event(), threading.Event()
    source, used = FakeSource(), list[FakeSource]()

    def open_source(_wish: str) -> FakeSource:
        is_opening.set()
        assert may_open.wait(5)
        return source

    follower = Follower("late", open_source, used.append, fail, retry_s=None)
    follower.ask("a")
    assert is_opening.wait(5)
    follower.ask(None)
    may_open.set()
    follower.wait_idle()
    assert source.is_closed
    assert used == []
    follower.close()


def test_part_that_was_taken_away_comes_anew_when_it_is_asked_for_again(qtbot: QtBot) -> None:
    opened: list[FakeSource] = []

    def open_source(_wish: str) -> FakeSource:
        opened.append(FakeSource())
        return opened[-1]

    follower = Follower("again", open_source, drain, fail, retry_s=None)
    follower.ask("a")
    qtbot.waitUntil(lambda: len(opened) == 1)
    follower.ask(None)
    follower.ask("a")
    qtbot.waitUntil(lambda: len(opened) == 2)
    follower.close()
    assert all(source.is_closed for source in opened)


def test_obs_is_found_locked_or_absent() -> None:
    open_obs, locked = FakeObs(None), FakeObs("sesame")
    with open_obs.running():
        assert find_obs("127.0.0.1", open_obs.port, None) == "found"
    assert find_obs("127.0.0.1", open_obs.port, None) == "absent"
    with locked.running():
        assert find_obs("127.0.0.1", locked.port, None) == "locked"
        assert find_obs("127.0.0.1", locked.port, "wrong") == "locked"
        assert find_obs("127.0.0.1", locked.port, "sesame") == "found"


def test_parts_of_this_computer_know_the_models_that_are_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARTLIVE_MODELS", str(tmp_path))
    monkeypatch.setenv("MARTLIVE_OBS_PASSWORD", "sesame")
    parts = real_parts(list[str]().append)
    wanted = {Settings().recogniser.model, MEANING_MODEL, Settings().coach.model}
    assert wanted <= {model.name for model in parts.models.list()}
    assert parts.known_password() == "sesame"


def sizes(folder: Path) -> dict[str, int]:
    """Of the files that came, and of those that are on their way."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {path.name: path.stat().st_size for path in found}


def test_cancelled_download_of_the_real_store_goes_on_where_it_was(
    qtbot: QtBot, look: Look, world: World, tmp_path: Path
) -> None:
    build = {"repository": "maker/tiny", "revision": "abc", "files": [a_file(*item) for item in FILES.items()]}
    model = {"name": "whisper-base", "task": "speech", "languages": "en", "licence": "MIT", "builds": [build]}
    (tmp_path / "manifest.toml").write_text(tomli_w.dumps({"models": [model]}), encoding="utf-8")
    with contextlib.ExitStack() as stack:
        mirror = stack.enter_context(fault_server())
        mirror.files = {f"/whisper-base/{path}": content for path, content in FILES.items()}
        mirror.faults["/whisper-base/model.bin"] = [Fault("stall", at=100_000)]
        sources = ModelSources(mirror=mirror.url)
        store = ModelStore(tmp_path / "models", tmp_path / "manifest.toml", sources=lambda: sources)
        settings = Settings(app=AppSettings(first_run="models"))
        desk = stack.enter_context(
            contextlib.closing(FirstRunDesk(settings, look, replace(world.parts(), models=store)))
        )
        desk.open()
        wait_for(qtbot, desk, "Hears what you say")
        button(desk, "Get: Hears what you say").click()
        qtbot.waitUntil(lambda: sizes(tmp_path / "models") == {"config.json": 2, "model.bin.part": 100_000})
        button(desk, "Cancel: Hears what you say").click()
        mirror.asked.clear()
        button(desk, "Get: Hears what you say").click()
        qtbot.waitUntil(lambda: desk._state.models[0].stage == "here")
        assert [(one.path, one.range) for one in mirror.asked] == [("/whisper-base/model.bin", "bytes=100000-")]
    assert store.list()[0].where == "installed"
