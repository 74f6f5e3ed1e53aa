"""The composition root: what each command of the command line does, from the parts that the modules beside it join."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from martlive_desktop.coaching import build_session, start_writer
from martlive_desktop.core.errors import MartLiveError, UsageError
from martlive_desktop.core.events import Status, Tip
from martlive_desktop.hearing import recogniser_config, start_recogniser
from martlive_desktop.live_show import READY_S, LiveShow, Recording, begin_session, session_started
from martlive_desktop.places import session_store, settings_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from martlive_desktop.adapters.media_file import MediaFile
    from martlive_desktop.adapters.screen_watch import ScreenWatch
    from martlive_desktop.core.events import LogEvent
    from martlive_desktop.core.plan import ShowPlan
    from martlive_desktop.settings import Settings

NO_DISPLAY = (
    "There is no display here: run `martlive review FILE` for a recording, or `martlive demo --headless` to see how "
    "it works."
)


def _read_plan(path: Path | None, language: str = "") -> ShowPlan:
    from martlive_desktop.adapters.plan_file import read_plan
    from martlive_desktop.core.plan import ShowPlan

    spoken = language or "en"
    return read_plan(path, spoken) if path else ShowPlan(language=spoken)


def run_review(
    file: Path,
    *,
    plan: Path | None,
    chat: Path | None,
    out: Path | None,
    is_realtime: bool,
    model: str | None,
    language: str | None,
    coach: Literal["rules", "local"] | None = None,
    shows_model: bool = False,
    watches_screen: bool = True,
    chat_region: tuple[int, int, int, int] | None = None,
) -> int:
    """One whole session over a recording; its results go into `out`.

    Raises:
        MartLiveError: an input cannot be used, or the results cannot be written.
    """
    from martlive_desktop.adapters.chat_file import ChatFile
    from martlive_desktop.adapters.media_file import MediaFile
    from martlive_desktop.adapters.video_file import VideoFile
    from martlive_desktop.pipeline.recorder import Recorder, write_transcripts
    from martlive_desktop.settings import load_settings
    from martlive_desktop.watching import watch_recording

    settings = load_settings(settings_path())
    if coach:
        settings = settings.model_copy(update={"coach": settings.coach.model_copy(update={"writer": coach})})
    on_exchange = _print_exchange if shows_model else None
    show = _read_plan(plan, settings.recogniser.language)
    if language:
        show = dataclasses.replace(show, language=language)
    screen: ScreenWatch | None = None
    if watches_screen:
        region = None if chat else _chat_region(file, chat_region) or settings.chat.region
        screen = watch_recording(VideoFile(file), settings, show, region)
    recording = Recording(file.name, MediaFile(file), ChatFile(chat) if chat else None, screen)
    if recording.chat and recording.chat.skipped:
        print(
            f"martlive: Lines of {chat} that are no messages are left out: {recording.chat.skipped}; "
            "each needs at_ms, user and text.",
            file=sys.stderr,
        )
    # All that can be wrong is found before an earlier review of this name is overwritten.
    recogniser_config(settings, show.language, model or settings.recogniser.model, is_live=is_realtime)
    with session_store(print) as store:
        store.list_sessions()
    folder = out or Path(f"{file.stem}-review")
    kept: list[LogEvent] = []
    with (
        contextlib.closing(Recorder(folder / "events.jsonl")) as recorder,
        contextlib.closing(ReviewBar(recording.sound)) as bar,
    ):
        listeners = (recorder.write, kept.append, bar.listen)
        try:
            if is_realtime:
                live_show = LiveShow(
                    show, settings, recording=recording, model=model, listeners=listeners, on_exchange=on_exchange
                )
                with contextlib.closing(live_show):
                    live_show.wait()
            else:
                _review_fast(show, settings, recording, model, listeners, on_exchange)
        finally:
            write_transcripts(folder, kept)
    tips = sum(isinstance(event, Tip) for event in kept)
    print(f"{tips} tips – {folder / 'events.jsonl'}, {folder / 'transcript.srt'}")
    return 0


def _chat_region(file: Path, pixels: tuple[int, int, int, int] | None) -> tuple[float, float, float, float] | None:
    """The part of a recording's picture that `pixels` (left, top, width, height) are, as shares of it."""
    from martlive_desktop.adapters.video_file import VideoFile

    if pixels is None:
        return None
    if (size := VideoFile(file).size()) is None:
        raise UsageError(f"{file} has no picture to read a chat on; leave --chat-region out.")
    left, top, width, height = pixels
    if left < 0 or top < 0 or min(width, height) <= 0 or left + width > size[0] or top + height > size[1]:
        raise UsageError(f"--chat-region lies outside of the picture, which is {size[0]}x{size[1]}.")
    return left / size[0], top / size[1], width / size[0], height / size[1]


def _review_fast(
    plan: ShowPlan,
    settings: Settings,
    recording: Recording,
    model: str | None,
    listeners: Sequence[Callable[[LogEvent], None]],
    on_exchange: Callable[[str, str], None] | None,
) -> None:
    from martlive_desktop.pipeline.review import Review

    name = model or settings.recogniser.model
    session = build_session(plan, settings)
    started = session_started(plan, settings, recording.name, name)
    with (
        session_store(lambda sentence: print(f"martlive: {sentence}", file=sys.stderr)) as store,
        contextlib.closing(start_recogniser(settings, plan, name, is_live=False)) as recogniser,
        contextlib.ExitStack() as opened,
    ):
        if writer := start_writer(settings, plan, on_exchange):
            opened.callback(writer[1].close)
            writer[1].wait_until_ready(READY_S)
        begin_session(store, plan, started)
        chat = recording.chat.read() if recording.chat else ()
        screen = recording.screen.read() if recording.screen else iter(())
        if recording.screen:
            opened.callback(recording.screen.close)
        Review(session, recording.sound, recogniser, chat, (store.append, *listeners), writer, screen).run(started)


def _print_exchange(prompt: str, answer: str) -> None:
    """What a language model was asked last, without the static part, and what came back."""
    asked = prompt.rstrip("\n").rpartition("\n\n")[2]
    print(f"model asked:  {asked}\nmodel wrote:  {answer or '(nothing in time)'}", file=sys.stderr)


class ReviewBar:
    """A progress bar on a terminal, nothing elsewhere; says what kept a review from being whole."""

    def __init__(self, sound: MediaFile) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeRemainingColumn

        console = Console(stderr=True)
        columns = ("Reviewing", BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), "{task.fields[tips]} tips")
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal)
        total_s = sound.duration_ms / 1000 if sound.duration_ms else None
        self._task = self._bar.add_task("", total=total_s, tips=0)
        self._tips = 0
        self._bar.start()

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.stop()

    def listen(self, event: LogEvent) -> None:
        """Move on with the session."""
        self._tips += isinstance(event, Tip)
        self._bar.update(self._task, completed=event.at_ms / 1000, tips=self._tips)
        is_fault = isinstance(event, Status) and (event.part, event.state) in {
            ("session", "cut_off"),
            ("store", "lost"),
            ("screen", "lost"),
            ("chat", "lost"),
        }
        if isinstance(event, Status) and (is_fault or event.is_news):
            # `out` neither wraps lines nor takes [words] for markup.
            self._bar.console.out(f"martlive: {event.detail}", highlight=False)


def demo_parts() -> tuple[ShowPlan, Recording]:
    """The bundled show."""
    from martlive_desktop.adapters.chat_file import ChatFile
    from martlive_desktop.adapters.media_file import MediaFile
    from martlive_desktop.adapters.resource_files import resource_path
    from martlive_desktop.adapters.video_file import VideoFile
    from martlive_desktop.settings import Settings
    from martlive_desktop.watching import watch_recording

    folder = resource_path("demo")
    show, plan = folder / "show.mkv", _read_plan(folder / "plan.toml")
    screen = watch_recording(VideoFile(show), Settings(), plan, None)
    return plan, Recording("demo", MediaFile(show), ChatFile(folder / "chat.jsonl"), screen)


def run_demo(*, is_headless: bool) -> int:
    """Play the bundled show through the live pipeline.

    Raises:
        MartLiveError: a part that it needs is missing.
    """
    from martlive_desktop.settings import load_settings

    settings = load_settings(settings_path())
    if not is_headless:
        _require_display()
        from martlive_desktop import desktop

        return desktop.run(settings, plan=None)
    plan, recording = demo_parts()
    print(f"MartLive demo: “{plan.title}”, three minutes. Tips come as they would on your screen.", flush=True)

    def tell(event: LogEvent) -> None:
        if isinstance(event, Tip):
            minutes, seconds = divmod(event.at_ms // 1000, 60)
            print(f"{minutes}:{seconds:02}  {event.text}", flush=True)
        elif isinstance(event, Status) and (event.part, event.state) == ("store", "lost"):
            print(f"martlive: {event.detail}", file=sys.stderr)

    show = LiveShow(plan, settings, recording=recording, listeners=(tell,))
    with contextlib.closing(show):
        show.wait()
    print(f"That was the show. See it again: martlive sessions export {show.session_id} --format md")
    return 0


def run_desktop(*, plan: Path | None, watches_screen: bool = True, waits: bool = False) -> int:
    """The desktop app; one that `waits` begins no show by itself.

    Raises:
        MartLiveError: there is no display, MartLive runs already, or the plan cannot be used.
    """
    from martlive_desktop.settings import load_or_set_aside

    _require_display()
    from martlive_desktop import desktop

    settings, news = load_or_set_aside(settings_path())
    language = settings.recogniser.language
    show_plan = _read_plan(plan, language)
    if plan is None and settings.show.plan:
        try:
            show_plan = _read_plan(Path(settings.show.plan), language)
        except MartLiveError as exc:
            news = news or f"{exc} Until then the show goes without a plan."
    return desktop.run(settings, plan=show_plan, watches_screen=watches_screen, waits=waits, news=news)


def _require_display() -> None:
    if sys.platform == "linux":
        if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            raise MartLiveError(NO_DISPLAY)
        # No program may stay on top under Wayland itself; XWayland lets it.
        if os.environ.setdefault("QT_QPA_PLATFORM", "xcb") == "xcb":
            from Xlib.display import Display
            from Xlib.error import DisplayError

            # Qt would abort the whole process.
            try:
                Display().close()
            except DisplayError as exc:
                raise MartLiveError(NO_DISPLAY) from exc
