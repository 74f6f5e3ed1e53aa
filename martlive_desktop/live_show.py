"""A show in real time, with everything around it."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from martlive_desktop import __version__
from martlive_desktop.coaching import build_coach, start_writer
from martlive_desktop.core.errors import RecogniserUnavailable, RemoteError, UsageError
from martlive_desktop.core.events import SessionStarted, Status
from martlive_desktop.hearing import recogniser_config, start_recogniser, start_remote_recogniser
from martlive_desktop.keeping import audio_folder, sound_key
from martlive_desktop.places import habits_path, scenes_path, session_store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from martlive_desktop.adapters.chat_file import ChatFile
    from martlive_desktop.adapters.coach_remote import RemoteWriter
    from martlive_desktop.adapters.media_file import MediaFile
    from martlive_desktop.adapters.recogniser_remote import RemoteRecogniser
    from martlive_desktop.adapters.screen_watch import ScreenWatch
    from martlive_desktop.adapters.store_sqlite import SqliteStore
    from martlive_desktop.core.coach.drafting import AnyDrafter
    from martlive_desktop.core.events import LogEvent
    from martlive_desktop.core.plan import ShowPlan
    from martlive_desktop.inference.supervisor import SupervisedRecogniser
    from martlive_desktop.inference.writer import SupervisedWriter
    from martlive_desktop.pipeline.session import OnShow
    from martlive_desktop.ports import AudioSource, ChatSource, ScreenSource
    from martlive_desktop.settings import Settings


REMOTE = "remote"
"""Stands among the models of a session for what the remote coach uses."""

READY_S = 30.0
"""How long a recording waits for the language model: without it, its first tips have the rules' words."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A file instead of the microphone and the screen, with its chat."""

    name: str
    sound: MediaFile
    chat: ChatFile | None
    screen: ScreenWatch | None = None


class LiveShow:
    """A show in real time with everything around it; `close` ends it and keeps what was said.

    Source, recogniser, session and store work on their own threads and processes; listeners are called on the
    session's thread.
    """

    def __init__(
        self,
        plan: ShowPlan,
        settings: Settings,
        *,
        recording: Recording | None = None,
        model: str | None = None,
        watches_screen: bool = True,
        listeners: Sequence[Callable[[LogEvent], None]],
        on_product: Callable[[str, int | None, str], None] | None = None,
        on_end: Callable[[], None] | None = None,
        on_exchange: Callable[[str, str], None] | None = None,
    ) -> None:
        """Start; a recording begins when the models are loaded, the microphone at once.

        Raises:
            MartLiveError: a model, the recording, the store or a language pack cannot be used.
        """
        from martlive_desktop.adapters.audio_keep import KeptSound
        from martlive_desktop.adapters.clock import SystemClock
        from martlive_desktop.adapters.habits_file import read_habits, write_habits
        from martlive_desktop.adapters.microphone import Microphone
        from martlive_desktop.adapters.paced import Paced
        from martlive_desktop.pipeline.live import LiveSession
        from martlive_desktop.watching import LiveWatch

        self.watch: LiveWatch | None = None
        """The watched screen of a live show, to choose what is watched."""
        name = model or settings.recogniser.model
        self._failure = ""
        habits = read_habits(habits_path())
        self._plan, self._settings, self._on_exchange = plan, settings, on_exchange
        self._is_live = recording is None
        self._coach = build_coach(plan, settings, habits)
        session = self._coach.session
        self._leaving: set[str] = set()
        self._leaving_lock = threading.Lock()
        self._is_begun = False
        self._is_hearing_remote = self._is_live and settings.remote.recognition
        heard_by = REMOTE if self._is_hearing_remote else name
        started = session_started(plan, settings, recording.name if recording else "microphone", heard_by)

        def trouble(sentence: str) -> None:
            for listener in listeners:
                listener(Status(session.now_ms, "store", "lost", sentence))

        with contextlib.ExitStack() as opened:
            store = opened.enter_context(session_store(trouble))
            self._news: list[str] = []
            self._recogniser = opened.enter_context(contextlib.closing(self._start_recogniser(name)))
            self._writer = self._start_writer(settings)
            opened.callback(self._close_writer)
            if recording:
                self._recogniser.wait_until_ready()
                if self._writer:
                    self._writer[1].wait_until_ready(READY_S)
            clock = SystemClock()
            self._clock = clock
            self._microphone = Microphone(settings.microphone.device, clock=clock)
            self._sound = KeptSound(self._microphone)
            source: AudioSource = self._sound
            chat: ChatSource | None = None
            screen: ScreenSource | None = None
            if recording:
                source = Paced(recording.sound, clock)
                chat = Paced(recording.chat, clock) if recording.chat else None
                screen = Paced(recording.screen, clock) if recording.screen else None
            elif watches_screen:
                self.watch = LiveWatch(settings, plan, clock, scenes_path())
                screen, chat = self.watch.source, self.watch.chat
            self.session_id = begin_session(store, plan, started)
            self.live = LiveSession(
                session,
                source,
                self._recogniser,
                clock,
                chat=chat,
                screen=screen,
                writer=self._writer,
                listeners=(store.append, self._note, *listeners),
                on_product=_product_line(plan, on_product) if on_product else None,
                on_end=on_end,
            )
            if not recording:
                # The habits of the streamer, and of nobody whose recording is played.
                opened.callback(lambda: write_habits(habits.after(session.habits), habits_path()))
                opened.callback(self._end_keeping)
                self._follow_keeping(settings)
            self.live.start(started)
            self._begin_to_tell()
            opened.callback(self.live.wait)
            opened.callback(self.live.stop)
            if not recording:
                self._follow_twitch(settings)
                self._follow_loopback(settings)
            self._opened = opened.pop_all()

    def use(self, settings: Settings) -> None:
        """Go on with other settings; waits for models, so it is not for the Qt thread.

        Raises:
            MartLiveError: one of them cannot be used; the parts that it is for go on as they were.
        """
        before, self._settings = self._settings, settings
        if settings.signals != before.signals or settings.coach != before.coach:
            self.live.change(lambda: self._coach.use(settings))
        if not self._is_live:
            return
        if self.watch is not None and settings.signals.picture != before.signals.picture:
            self.watch.use_limits(settings)
        if self.watch is not None and (settings.screen, settings.chat, settings.obs) != (
            before.screen,
            before.chat,
            before.obs,
        ):
            self.watch.choose(settings)
        if settings.keeping.audio != before.keeping.audio:
            self._follow_keeping(settings)
        if settings.microphone.device != before.microphone.device:
            self._microphone.choose(settings.microphone.device)
        if settings.microphone.watch_echo != before.microphone.watch_echo:
            self._follow_loopback(settings)
        if settings.chat.twitch != before.chat.twitch:
            self._follow_twitch(settings)
        if before.remote.recognition and not settings.remote.recognition:
            self._stop_remote_hearing()
        if settings.recogniser != before.recogniser and not self._is_hearing_remote:
            config = recogniser_config(settings, self._plan.language, settings.recogniser.model, is_live=True)
            self._recogniser.use(dataclasses.replace(config, names=self._plan.names))
        if _writer_parts(settings) != _writer_parts(before):
            self._use_writer(settings)

    def renew_remote(self) -> None:
        """There is another key for the remote coach: tips are asked with it from now on, hearing from the next show on."""
        if self._is_live and self._settings.remote.coach:
            self._use_writer(self._settings)

    def wake(self) -> None:
        """Open the microphone anew: the computer was asleep."""
        if self._is_live:
            self._microphone.choose(self._settings.microphone.device)

    def note_lagged_frames(self, share: float) -> None:
        """OBS lost this share of its frames lately, 0 to 1."""
        self._recogniser.note_lagged_frames(share)

    @property
    def pids(self) -> dict[str, int]:
        """Processes that work for this show, by what they do: `recogniser`, `writer`, `reader`."""
        writer = self._writer[1].pid if self._writer else None
        reader = self.watch.chat.pid if self.watch else None
        found = {"recogniser": self._recogniser.pid, "writer": writer, "reader": reader}
        return {name: pid for name, pid in found.items() if pid is not None}

    def _follow_keeping(self, settings: Settings) -> None:
        """Keep the sound of this show from now on, or no longer."""
        from martlive_desktop.adapters.audio_keep import AudioKeep

        if settings.keeping.audio:
            self._sound.keep = AudioKeep(audio_folder(), self.session_id, sound_key, partial(self.live.note, "sound"))
        elif self._sound.keep is not None:
            self._end_keeping()
            self.live.note("sound", "off")

    def _end_keeping(self) -> None:
        keep, self._sound.keep = self._sound.keep, None
        if keep is not None:
            keep.close()

    def _follow_twitch(self, settings: Settings) -> None:
        from martlive_desktop.adapters.chat_twitch import TwitchChat

        channel = settings.chat.twitch
        self.live.follow("twitch", TwitchChat(channel, self._clock) if channel else None)

    def _follow_loopback(self, settings: Settings) -> None:
        from martlive_desktop.adapters.loopback import PulseLoopback

        is_wanted = settings.microphone.watch_echo and PulseLoopback.is_available()
        self.live.follow("loopback", PulseLoopback() if is_wanted else None)

    def _use_writer(self, settings: Settings) -> None:
        before, after = self._writer, self._start_writer(settings)
        self._writer = after
        self.live.change(lambda: self.live.use_writer(after))
        if before:
            before[1].close()
        if not self._is_coach_remote:
            self._note_leaving("coach", is_leaving=False)
        self._tell_news()

    def _start_recogniser(self, name: str) -> SupervisedRecogniser | RemoteRecogniser:
        def start_local() -> SupervisedRecogniser:
            model = name if self._settings.recogniser.model == first_model else self._settings.recogniser.model
            self._is_hearing_remote = False
            return start_recogniser(self._settings, self._plan, model, is_live=True)

        first_model = self._settings.recogniser.model
        if self._is_hearing_remote:
            try:
                return start_remote_recogniser(
                    self._settings, self._plan, start_local, partial(self._note_leaving, "recogniser")
                )
            except (RemoteError, UsageError) as exc:
                # A show begins all the same.
                self._news.append(str(exc))
        return start_local()

    def _stop_remote_hearing(self) -> None:
        from martlive_desktop.adapters.recogniser_remote import RemoteRecogniser

        if isinstance(self._recogniser, RemoteRecogniser):
            self._recogniser.fall_back()

    def _start_writer(self, settings: Settings) -> tuple[AnyDrafter, SupervisedWriter | RemoteWriter] | None:
        try:
            writer = start_writer(settings, self._plan, self._on_exchange, self._note_trouble)
        except (RemoteError, UsageError) as exc:
            self._news.append(str(exc))
            self._is_coach_remote = False
            without = settings.model_copy(update={"remote": settings.remote.model_copy(update={"coach": False})})
            return start_writer(without, self._plan, self._on_exchange, self._note_trouble)
        self._is_coach_remote = settings.remote.coach
        if self._is_coach_remote:
            self._note_leaving("coach", is_leaving=True)
        return writer

    def _note_leaving(self, part: str, is_leaving: bool) -> None:  # noqa: FBT001 - it is the value
        """Let it be seen whether anything leaves this computer; from any thread."""
        with self._leaving_lock:
            before = bool(self._leaving)
            if is_leaving:
                self._leaving.add(part)
            else:
                self._leaving.discard(part)
            if self._is_begun and bool(self._leaving) != before:
                self.live.note("remote", "on" if self._leaving else "off")

    def _begin_to_tell(self) -> None:
        with self._leaving_lock:
            self._is_begun = True
            if self._leaving:
                self.live.note("remote", "on")
        self._tell_news()

    def _note_trouble(self, sentence: str) -> None:
        """The graphics card does not word tips; from any thread."""
        with self._leaving_lock:
            if not self._is_begun:
                self._news.append(sentence)
                return
        self.live.note("writer", "device", sentence)

    def _tell_news(self) -> None:
        news, self._news = self._news, []
        for sentence in news:
            self.live.note("remote", "lost", sentence)

    def _close_writer(self) -> None:
        if self._writer:
            self._writer[1].close()

    def _note(self, event: LogEvent) -> None:
        if isinstance(event, Status) and (event.part, event.state) == ("recogniser", "failed"):
            self._failure = event.detail

    def wait(self) -> None:
        """Wait for the end of the recording.

        Raises:
            MartLiveError: the show ended early, because the sound or the recogniser did.
        """
        self.live.wait()
        if self.live.error:
            raise self.live.error
        if self._failure:
            raise RecogniserUnavailable(self._failure)

    def close(self) -> None:
        """End the show: its sound first, then recognition, then the store."""
        self._opened.close()


def begin_session(store: SqliteStore, plan: ShowPlan, started: SessionStarted) -> str:
    """Begin to keep a session; gives its id."""
    from martlive_desktop.adapters.clock import utc_now_iso

    # Of a live show without a plan nothing is known that would name it.
    of_source = "" if started.source == "microphone" else Path(started.source).stem
    return store.begin(started, title=plan.title or of_source, started_at=utc_now_iso())


def _product_line(plan: ShowPlan, tell: Callable[[str, int | None, str], None]) -> Callable[[OnShow | None, int], None]:
    """Tell the product on show, the time left on it and what follows it, when what is seen of them changes."""
    minutes = {product.name: product.minutes for product in plan.products}
    names = [product.name for product in plan.products]
    following = dict(itertools.pairwise(names))
    told: tuple[str, int | None] = ("", None)

    def listen(on_show: OnShow | None, now_ms: int) -> None:
        nonlocal told
        left_ms: int | None = None
        if on_show and (planned := minutes.get(on_show.name)):
            left_ms = max(0, on_show.since_ms + round(planned * 60_000) - now_ms) // 1000 * 1000
        if (seen := (on_show.name if on_show else "", left_ms)) != told:
            told = seen
            tell(*seen, following.get(seen[0], ""))

    return listen


def _writer_parts(settings: Settings) -> tuple[object, ...]:
    """What of `settings` says who words tips."""
    coach, remote = settings.coach, settings.remote
    return coach.writer, coach.model, remote.coach, remote.url if remote.coach else ""


def session_started(plan: ShowPlan, settings: Settings, source: str, model: str) -> SessionStarted:
    """The first event of a session over `source` with the speech model `model`."""
    from martlive_desktop.settings import settings_digest

    return SessionStarted(
        at_ms=0,
        app_version=__version__,
        mode=plan.mode,
        source=source,
        models=(
            model,
            *((settings.coach.model,) if settings.coach.writer == "local" else ()),
            *((REMOTE,) if settings.remote.coach and model != REMOTE else ()),
        ),
        settings_digest=settings_digest(settings),
    )
