"""The window of past shows, joined to the store: all that takes time is done on a thread of its own."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import QLocale, QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from martlive_desktop.core.errors import MartLiveError, UsageError
from martlive_desktop.keeping import erase_everything
from martlive_desktop.places import session_store
from martlive_desktop.ui.history_state import HistoryState, PastShow, SaidLine, SaidLines, StoreRoom

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime

    from martlive_desktop.adapters.store_sqlite import SessionSummary, SqliteStore
    from martlive_desktop.reporting import PageLanguage
    from martlive_desktop.ui.history_window import HistoryWindow
    from martlive_desktop.ui.theme import Look

MOST_FOUND = 50
"""Whoever finds more adds a word."""

Change: TypeAlias = "Callable[[HistoryState], HistoryState]"


@dataclass(frozen=True, slots=True)
class HistoryParts:
    """What stands behind the window; all of it may take seconds, and raises `MartLiveError`."""

    store: Callable[[Callable[[str], None]], AbstractContextManager[SqliteStore]]
    open_report: Callable[[str, PageLanguage, int | None], None]
    open_trends: Callable[[PageLanguage], None]
    open_comparison: Callable[[str, str, PageLanguage], None]
    export: Callable[[str, str, Path, PageLanguage], None]
    """A show's id, a format, where to, and in which language."""


def kept_shows() -> HistoryParts:
    """The shows of this computer."""
    # The report and what it is made of are read in when they are first wanted.

    def open_report(session_id: str, language: PageLanguage, at_ms: int | None) -> None:
        from martlive_desktop import reporting

        reporting.open_report(session_id, language, at_ms)

    def open_trends(language: PageLanguage) -> None:
        from martlive_desktop import reporting

        reporting.open_trends(language)

    def open_comparison(one: str, other: str, language: PageLanguage) -> None:
        from martlive_desktop import reporting

        reporting.open_comparison(one, other, language)

    return HistoryParts(session_store, open_report, open_trends, open_comparison, export_show)


class HistoryDesk(QObject):
    """Makes the window when it is first opened; only `close` waits, for what was begun."""

    said = Signal(str)
    """One sentence for the streamer while the window is closed."""
    _changed = Signal(object)
    """A `Change` to what is known, from any thread."""

    def __init__(self, look: Look, parts: HistoryParts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._parts = parts
        self._state = HistoryState()
        self._window: HistoryWindow | None = None
        self._wanted = ""
        self._opening: set[tuple[str, int | None]] = set()
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._changed.connect(self._apply, Qt.ConnectionType.QueuedConnection)

    def open(self) -> None:
        """Show the window, with the shows as they are now."""
        if self._window is None:
            self._window = self._made()
        self._state = replace(self._state, news="", trouble="")
        self._window.render_state(self._state)
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()
        self.refresh()

    def refresh(self) -> None:
        """Read the list of shows anew, if somebody looks at it."""
        if self._is_shown:
            self._do(self._read)

    def open_report(self, session_id: str, at_ms: int | None = None) -> None:
        """Show the report of a show in the browser."""
        key, language = (session_id, at_ms), _language()
        # The second half of a double click.
        if key in self._opening:
            return
        self._opening.add(key)

        def make() -> Change:
            try:
                self._parts.open_report(session_id, language, at_ms)
            finally:
                self._opening.discard(key)
            # Its measures may be known only now.
            return self._read() if self._is_shown else _unchanged

        self._do(make, self.tr("The report is being made…"))

    def use_look(self, look: Look) -> None:
        """Take another theme, size or language."""
        self._look = look
        old, self._window = self._window, None
        if old is not None:
            is_shown = old.isVisible()
            old.close()
            old.deleteLater()
            if is_shown:
                self.open()

    def hide(self) -> None:
        """Take the window off the screen."""
        if self._window is not None:
            self._window.hide()

    def close(self) -> None:
        """Keep what was typed; waits for it."""
        self.hide()
        if self._window is not None:
            self._window.deleteLater()
            self._window = None
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()
            self._thread = None

    @property
    def _is_shown(self) -> bool:
        return self._window is not None and self._window.isVisible()

    def _made(self) -> HistoryWindow:
        from martlive_desktop.ui.history_window import HistoryWindow

        window = HistoryWindow(self._look)
        window.search_wanted.connect(self._search)
        window.report_wanted.connect(self.open_report)
        window.comparison_wanted.connect(self._compare)
        window.trends_wanted.connect(self._show_trends)
        window.export_wanted.connect(self._export)
        window.import_wanted.connect(self._import)
        window.tags_changed.connect(self._keep_tags)
        window.notes_changed.connect(self._keep_notes)
        window.deletion_wanted.connect(self._delete)
        window.erasure_wanted.connect(self._erase)
        window.folder_wanted.connect(self._open_folder)
        return window

    # What the user asks for, on the Qt thread

    def _search(self, text: str) -> None:
        self._wanted = text
        self._do(lambda: self._find(text))

    def _compare(self, one: str, other: str) -> None:
        compare = partial(self._parts.open_comparison, one, other, _language())
        self._do(partial(_after, compare), self.tr("Both shows are being compared…"))

    def _show_trends(self) -> None:
        draw = partial(self._parts.open_trends, _language())
        self._do(partial(_after, draw), self.tr("Your trends are being drawn…"))

    def _export(self, session_id: str, form: str, path: Path) -> None:
        language, news = _language(), self.tr("Exported to {name}.").format(name=path.name)

        def write() -> Change:
            self._parts.export(session_id, form, path, language)
            return lambda state: replace(state, news=news)

        self._do(write, self.tr("The show is being exported…"))

    def _import(self, path: Path) -> None:
        news = self.tr("{name} is imported.").format(name=path.name)

        def take_in() -> Change:
            from martlive_desktop.adapters.session_zip import read_zip

            file = read_zip(path)
            return self._read(lambda store: store.import_session(file), news)

        self._do(take_in, self.tr("The show is being imported…"))

    def _keep_tags(self, session_id: str, tags: tuple[str, ...]) -> None:
        self._keep(session_id, lambda show: replace(show, tags=tags), lambda store: store.set_tags(session_id, tags))

    def _keep_notes(self, session_id: str, text: str) -> None:
        self._keep(session_id, lambda show: replace(show, notes=text), lambda store: store.set_notes(session_id, text))

    def _keep(
        self, session_id: str, change: Callable[[PastShow], PastShow], write: Callable[[SqliteStore], object]
    ) -> None:
        """Know at once what was typed, and write it."""
        shows = tuple(change(one) if one.id == session_id else one for one in self._state.shows)
        self._state = replace(self._state, shows=shows)
        # Not at once: the window may be about to show another show.
        self._changed.emit(_unchanged)

        def keep() -> Change:
            with self._parts.store(_untold) as store:
                write(store)
            return _unchanged

        self._do(keep)

    def _delete(self, session_id: str) -> None:
        self._do(lambda: self._read(lambda store: store.delete(session_id)))

    def _erase(self) -> None:
        news = self.tr("Everything is erased.")
        self._do(lambda: self._read(erase_everything, news))

    def _open_folder(self) -> None:
        if self._state.room is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(self._state.room.folder))

    # What takes time, on the thread of this desk

    def _do(self, job: Callable[[], Change], news: str = "") -> None:
        """Run `job` after those before it; `news` says meanwhile what is done."""
        if news:
            self._apply(lambda state: replace(state, news=news, trouble=""))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="martlive-history")
            self._thread.start()
        self._jobs.put(partial(self._run, job, news))

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _run(self, job: Callable[[], Change], news: str) -> None:
        try:
            change = job()
        except MartLiveError as exc:
            self._changed.emit(partial(_troubled, str(exc)))
            return
        # What was said to be done is done.
        self._changed.emit(lambda state: change(replace(state, news="" if state.news == news else state.news)))

    def _read(self, act: Callable[[SqliteStore], object] | None = None, news: str = "") -> Change:
        """Let `act` change the store, and list it then."""
        sentences: list[str] = []
        with self._parts.store(sentences.append) as store:
            if act is not None:
                act(store)
            shows, size = tuple(map(_show_of, store.list_sessions())), store.size()
        room = StoreRoom(str(size.path), size.bytes)
        trouble = sentences[0] if sentences else ""

        def change(state: HistoryState) -> HistoryState:
            state = replace(state, shows=shows, is_read=True, room=room)
            return replace(state, news=news or state.news, trouble=trouble or (state.trouble if act is None else ""))

        return change

    def _find(self, text: str) -> Change:
        # Meanwhile somebody may have typed on.
        if text != self._wanted:
            return _unchanged
        with self._parts.store(_untold) as store:
            found = store.search(text, MOST_FOUND)
        lines = tuple(SaidLine(hit.session_id, hit.at_ms, hit.text) for hit in found.hits)
        return lambda state: replace(state, found=SaidLines(text, lines, found.more))

    def _apply(self, change: Change) -> None:
        before, self._state = self._state, change(self._state)
        if self._window is not None and self._is_shown:
            self._window.render_state(self._state)
        elif self._state.trouble and self._state.trouble != before.trouble:
            self.said.emit(self._state.trouble)


def export_show(session_id: str, form: str, path: Path, language: PageLanguage) -> None:
    """Write a show to `path`, as one of `core.export.FORMATS`, `report.html` or `zip`.

    Raises:
        MartLiveError: the show cannot be read, or the file cannot be written.
    """
    from martlive_desktop.adapters.session_zip import write_zip
    from martlive_desktop.core.export import FORMATS
    from martlive_desktop.reporting import page_of, read_report

    with session_store(_untold) as store:
        if form in FORMATS:
            _write(path, FORMATS[form](list(store.events(session_id))))
            return
        reported = read_report(store, session_id)
        page = page_of(reported, language, has_sound=form != "zip")
        if form == "zip":
            write_zip(path, reported.session, store.lines(session_id), {"report.html": page.encode()})
        else:
            _write(path, page)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as exc:
        raise UsageError(f"Cannot write {path}: {exc.strerror}; make room or choose another folder.") from exc


def _show_of(session: SessionSummary) -> PastShow:
    # A show that had nothing to measure has None there.
    measures = {name: value for name, value in (session.measures or {}).items() if isinstance(value, int | float)}
    return PastShow(
        id=session.id,
        started=_local(session.started_at),
        title=session.title,
        duration_ms=session.duration_ms,
        tips=session.tips,
        mode=session.mode,
        is_cut_off=session.is_cut_off,
        tags=session.tags,
        notes=session.notes,
        measures=measures,
    )


def _local(started_at: str) -> datetime:
    """`started_at` in the time of this computer."""
    from martlive_desktop.adapters.store_search import to_utc

    at = to_utc(started_at)
    try:
        return at.astimezone()
    except (OSError, OverflowError, ValueError):
        # Years that systems do not know, as an imported show may have them.
        return at


def _language() -> PageLanguage:
    """The language of the windows, which the report speaks too."""
    return "zh" if QLocale().language() == QLocale.Language.Chinese else "en"


def _unchanged(state: HistoryState) -> HistoryState:
    return state


def _after(act: Callable[[], None]) -> Change:
    act()
    return _unchanged


def _troubled(sentence: str, state: HistoryState) -> HistoryState:
    return replace(state, news="", trouble=sentence)


def _untold(_sentence: str) -> None:
    """What was saved of a damaged file is told by who lists it."""
