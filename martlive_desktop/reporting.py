"""Makes the report of a past show and opens it; measures shows, so that the next report can tell what is usual."""

from __future__ import annotations

import contextlib
import itertools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from martlive_desktop.core.errors import MediaUnreadable, StoreUnavailable
from martlive_desktop.core.report import PAST_SHOWS, Span
from martlive_desktop.core.report_builder import build_report
from martlive_desktop.keeping import pages_folder
from martlive_desktop.places import session_store

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from martlive_desktop.adapters.store_sqlite import SessionSummary, SqliteStore
    from martlive_desktop.core.events import LogEvent
    from martlive_desktop.core.report import Report
    from martlive_desktop.settings import Settings

PageLanguage: TypeAlias = Literal["en", "zh"]

_SHORTEST_MS = 60_000
"""Shorter shows are tries, and tell nothing of what is usual."""

_BEFORE_MS, _AFTER_MS = 12_000, 6_000
"""Sound around a moment: what led to it, and what came of it."""

_MOST_SOUND_MS = 3_600_000
"""Sound in one page: some 10 MB an hour."""


@dataclass(frozen=True, slots=True)
class Reported:
    """A past show with its report."""

    session: SessionSummary
    report: Report


def page_language(settings: Settings) -> PageLanguage:
    """The language of the windows, which the report speaks too."""
    import locale

    named = settings.app.language or (locale.getlocale()[0] or "en")
    return "zh" if named.startswith("zh") else "en"


def read_report(store: SqliteStore, session_id: str) -> Reported:
    """The report of a session beside the streamer's earlier shows of its kind.

    Raises:
        SessionNotFound: no session has this id.
        StoreUnavailable: the shows cannot be read.
    """
    found = store.read(session_id)
    sessions = store.list_sessions()
    session = next(one for one in sessions if one.id.startswith(session_id))
    past = [_measured(store, one) for one in _earlier(sessions, session)]
    return Reported(session, build_report(found.events, past=past, skipped=found.skipped))


def measure_show(session_id: str) -> None:
    """Measure a show that is over, for the trends and for the reports of those that follow.

    Raises:
        SessionNotFound: no session has this id.
        StoreUnavailable: the shows cannot be read or written.
    """
    with session_store(_untold) as store:
        store.set_measures(session_id, build_report(store.read(session_id).events).measured())


def word_show(session_id: str, settings: Settings, cancelled: threading.Event) -> None:
    """Let the language model word the summary of a show, where the user wants one; takes some 20 seconds at most.

    Raises:
        MartLiveError: the shows or the model cannot be used.
    """
    from martlive_desktop.summing_up import summarise

    if settings.coach.writer == "rules":
        return
    language = page_language(settings)
    with session_store(_untold) as store:
        summary = summarise(read_report(store, session_id).report, settings, language, cancelled=cancelled)
        if summary.source == "rules":
            return
        store.set_summary(session_id, {**summary._asdict(), "language": language})
    make_page(session_id, language)


def make_page(session_id: str, language: PageLanguage) -> Path:
    """Write the report of a past show as a page, unless it is there as it would be written; gives its path.

    Raises:
        SessionNotFound: no session has this id.
        StoreUnavailable: the shows cannot be read, or the page cannot be written.
    """
    path = pages_folder() / f"{session_id}.{language}.html"
    # Whatever changes a page – words, notes, another show – is written to the store.
    if path.exists() and path.stat().st_mtime_ns > _changed_ns():
        return path
    with session_store(_untold) as store:
        reported = read_report(store, session_id)
    return write_page(path.with_name(f"{reported.session.id}.{language}.html"), page_of(reported, language))


def _changed_ns() -> int:
    """When the store was last written, in ns since 1970; 0: never."""
    files = (pages_folder().parent / name for name in ("sessions.db", "sessions.db-wal"))
    # The log of a store that is only read is empty.
    return max((one.stat().st_mtime_ns for one in files if one.exists() and one.stat().st_size), default=0)


def open_report(session_id: str, language: PageLanguage, at_ms: int | None = None) -> None:
    """Show the report of a past show in the browser, at a moment if one is given.

    Raises:
        SessionNotFound: no session has this id.
        StoreUnavailable: the shows cannot be read, or the page cannot be written.
    """
    show_page(make_page(session_id, language), "" if at_ms is None else f"#t={at_ms // 1000}")


def show_page(path: Path, place: str = "") -> None:
    """Open a page in the browser of the user's choice.

    Raises:
        StoreUnavailable: there is no browser.
    """
    import webbrowser

    if not webbrowser.open(path.absolute().as_uri() + place):
        raise StoreUnavailable(f"No browser answered; open {path} yourself.")


def page_of(reported: Reported, language: PageLanguage, *, has_sound: bool = True) -> str:
    """The report as one HTML page."""
    from martlive_desktop.adapters.report_page import Summary, render_page

    session, kept = reported.session, reported.session.summary
    is_worded = kept is not None and kept.get("language") == language
    return render_page(
        reported.report,
        title=session.title,
        started_at=session.started_at,
        session_id=session.id,
        language=language,
        summary=Summary(kept["text"], kept["source"]) if kept and is_worded else None,
        clips=_clips(session.id, reported.report) if has_sound else {},
        tags=session.tags,
        notes=session.notes,
    )


def page_of_events(events: Sequence[LogEvent], title: str, language: PageLanguage) -> str:
    """The report of a recording, from its events alone, as one HTML page."""
    from martlive_desktop.adapters.report_page import render_page

    report = build_report(events)
    return render_page(report, title=title, started_at="", session_id="", language=language, summary=None, clips={})


def write_page(path: Path, page: str) -> Path:
    """Write a page that only its user can read.

    Raises:
        StoreUnavailable: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(page)
    except OSError as exc:
        sentence = f"The report cannot be written to {path.parent}: {exc.strerror}; make room there and try again."
        raise StoreUnavailable(sentence) from exc
    return path


def _earlier(sessions: Sequence[SessionSummary], session: SessionSummary) -> list[SessionSummary]:
    """The last shows of the same kind before `session`, the newest first."""
    older = (one for one in sessions if one.mode == session.mode and one.started_at < session.started_at)
    return list(itertools.islice((one for one in older if one.duration_ms >= _SHORTEST_MS), PAST_SHOWS))


def _measured(store: SqliteStore, session: SessionSummary) -> Mapping[str, float | None]:
    """The measures of a show, made now where they never were."""
    if session.measures is not None:
        return session.measures
    measures = build_report(store.read(session.id).events).measured()
    store.set_measures(session.id, measures)
    return measures


def _clips(session_id: str, report: Report) -> dict[int, bytes]:
    """Kept sound around every moment of the report, by where it starts; empty where none was kept."""
    from martlive_desktop.adapters.audio_keep import SUFFIX, read_sound
    from martlive_desktop.keeping import audio_folder, known_key

    path = audio_folder() / f"{session_id}{SUFFIX}"
    if not path.exists() or (key := known_key()) is None:
        return {}
    clips: dict[int, bytes] = {}
    for span in _heard_spans(report):
        # Where nothing was kept, as before keeping was turned on, there is nothing to hear.
        with contextlib.suppress(MediaUnreadable):
            clips[span.start_ms] = read_sound(path, key, span.start_ms, span.end_ms)
    return clips


def _heard_spans(report: Report) -> Iterator[Span]:
    """What is worth hearing, in order, in pieces that do not overlap; at most `_MOST_SOUND_MS` of it."""
    findings = [*report.strengths, *([report.focus] if report.focus else [])]
    moments = sorted(
        {
            *(one.at_ms for one in (*report.tips, *report.moments)),
            *(one.asked_ms for one in report.questions),
            *(one.answered_ms for one in report.questions if one.answered_ms is not None),
            *(one.said_ms for one in report.claims),
            *(at_ms for one in report.products for at_ms in (*one.price_ms, *one.call_ms, *one.recap_ms)),
            *(span.start_ms for span in report.shown),
            *(at_ms for one in findings for at_ms in one.evidence),
            *report.marks,
        }
    )
    left_ms = _MOST_SOUND_MS
    open_span: Span | None = None
    for at_ms in moments:
        start_ms, end_ms = max(0, at_ms - _BEFORE_MS), min(at_ms + _AFTER_MS, report.duration_ms)
        if open_span and start_ms <= open_span.end_ms:
            open_span = Span(open_span.start_ms, max(open_span.end_ms, end_ms))
            continue
        if open_span:
            yield open_span
            left_ms -= open_span.end_ms - open_span.start_ms
            if left_ms <= 0:
                return
        open_span = Span(start_ms, end_ms)
    if open_span:
        yield open_span


def _untold(_sentence: str) -> None:
    """What cannot be written is raised here, so there is nothing to tell beside it."""


def open_trends(language: PageLanguage) -> None:
    """Show how the streamer's shows went, one beside the other, in the browser.

    Raises:
        StoreUnavailable: the shows cannot be read, or the page cannot be written.
    """
    show_page(write_page(pages_folder() / "trends.html", page_of_trends(language)))


def open_comparison(first_id: str, second_id: str, language: PageLanguage) -> None:
    """Show two past shows side by side in the browser, the earlier one first.

    Raises:
        SessionNotFound: no session has one of these ids.
        StoreUnavailable: the shows cannot be read, or the page cannot be written.
    """
    show_page(write_page(pages_folder() / "comparison.html", page_of_comparison(first_id, second_id, language)))


def page_of_trends(language: PageLanguage) -> str:
    """All shows of the newest show's kind as one HTML page; those that never were are measured now.

    Raises:
        StoreUnavailable: the shows cannot be read.
    """
    from martlive_desktop.adapters.trends_page import render_trends
    from martlive_desktop.core.trends import PastShow

    with session_store(_untold) as store:
        counted = [one for one in reversed(store.list_sessions()) if one.duration_ms >= _SHORTEST_MS]
        mode = counted[-1].mode if counted else ""
        alike = (one for one in counted if one.mode == mode)
        shows = [PastShow(one.id, one.title, one.started_at, _measured(store, one)) for one in alike]
    return render_trends(shows, mode, language)


def page_of_comparison(first_id: str, second_id: str, language: PageLanguage) -> str:
    """Two past shows side by side as one HTML page, the earlier one first, whatever the order of the ids.

    Raises:
        SessionNotFound: no session has one of these ids.
        StoreUnavailable: the shows cannot be read.
    """
    from martlive_desktop.adapters.trends_page import ComparedShow, render_comparison

    with session_store(_untold) as store:
        both = [read_report(store, session_id) for session_id in (first_id, second_id)]
    both.sort(key=lambda one: one.session.started_at)
    first, second = (ComparedShow(one.session.title, one.session.started_at, one.report) for one in both)
    return render_comparison(first, second, language)
