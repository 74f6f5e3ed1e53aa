"""Joins what reviews: recordings one after the other, as fast as this computer allows; one that was stopped goes on."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from martlive_desktop import __version__
from martlive_desktop.coaching import MEANING_MODEL, build_session, start_writer
from martlive_desktop.core.errors import MartLiveError, ModelDamaged, ModelMissing, SessionNotFound, UsageError
from martlive_desktop.core.events import Status, Tip
from martlive_desktop.hearing import recogniser_config
from martlive_desktop.live_show import READY_S, LiveShow, Recording, begin_session, session_started
from martlive_desktop.places import model_store, session_store, settings_path
from martlive_desktop.reporting import page_language, page_of_events, show_page, write_page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from martlive_desktop.adapters.media_file import MediaFile
    from martlive_desktop.adapters.review_note import ReviewNote
    from martlive_desktop.adapters.screen_watch import ScreenWatch
    from martlive_desktop.core.events import LogEvent
    from martlive_desktop.core.plan import ShowPlan
    from martlive_desktop.inference.worker import RecogniserConfig
    from martlive_desktop.settings import Settings

EVENTS = "events.jsonl"
NOTE = "review.json"
MEMO = "unfinished.memo"
"""Until the review is whole: every decode, so that going on takes a twentieth of the time."""

REPORT = "report.html"


@dataclass(frozen=True, slots=True)
class ReviewWish:
    """What is wanted of the reviews of one command."""

    plan: Path | None = None
    chat: Path | None = None
    out: Path | None = None
    """Where the results go: those of one recording right into it, those of several into a folder each."""
    is_realtime: bool = False
    model: str | None = None
    language: str | None = None
    coach: Literal["rules", "local", "remote"] | None = None
    shows_model: bool = False
    watches_screen: bool = True
    chat_region: tuple[int, int, int, int] | None = None
    """Left, top, width and height in pixels of the picture."""
    is_again: bool = False
    """A review that is whole is made anew."""
    opens_report: bool = False


def run_review(files: Sequence[Path], wish: ReviewWish) -> int:
    """A whole session over each of `files`; one that cannot be reviewed does not keep the others from it.

    Returns:
        0, or 1 when one of several could not be reviewed.

    Raises:
        MartLiveError: an input cannot be used, or the results of the only recording cannot be written.
        KeyboardInterrupt: the user stopped it; its text says what is kept.
    """
    from martlive_desktop.adapters.plan_file import read_plan
    from martlive_desktop.core.plan import ShowPlan
    from martlive_desktop.settings import load_settings

    folders = _folders(files, wish)
    settings = load_settings(settings_path())
    if wish.coach:
        remote = settings.remote.model_copy(update={"coach": wish.coach == "remote"})
        # Where the remote coach fails, the one that is set goes on.
        coach = settings.coach if wish.coach == "remote" else settings.coach.model_copy(update={"writer": wish.coach})
        settings = settings.model_copy(update={"coach": coach, "remote": remote})
    language = settings.recogniser.language or "en"
    plan = read_plan(wish.plan, language) if wish.plan else ShowPlan(language=language)
    if wish.language:
        plan = dataclasses.replace(plan, language=wish.language)
    model = wish.model or settings.recogniser.model
    config = recogniser_config(settings, plan.language, model, is_live=wish.is_realtime)
    reviewer = _Reviewer(wish, settings, plan, model, dataclasses.replace(config, names=plan.names))
    if len(files) == 1:
        reviewer.review(files[0], folders[0], files[0].name)
        return 0
    code = 0
    for number, (file, folder) in enumerate(zip(files, folders, strict=True), start=1):
        try:
            reviewer.review(file, folder, f"{number} of {len(files)}: {file.name}")
        except MartLiveError as exc:
            # What is wrong with a recording names it; the recogniser knows no recordings.
            about = "" if file.name in str(exc) else f"{file.name}: "
            print(f"martlive: {about}{exc}", file=sys.stderr)
            code = 1
    return code


def _folders(files: Sequence[Path], wish: ReviewWish) -> list[Path]:
    """Where the results of each of `files` go."""
    folders = [(wish.out or Path()) / f"{file.stem}-review" for file in files]
    if len(files) == 1:
        return [wish.out or folders[0]]
    if wish.chat:
        raise UsageError("--chat belongs to one recording; review each with its chat by a command of its own.")
    twice = next((folder.name for folder in folders if folders.count(folder) > 1), None)
    if twice:
        raise UsageError(
            f"Two recordings would be reviewed into {twice}; review them by commands of their own, with --out."
        )
    return folders


@dataclass(frozen=True, slots=True)
class _Reviewer:
    """Reviews recordings; what they have in common was checked."""

    wish: ReviewWish
    settings: Settings
    plan: ShowPlan
    model: str
    config: RecogniserConfig

    def review(self, file: Path, folder: Path, title: str) -> None:
        """Review `file` into `folder`, unless that was done; `title` stands before the bar."""
        from martlive_desktop.adapters.review_note import ReviewNote, read_note, write_note
        from martlive_desktop.pipeline.recorder import Recorder

        wish = self.wish
        recording = self._recording(file)
        # All that can be wrong is found before an earlier review of this name is overwritten.
        with session_store(print) as store:
            store.list_sessions()
        fingerprint = self._fingerprint(file)
        note = read_note(folder / NOTE)
        is_same = note.fingerprint == fingerprint
        if is_same and note.is_whole and (folder / EVENTS).exists() and not wish.is_again:
            # The last step may have been cut off.
            (folder / MEMO).unlink(missing_ok=True)
            if not (folder / REPORT).exists():
                self._write_results(folder, self.plan.title or file.stem)
            print(f"{file.name} is reviewed already – {folder / REPORT}; `--again` reviews it anew.")
            self._open_report(folder)
            return
        if not is_same or note.is_whole:
            note = ReviewNote(fingerprint)
        with (
            contextlib.closing(Recorder(folder / EVENTS, is_again=is_same)) as recorder,
            contextlib.closing(ReviewBar(recording.sound, title)) as bar,
        ):
            listeners = (recorder.write, bar.listen)
            if wish.is_again or not note.session:
                (folder / MEMO).unlink(missing_ok=True)
            try:
                if wish.is_realtime:
                    self._play(recording, folder, listeners)
                else:
                    note = self._hurry(recording, folder, listeners, note)
                recorder.finish()
            except KeyboardInterrupt:
                if wish.is_realtime:
                    raise
                sentence = f"stopped; what was heard is kept in {folder}, and the same command goes on from there."
                raise KeyboardInterrupt(sentence) from None
            finally:
                events = self._write_results(folder, self.plan.title or file.stem)
        if not wish.is_realtime:
            write_note(dataclasses.replace(note, is_whole=True), folder / NOTE)
            (folder / MEMO).unlink()
        tips = sum(isinstance(event, Tip) for event in events)
        print(f"{_count(tips)} – {folder / REPORT}, and beside it {EVENTS} and the transcript")
        self._open_report(folder)

    def _recording(self, file: Path) -> Recording:
        from martlive_desktop.adapters.chat_file import ChatFile
        from martlive_desktop.adapters.media_file import MediaFile
        from martlive_desktop.adapters.video_file import VideoFile
        from martlive_desktop.watching import watch_recording

        wish = self.wish
        screen: ScreenWatch | None = None
        if wish.watches_screen:
            region = None if wish.chat else _chat_region(file, wish.chat_region) or self.settings.chat.region
            screen = watch_recording(VideoFile(file), self.settings, self.plan, region)
        recording = Recording(file.name, MediaFile(file), ChatFile(wish.chat) if wish.chat else None, screen)
        if recording.chat and recording.chat.skipped:
            print(
                f"martlive: Lines of {wish.chat} that are no messages are left out: {recording.chat.skipped}; "
                "each needs at_ms, user and text.",
                file=sys.stderr,
            )
        return recording

    def _fingerprint(self, file: Path) -> str:
        """Tells all that the review of `file` depends on."""
        from martlive_desktop.adapters.review_note import content_mark
        from martlive_desktop.inference.memo import model_identity
        from martlive_desktop.settings import settings_digest

        wish, config = self.wish, self.config
        speech = [model for model in (config.model, config.small_model, *config.gpu_models) if model]
        given = [
            file,
            *([wish.chat] if wish.chat else []),
            *(Path(one) for product in self.plan.products for one in product.pictures),
        ]
        facts = (
            (__version__, settings_digest(self.settings), self.model, repr(self.plan), file.name),
            (wish.watches_screen, wish.chat_region, wish.is_realtime),
            [content_mark(path) for path in given],
            [model_identity(model.path) for model in speech],
            [_identity(name) for name in (MEANING_MODEL, *self._writer_models())],
        )
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def _writer_models(self) -> tuple[str, ...]:
        return () if self.settings.coach.writer == "rules" else (self.settings.coach.model,)

    def _play(self, recording: Recording, folder: Path, listeners: Sequence[Callable[[LogEvent], None]]) -> None:
        """Review as in a live show, of which no two are the same."""
        (folder / NOTE).unlink(missing_ok=True)
        show = LiveShow(
            self.plan,
            self.settings,
            recording=recording,
            model=self.model,
            listeners=listeners,
            on_exchange=self._on_exchange,
        )
        with contextlib.closing(show):
            show.wait()

    def _hurry(
        self, recording: Recording, folder: Path, listeners: Sequence[Callable[[LogEvent], None]], note: ReviewNote
    ) -> ReviewNote:
        """Review in virtual time; gives `note` with the session, which takes the place of the one that was stopped."""
        from martlive_desktop.adapters.review_note import write_note
        from martlive_desktop.inference.memo import Memo, RememberingWriter
        from martlive_desktop.inference.supervisor import SupervisedRecogniser
        from martlive_desktop.pipeline.review import Review

        session = build_session(self.plan, self.settings)
        started = session_started(self.plan, self.settings, recording.name, self.model)
        config = dataclasses.replace(self.config, memo=folder / MEMO, threads=max(self.config.threads, _cores()))
        with (
            session_store(lambda sentence: print(f"martlive: {sentence}", file=sys.stderr)) as store,
            contextlib.closing(Memo(folder / MEMO)) as memo,
            contextlib.closing(SupervisedRecogniser(config)) as recogniser,
            contextlib.ExitStack() as opened,
        ):
            words = None
            if writer := start_writer(self.settings, self.plan, self._on_exchange):
                opened.callback(writer[1].close)
                writer[1].wait_until_ready(READY_S)
                identity = [_identity(name) for name in self._writer_models()]
                words = writer[0], RememberingWriter(writer[1], memo, (__version__, *identity))
            if note.session:
                with contextlib.suppress(SessionNotFound, UsageError):
                    store.delete(note.session)
            note = dataclasses.replace(note, session=begin_session(store, self.plan, started))
            write_note(note, folder / NOTE)
            chat = recording.chat.read() if recording.chat else ()
            screen = recording.screen.read() if recording.screen else iter(())
            if recording.screen:
                opened.callback(recording.screen.close)
            Review(session, recording.sound, recogniser, chat, (store.append, *listeners), words, screen).run(started)
        return note

    @property
    def _on_exchange(self) -> Callable[[str, str], None] | None:
        return _print_exchange if self.wish.shows_model else None

    def _write_results(self, folder: Path, title: str) -> list[LogEvent]:
        """Write what is made of the events in `folder`; gives them, without partials."""
        from martlive_desktop.pipeline.recorder import read_recorded, write_transcripts

        events = read_recorded(folder / EVENTS)
        write_transcripts(folder, events)
        write_page(folder / REPORT, page_of_events(events, title, page_language(self.settings)))
        return events

    def _open_report(self, folder: Path) -> None:
        report = folder / REPORT
        if self.wish.opens_report and report.exists():
            show_page(report)


def _identity(name: str) -> list[list[str | int]]:
    """What tells the model called `name` from others; empty where it is not on this computer."""
    from martlive_desktop.inference.memo import model_identity

    try:
        return model_identity(model_store().resolve(name))
    except (ModelMissing, ModelDamaged):
        return []


def _count(tips: int) -> str:
    return "1 tip" if tips == 1 else f"{tips} tips"


def _cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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


def _print_exchange(prompt: str, answer: str) -> None:
    """What a language model was asked last, without the static part, and what came back."""
    asked = prompt.rstrip("\n").rpartition("\n\n")[2]
    print(f"model asked:  {asked}\nmodel wrote:  {answer or '(nothing in time)'}", file=sys.stderr)


class ReviewBar:
    """A progress bar on a terminal, nothing elsewhere; says what kept a review from being whole."""

    def __init__(self, sound: MediaFile, title: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
        from rich.table import Column

        console = Console(stderr=True)
        # A file name may look like markup, and be longer than the terminal is wide.
        room = Column(no_wrap=True, overflow="ellipsis", max_width=console.width * 2 // 5)
        name = TextColumn("Reviewing {task.description}", markup=False, table_column=room)
        columns = (name, BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), "{task.fields[tips]}")
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal)
        total_s = sound.duration_ms / 1000 if sound.duration_ms else None
        self._task = self._bar.add_task(title, total=total_s, tips=_count(0))
        self._tips = 0
        self._bar.start()

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.stop()

    def listen(self, event: LogEvent) -> None:
        """Move on with the session."""
        self._tips += isinstance(event, Tip)
        self._bar.update(self._task, completed=event.at_ms / 1000, tips=_count(self._tips))
        is_fault = isinstance(event, Status) and (event.part, event.state) in {
            ("session", "cut_off"),
            ("store", "lost"),
            ("screen", "lost"),
            ("chat", "lost"),
        }
        if isinstance(event, Status) and (is_fault or event.is_news):
            # `out` neither wraps lines nor takes [words] for markup.
            self._bar.console.out(f"martlive: {event.detail}", highlight=False)
