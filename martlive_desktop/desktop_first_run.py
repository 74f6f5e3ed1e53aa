"""The desktop app's share in the first run: it listens, looks and fetches while the pages ask for it."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal

from martlive_desktop.coaching import MEANING_MODEL
from martlive_desktop.core.errors import (
    MartLiveError,
    MicrophoneUnavailable,
    ModelMissing,
    ObsUnavailable,
    ScreenUnavailable,
)
from martlive_desktop.core.events import AudioChunk, Status, Transcript
from martlive_desktop.core.plan import ShowPlan
from martlive_desktop.followers import Follower, Worker
from martlive_desktop.sound_check import SoundTap, VoiceLevel
from martlive_desktop.ui.first_run import FirstRun
from martlive_desktop.ui.first_run_state import STEPS, FirstRunState, ModelLine, SourceResult
from martlive_desktop.ui.pixels import to_qimage
from martlive_desktop.ui.screen_picker import SourceChoice
from martlive_desktop.ui.sentences import translated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from martlive_desktop.adapters.model_store import ModelState, Progress
    from martlive_desktop.adapters.screen_grab import Monitor
    from martlive_desktop.ports import AudioSource, Transcriber
    from martlive_desktop.settings import Settings
    from martlive_desktop.ui.first_run_state import Hearing, Listener, ModelStage, ObsReach, Step
    from martlive_desktop.ui.theme import Look

log = logging.getLogger(__name__)


RETRY_S = 2.0
"""Between tries to open a microphone while there is none: soon enough for who plugs one in."""

TELL_S = 0.1
"""A download tells how far it is ten times a second at most."""

RATE_AFTER_S = 1.0
"""Time after which the pace of a download says how long it takes."""


PORT_WITHIN_S = 1.0
"""A program on this computer answers at once."""

THUMBNAIL_PX = 320
"""Width of a small picture."""

OBS, NOTHING = "obs", "none"

LISTENERS: Final[dict[str, Listener]] = {
    "loading": "loading",
    "restarting": "loading",
    "ready": "ready",
    "failed": "lost",
}
"""What a state of the recogniser means here; the others are not of interest."""

HERE = frozenset({"installed", "package"})
"""Where a model is ready to be used."""


class ModelLibrary(Protocol):
    """The models of this computer, as `ModelStore` has them."""

    def list(self) -> Sequence[ModelState]: ...

    def pull(
        self, name: str, progress: Progress, *, folder: Path | None = None, stop: threading.Event | None = None
    ) -> object: ...


@dataclass(frozen=True, slots=True)
class FirstRunParts:
    """What the first run works with; every one may wait, and is called on a thread that may."""

    microphones: Callable[[], Sequence[str]]
    """Their names; raises MicrophoneUnavailable."""
    open_microphone: Callable[[str], AudioSource]
    start_recogniser: Callable[[Settings, str], Transcriber]
    """For a spoken language; raises MartLiveError."""
    models: ModelLibrary
    monitors: Callable[[], Sequence[Monitor]]
    grab: Callable[[str], NDArray[np.uint8]]
    """A picture of the monitor of this name, BGR; raises ScreenUnavailable."""
    find_obs: Callable[[str, int, str | None], ObsReach]
    """By host, port and password."""
    known_password: Callable[[], str | None]
    keep_password: Callable[[str], None]
    """Raises MartLiveError where it cannot be kept."""


def real_parts(
    keep_password: Callable[[str], None],
    known_password: Callable[[], str | None] = lambda: os.environ.get("MARTLIVE_OBS_PASSWORD"),
) -> FirstRunParts:
    """The parts of this computer."""
    from martlive_desktop.adapters.clock import SystemClock
    from martlive_desktop.adapters.devices import list_microphones
    from martlive_desktop.adapters.microphone import Microphone
    from martlive_desktop.adapters.screen_grab import list_monitors
    from martlive_desktop.places import model_store

    return FirstRunParts(
        microphones=lambda: [one.name for one in list_microphones()],
        open_microphone=lambda device: Microphone(device, clock=SystemClock()),
        start_recogniser=_start_recogniser,
        models=model_store(),
        monitors=list_monitors,
        grab=_grab_monitor,
        find_obs=find_obs,
        known_password=known_password,
        keep_password=keep_password,
    )


def _start_recogniser(settings: Settings, language: str) -> Transcriber:
    from martlive_desktop.hearing import start_recogniser

    return start_recogniser(settings, ShowPlan(language=language), settings.recogniser.model, is_live=True)


def _grab_monitor(name: str) -> NDArray[np.uint8]:
    from martlive_desktop.watching import monitor_grabber

    with contextlib.closing(monitor_grabber(name)()) as grabber:
        return grabber.grab(is_full=False)


def find_obs(host: str, port: int, password: str | None) -> ObsReach:
    """Whether OBS lets MartLive in, is there but does not, or is not there."""
    from martlive_desktop.adapters.obs import connected

    try:
        with connected(host, port, password):
            return "found"
    except ObsUnavailable as exc:
        log.info("OBS was not reached", extra={"reason": str(exc)})
    try:
        with socket.create_connection((host, port), PORT_WITHIN_S):
            return "locked"
    except OSError:
        return "absent"


class FirstRunDesk(QObject):
    """Leads a new user to the first tip; every answer is told at once, and closing the window keeps the step."""

    settings_changed = Signal(object)
    """The `Settings` with what was answered."""
    finished = Signal()
    """The user wants to be coached now; no microphone is open any more."""
    left = Signal()
    """The window was closed before its end; no microphone is open any more."""
    settings_requested = Signal(str)
    """Open the settings at this field."""
    source_requested = Signal()
    """Add the stream window to OBS's scene, and say with `show_source_result` what came of it."""
    autostart_chosen = Signal(bool)
    language_chosen = Signal(str)
    """Of the windows; empty is the system's."""
    spoken_language_chosen = Signal(str)
    """A code, or `auto`."""
    _reported = Signal(object)

    def __init__(
        self,
        settings: Settings,
        look: Look,
        parts: FirstRunParts,
        *,
        spoken_language: str = "en",
        starts_at_login: bool = False,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._parts = parts
        self._is_shown = False
        self._closing = threading.Event()
        self._downloads: dict[str, threading.Event] = {}
        """What ends each download that is asked for, by the model's name."""
        self._tap = SoundTap()
        self._found: tuple[str, ...] | None = None
        """The microphones that were found last, for their thread."""
        self._listens = self._understands = False
        self._state = FirstRunState(
            step=_step_of(settings),
            app_language=settings.app.language,
            spoken_language=spoken_language,
            microphone=settings.microphone.device,
            choices=self._offer(()),
            watched=_watched(settings),
            keys=_keys(settings),
            starts_at_login=starts_at_login,
        )
        self.window = FirstRun(look)
        self._jobs = Worker("martlive-first-run")
        self._fetches = Worker("martlive-first-run-models")
        self._microphone = Follower(
            "martlive-first-run-microphone", self._open_microphone, self._hear, self._lose_microphone, retry_s=RETRY_S
        )
        self._words = Follower(
            "martlive-first-run-words", self._start_listening, self._read_words, self._lose_words, retry_s=None
        )
        self._connect()

    @property
    def wants_keys(self) -> bool:
        """Whether the page on which keys are tried is on screen: what they do otherwise would be in the way."""
        return self._is_shown and self._state.step == "keys"

    def open(self) -> None:
        """Show the window at the step where it was left; from the beginning where all are done."""
        self._show(step=_step_of(self._settings))
        self._jobs.put(self._list_models)
        self.window.show()
        self.window.raise_()
        self.window.activateWindow()
        self._enter()

    def close(self) -> None:
        """End everything that runs."""
        self._closing.set()
        self.window.hide()
        for stop in self._downloads.values():
            stop.set()
        for part in (self._microphone, self._words, self._jobs, self._fetches):
            part.close()
        self.window.deleteLater()

    def take_settings(self, settings: Settings) -> None:
        """Go on with `settings`, which were changed elsewhere."""
        before, self._settings = self._settings, settings
        changed = {action for action, keys in _keys(settings) if keys != getattr(before.hotkeys, action, None)}
        self._show(
            keys=_keys(settings),
            tried=self._state.tried - changed,
            pressed="" if self._state.pressed in changed else self._state.pressed,
            microphone=settings.microphone.device,
            watched=_watched(settings),
        )
        self._follow()

    def show_pressed(self, action: str) -> None:
        """The keys of `action` were pressed."""
        if self.wants_keys:
            self._show(pressed=action, tried=self._state.tried | {action})

    def show_conflicts(self, actions: tuple[str, ...]) -> None:
        """Another program has the keys of `actions`."""
        self._show(conflicts=actions)

    def show_source_result(self, is_done: bool, sentence: str) -> None:  # noqa: FBT001 - connected to a signal
        """Say what came of adding the stream window to the scene."""
        self._show(source_result=SourceResult(is_done, sentence))

    def _connect(self) -> None:
        self._reported.connect(self._apply, Qt.ConnectionType.QueuedConnection)
        window = self.window
        window.went_on.connect(lambda: self._step_by(1))
        window.skipped.connect(lambda: self._step_by(1))
        window.went_back.connect(lambda: self._step_by(-1))
        window.ended.connect(self._end)
        window.closed.connect(self._leave)
        window.shown_changed.connect(self._take_shown)
        window.app_language_chosen.connect(self._choose_language)
        window.spoken_language_chosen.connect(self._choose_spoken)
        window.microphone_chosen.connect(self._choose_microphone)
        window.source_chosen.connect(self._choose_source)
        window.settings_requested.connect(lambda: self.settings_requested.emit("hotkeys.toggle"))
        window.model_fetched.connect(self._fetch)
        window.model_stopped.connect(self._stop_fetching)
        window.models_folder_chosen.connect(self._fetch_from)
        window.obs_sought.connect(lambda: self._look_for_obs(None))
        window.password_given.connect(self._look_for_obs)
        window.source_requested.connect(self.source_requested)
        window.autostart_chosen.connect(self._choose_autostart)

    # What is shown.

    def _show(self, **changes: Any) -> None:
        self._state = replace(self._state, **changes)
        self.window.render_state(self._state)

    def _report(self, call: Callable[[], None]) -> None:
        """Have `call` done in the Qt thread; from any thread, never waits."""
        if not self._closing.is_set():
            self._reported.emit(call)

    def _apply(self, call: Callable[[], None]) -> None:
        if not self._closing.is_set():
            call()

    # Steps.

    def _step_by(self, count: int) -> None:
        at = STEPS.index(self._state.step) + count
        self._show(step=STEPS[min(max(at, 0), len(STEPS) - 1)])
        self._change("app", {"first_run": self._state.step})
        self._enter()

    def _enter(self) -> None:
        self._follow()
        if self._state.step == "watch":
            self._jobs.put(self._look_around)
        elif self._state.step == "obs" and self._state.obs != "found":
            self._look_for_obs(None)

    def _end(self) -> None:
        self._change("app", {"first_run": "done"})
        self.window.hide()
        self._microphone.wait_idle()
        self.finished.emit()

    def _leave(self) -> None:
        for name in tuple(self._downloads):
            self._stop_fetching(name)
        self._is_shown = False
        self._follow()
        self._microphone.wait_idle()
        self.left.emit()

    def _take_shown(self, is_shown: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        self._is_shown = is_shown
        self._follow()

    def _follow(self) -> None:
        """Listen while a page that needs it is on screen, and not a moment longer."""
        step = self._state.step
        model = self._state.speech_model
        self._listens = self._is_shown and step == "microphone"
        # The model takes seconds to load: it begins a page early, so that words come at once.
        is_near = self._is_shown and step in {"language", "microphone"}
        self._understands = is_near and model is not None and model.stage == "here"
        if not self._understands:
            self._show(listener="off", said="")
        if not self._listens:
            self._show(hearing="waiting", level_dbfs=None)
        self._words.ask(self._state.spoken_language if self._understands else None)
        self._microphone.ask(self._settings.microphone.device if self._listens else None)

    # What is chosen.

    def _change(self, group: str, update: dict[str, object]) -> None:
        changed = getattr(self._settings, group).model_copy(update=update)
        self._settings = self._settings.model_copy(update={group: changed})
        self.settings_changed.emit(self._settings)

    def _choose_language(self, language: str) -> None:
        self._show(app_language=language)
        self._change("app", {"language": language})
        self.language_chosen.emit(language)

    def _choose_spoken(self, language: str) -> None:
        self._show(spoken_language=language, said="")
        self._follow()
        self.spoken_language_chosen.emit(language)

    def _choose_microphone(self, name: str) -> None:
        self._change("microphone", {"device": name})
        self._show(microphone=name, hearing="waiting", level_dbfs=None)
        self._follow()

    def _choose_source(self, choice: str) -> None:
        kind, _, name = choice.partition(":")
        self._change("screen", {"source": kind, "monitor": name} if name else {"source": kind})
        if kind == OBS and not self._settings.obs.is_on:
            self._change("obs", {"is_on": True})
        self._show(watched=choice)

    def _choose_autostart(self, is_on: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        self._show(starts_at_login=is_on)
        self.autostart_chosen.emit(is_on)

    # The microphone, on its thread.

    def _open_microphone(self, device: str) -> AudioSource:
        self._list_microphones()
        return self._parts.open_microphone(device)

    def _list_microphones(self) -> None:
        self._found = names = tuple(dict.fromkeys(self._parts.microphones()))
        self._report(lambda: self._show(microphones=names))

    def _hear(self, source: AudioSource) -> None:
        level = VoiceLevel(self._settings.signals.level)
        for event in source.read():
            if isinstance(event, AudioChunk):
                if len(event.pcm):
                    self._tap.feed(event.pcm)
                    self._report(partial(self._show_level, *level.take(event.pcm)))
            elif event.state == "lost":
                self._report(partial(self._show_lost, translated(event.detail)))
            elif event.state == "listening":
                # Only an open microphone makes the system name the others anew.
                self._list_microphones()
                level = VoiceLevel(self._settings.signals.level)
                self._report(partial(self._show_level, None, "waiting"))

    def _lose_microphone(self, error: MartLiveError) -> None:
        is_none_there = self._found == () and not (isinstance(error, MicrophoneUnavailable) and error.is_taken)
        self._report(partial(self._show_lost, "" if is_none_there else translated(str(error))))

    def _show_level(self, level_dbfs: float | None, hearing: Hearing) -> None:
        if not self._listens:
            return
        # While the device is gone, silence keeps time in its place.
        if level_dbfs is not None and self._state.hearing == "lost":
            return
        has_heard = self._state.has_heard_voice or hearing in {"quiet", "good", "loud"}
        self._show(level_dbfs=level_dbfs, hearing=hearing, has_heard_voice=has_heard)

    def _show_lost(self, detail: str) -> None:
        if not self._listens:
            return
        chosen = self._state.microphone
        if chosen and chosen not in self._state.microphones:
            detail = self.tr("“%1” is not there. Plug it in, or choose another one.").replace("%1", chosen)
        elif not detail:
            detail = self.tr("We find no microphone. Plug one in, and it shows up here.")
        self._show(hearing="lost", level_dbfs=None, microphone_problem=detail)

    # The words, on their thread.

    def _start_listening(self, language: str) -> Transcriber:
        self._report(partial(self._show_listener, "loading"))
        return self._parts.start_recogniser(self._settings, language)

    def _read_words(self, recogniser: Transcriber) -> None:
        with self._tap.opened(recogniser):
            for result in recogniser.results():
                if isinstance(result, Transcript) and result.text.strip():
                    self._report(partial(self._show_said, result.text.strip(), is_final=result.is_final))
                elif isinstance(result, Status) and result.state in LISTENERS:
                    self._report(partial(self._show_listener, LISTENERS[result.state]))

    def _lose_words(self, error: MartLiveError) -> None:
        log.warning("the spoken test cannot run", extra={"reason": str(error)})
        self._report(partial(self._show_listener, "lost"))

    def _show_listener(self, listener: Listener) -> None:
        if self._understands:
            self._show(listener=listener)

    def _show_said(self, text: str, *, is_final: bool) -> None:
        if self._understands:
            self._show(said=text, is_said_final=is_final)

    # What is watched.

    def _look_around(self) -> None:
        try:
            monitors = self._parts.monitors()
            self._report(partial(self._show_monitors, monitors))
            for one in monitors:
                pixels = self._parts.grab(one.name)
                step = max(1, pixels.shape[1] // THUMBNAIL_PX)
                image = to_qimage(pixels[::step, ::step])
                self._report(partial(self.window.show_thumbnail, f"monitor:{one.name}", image))
        except ScreenUnavailable as exc:
            log.info("no picture to choose from", extra={"reason": str(exc)})

    def _show_monitors(self, monitors: Sequence[Monitor]) -> None:
        main = next((one.name for one in monitors if one.is_primary), "")
        watched = f"monitor:{main}" if self._state.watched == "monitor:" and main else self._state.watched
        self._show(choices=self._offer(monitors), watched=watched)

    def _offer(self, monitors: Sequence[Monitor]) -> tuple[SourceChoice, ...]:
        shown = tuple(
            SourceChoice(
                f"monitor:{one.name}", "monitor", one.name, f"{one.rect.width} × {one.rect.height}", is_available=True
            )
            for one in monitors
        )
        return (
            SourceChoice(OBS, "obs", "OBS", self.tr("What viewers get"), is_available=True),
            *shown,
            SourceChoice(NOTHING, "none", self.tr("Nothing"), self.tr("Not watched"), is_available=True),
        )

    # Models.

    def _list_models(self) -> None:
        wanted = (self._settings.recogniser.model, MEANING_MODEL, self._settings.coach.model)
        found = {one.name: one for one in self._parts.models.list()}
        known = [found[name] for name in dict.fromkeys(wanted) if name in found]
        self._report(partial(self._show_models, known))

    def _show_models(self, known: Sequence[ModelState]) -> None:
        before = {model.name: model for model in self._state.models}
        lines = []
        for one in known:
            old = before.get(one.name)
            if one.name in self._downloads and old is not None:
                lines.append(old)
                continue
            problem = old.problem if old else ""
            if one.where == "damaged":
                problem = self.tr("Its files are damaged. Get it again, and it works.")
            is_here = one.where in HERE
            stage: ModelStage = "here" if is_here else "missing"
            lines.append(
                ModelLine(one.name, one.task, one.bytes, one.licence, stage, problem="" if is_here else problem)
            )
        self._show(models=tuple(lines))
        self._follow()

    def _fetch(self, name: str, folder: Path | None = None) -> None:
        if name not in self._downloads:
            stop = self._downloads[name] = threading.Event()
            self._show_model(name, stage="queued", done_bytes=0, left_s=None, problem="")
            self._fetches.put(lambda: self._pull(name, stop, folder))

    def _fetch_from(self, folder: str) -> None:
        """Bring what is missing out of a folder."""
        for model in self._state.models:
            if model.stage == "missing":
                self._fetch(model.name, Path(folder))

    def _stop_fetching(self, name: str) -> None:
        if name in self._downloads:
            self._downloads.pop(name).set()
            self._show_model(name, stage="missing")

    def _pull(self, name: str, stop: threading.Event, folder: Path | None) -> None:
        """Bring a model here; on the thread of the downloads."""
        began_s = told_s = time.monotonic()
        began_bytes: int | None = None

        def note(done: int, total: int) -> None:
            nonlocal told_s, began_bytes
            began_bytes = done if began_bytes is None else began_bytes
            now_s = time.monotonic()
            if now_s - told_s >= TELL_S or done == total:
                told_s = now_s
                left_s = _left_s(now_s - began_s, done - began_bytes, total - done)
                changes = {"stage": "coming", "done_bytes": done, "bytes": total, "left_s": left_s}
                self._report(lambda: self._note_download(name, stop, changes))

        problem = ""
        if not stop.is_set():
            self._report(lambda: self._note_download(name, stop, {"stage": "coming"}))
            try:
                self._parts.models.pull(name, note, folder=folder, stop=stop)
            except ModelMissing as exc:
                problem = self.tr("It is not in that folder.") if folder else translated(str(exc))
            except MartLiveError as exc:
                problem = translated(str(exc))
            # A download that was stopped is not in the list any more, and says nothing.
            self._report(lambda: self._end_download(name, stop, problem))

    def _note_download(self, name: str, stop: threading.Event, changes: dict[str, Any]) -> None:
        if self._downloads.get(name) is stop:
            self._show_model(name, **changes)

    def _end_download(self, name: str, stop: threading.Event, problem: str) -> None:
        if self._downloads.get(name) is stop:
            del self._downloads[name]
            self._show_model(name, stage="missing" if problem else "here", problem=problem)
            self._jobs.put(self._list_models)
            self._follow()

    def _show_model(self, name: str, **changes: Any) -> None:
        models = tuple(replace(one, **changes) if one.name == name else one for one in self._state.models)
        self._show(models=models)

    # OBS.

    def _look_for_obs(self, password: str | None) -> None:
        """Look for it with `password`, or with the one that is known."""
        self._show(obs="looking" if password is None else "locked", obs_problem="", is_password_refused=False)
        wish = self._settings.obs
        self._jobs.put(lambda: self._reach_obs(wish.host, wish.port, password))

    def _reach_obs(self, host: str, port: int, password: str | None) -> None:
        reach = self._parts.find_obs(host, port, password or self._parts.known_password())
        problem = ""
        if reach == "found" and password:
            try:
                self._parts.keep_password(password)
            except MartLiveError as exc:
                problem = translated(str(exc))
        self._report(
            lambda: self._show_obs(reach, is_refused=password is not None and reach == "locked", problem=problem)
        )

    def _show_obs(self, reach: ObsReach, *, is_refused: bool, problem: str) -> None:
        self._show(obs=reach, is_password_refused=is_refused, obs_problem=problem)
        if reach == "found" and not self._settings.obs.is_on:
            self._change("obs", {"is_on": True})


def _step_of(settings: Settings) -> Step:
    """Where the first run goes on."""
    return "language" if settings.app.first_run == "done" else settings.app.first_run


def _watched(settings: Settings) -> str:
    """The id of the choice that is watched."""
    wish = settings.screen
    return f"monitor:{wish.monitor}" if wish.source == "monitor" else wish.source


def _keys(settings: Settings) -> tuple[tuple[str, str], ...]:
    return tuple(settings.hotkeys.model_dump().items())


def _left_s(passed_s: float, came_bytes: int, missing_bytes: int) -> int | None:
    """Seconds until the rest is here; None: it cannot be told yet."""
    if passed_s < RATE_AFTER_S or came_bytes <= 0:
        return None
    return round(missing_bytes * passed_s / came_bytes)
