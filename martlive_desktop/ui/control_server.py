"""Takes commands for the running app from other programs of the same user."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from martlive_desktop.core.errors import AlreadyRunning, MartLiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COMMANDS = frozenset(
    {"toggle", "show", "hide", "hide-all", "click-through", "dismiss", "next", "repeat", "mark"}
    | {"begin", "end", "settings", "history", "status", "quit"}
)

PROBE_MS = 500
"""A living app accepts a connection in its event loop well within this time."""

MAX_COMMAND_BYTES = 256


class ControlServer(QObject):
    """Answers one line of JSON to each line that names a command; only this user can connect.

    `answer` is called with the command in the Qt thread; what it returns is sent back with `"ok": true`.
    """

    def __init__(
        self, address: str, answer: Callable[[str], Mapping[str, object]], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._address = address
        self._answer = answer
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._accept)

    def listen(self) -> None:
        """Take commands from now on.

        Raises:
            AlreadyRunning: another MartLive answers at the address.
            MartLiveError: the system does not let us listen.
        """
        probe = QLocalSocket()
        probe.connectToServer(self._address)
        is_answered = probe.waitForConnected(PROBE_MS)
        probe.abort()
        if is_answered:
            raise AlreadyRunning(
                "MartLive is already running; look for it in the tray, or end it with `martlive quit`."
            )
        # A killed app leaves its socket file behind.
        QLocalServer.removeServer(self._address)
        if not self._server.listen(self._address):
            raise MartLiveError(f"MartLive cannot listen at {self._address}; free that path and start it again.")

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        while (connection := self._server.nextPendingConnection()) is not None:
            connection.readyRead.connect(self._read)
            connection.disconnected.connect(self._let_go)

    def _read(self) -> None:
        connection = self.sender()
        if not isinstance(connection, QLocalSocket):
            return
        while connection.canReadLine():
            command = bytes(connection.readLine().data()).decode(errors="replace").strip()
            connection.write(json.dumps(self._reply(command)).encode() + b"\n")
            connection.flush()
        if connection.bytesAvailable() > MAX_COMMAND_BYTES:
            connection.abort()

    def _let_go(self) -> None:
        connection = self.sender()
        # PySide keeps what stands for a child until its parent loses it; not here, for it is still telling.
        QTimer.singleShot(0, connection, lambda: connection.setParent(None))

    def _reply(self, command: str) -> dict[str, object]:
        if command not in COMMANDS:
            return {"ok": False, "error": f"Unknown command; try {', '.join(sorted(COMMANDS))}."}
        return {"ok": True, **self._answer(command)}
