"""The remote coach of the running program: its key is kept and its connection tried, beside the Qt thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from martlive_desktop.core.errors import MartLiveError
from martlive_desktop.remote import check_remote, keep_remote_key
from martlive_desktop.ui.sentences import translated

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlive_desktop.adapters.cloud_client import CloudCheck
    from martlive_desktop.settings import RemoteSettings


class RemoteDesk(QObject):
    """Keeps keys and tries connections; nothing here waits, and every signal comes to the Qt thread."""

    state_changed = Signal(str)
    """One sentence, in the user's language."""
    said = Signal(str)
    key_kept = Signal()
    """The key that is used from now on is another one."""
    _checked = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads: list[threading.Thread] = []
        self._checks = 0
        self._checked.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def keep_key(self, key: str) -> None:
        """Use `key` from now on."""

        def keep() -> None:
            try:
                keep_remote_key(key.strip())
            except MartLiveError as exc:
                self.said.emit(str(exc))
            self.key_kept.emit()

        self._run(keep, "martlive-keyring")

    def check(self, wish: RemoteSettings) -> None:
        """Try the connection, as `wish` has it."""
        self._checks += 1
        number = self._checks
        self.state_changed.emit(self.tr("Trying…"))
        self._run(lambda: self._checked.emit((number, check_remote(wish))), "martlive-remote-check")

    def close(self) -> None:
        """Wait for what was begun: a connection that is tried takes some seconds at most."""
        for thread in self._threads:
            thread.join()

    def _show(self, told: tuple[int, CloudCheck]) -> None:
        number, check = told
        if number == self._checks:
            self.state_changed.emit(translated(check.sentence))

    def _run(self, job: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=job, name=name, daemon=True)
        self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        thread.start()
