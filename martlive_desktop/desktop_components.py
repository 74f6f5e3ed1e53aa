"""The libraries for the graphics card in the running program: fetched and removed beside the Qt thread."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from martlive_desktop.components import component_store, offered
from martlive_desktop.core.errors import MartLiveError
from martlive_desktop.ui.sentences import translated
from martlive_desktop.ui.settings_controls import Offer

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlive_desktop.adapters.component_store import Component, ComponentState, Source


@dataclass(frozen=True, slots=True)
class _Ended:
    """A job is over."""

    state: ComponentState | None
    sentence: str
    """What went wrong; empty: nothing."""


class ComponentsDesk(QObject):
    """Looks for, fetches and removes the component for speech, one job at a time; every signal comes to the Qt thread."""

    offer_changed = Signal(object)
    """An `Offer`, or None where the component is of no use here."""
    said = Signal(str)
    _progressed = Signal(int)
    _ended = Signal(object)

    def __init__(self, source: Callable[[], Source], parent: QObject | None = None) -> None:
        """Nothing is looked for yet; `source` says where to fetch from now."""
        super().__init__(parent)
        self._source = source
        self._state: ComponentState | None = None
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._is_fetching = False
        self._progressed.connect(self._show_progress, Qt.ConnectionType.QueuedConnection)
        self._ended.connect(self._end, Qt.ConnectionType.QueuedConnection)

    def look(self) -> None:
        """Find out what is here and whether a card could use it, unless something goes on."""
        self._run(lambda: None)

    def press(self) -> None:
        """Do what the offer says: fetch, stop or remove."""
        if self._is_fetching:
            self._stop.set()
            return
        if self._state is None or self._thread is not None:
            return
        component = self._state.component
        if self._state.where == "installed":
            self._run(lambda: component_store().remove(component.name))
            return
        self._is_fetching = True
        self._stop.clear()
        source = self._source()
        self._run(lambda: self._fetch(component, source))
        self._show_progress(0)

    def close(self) -> None:
        """Stop what goes on; what arrived is kept."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _fetch(self, component: Component, source: Source) -> None:
        told = 0

        def tell(done: int, in_all: int) -> None:
            nonlocal told
            percent = done * 100 // in_all
            if percent != told:
                told = percent
                self._progressed.emit(percent)

        component_store().fetch(component.name, source, tell, stop=self._stop)

    def _run(self, job: Callable[[], object]) -> None:
        if self._thread is not None:
            return

        def work() -> None:
            sentence = ""
            try:
                job()
            except MartLiveError as exc:
                sentence = str(exc)
            self._ended.emit(_Ended(offered("speech"), sentence))

        self._thread = threading.Thread(target=work, name="martlive-components", daemon=True)
        self._thread.start()

    def _end(self, ended: _Ended) -> None:
        assert self._thread is not None
        self._thread.join()
        self._thread = None
        was_stopped = self._is_fetching and self._stop.is_set()
        self._is_fetching = False
        self._state = ended.state
        self.offer_changed.emit(self._offer(ended.state))
        if ended.sentence and not was_stopped:
            self.said.emit(translated(ended.sentence))

    def _show_progress(self, percent: int) -> None:
        if self._is_fetching:
            self.offer_changed.emit(Offer(self.tr("Stop"), self.tr("Fetching: {percent} %").format(percent=percent)))

    def _offer(self, state: ComponentState | None) -> Offer | None:
        if state is None:
            return None
        made = state.component
        fetched, unpacked = f"{made.fetched_bytes / 1e6:.0f} MB", f"{made.unpacked_bytes / 1e6:.0f} MB"
        if state.where == "installed":
            return Offer(
                self.tr("Remove"), self.tr("It is here, {size}; your next show uses it.").format(size=unpacked)
            )
        before = {
            "missing": "",
            "damaged": self.tr("It is damaged and not used."),
            "outdated": self.tr("It is of another version of MartLive and not used."),
        }[state.where]
        what = self.tr("{fetched} to fetch, {unpacked} on the disk, under the {licence}: {url}").format(
            fetched=fetched, unpacked=unpacked, licence=made.licence, url=made.licence_url
        )
        return Offer(self.tr("Accept the licence and fetch"), f"{before} {what}".strip())
