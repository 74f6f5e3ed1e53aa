"""Global hotkeys under Wayland, where only the desktop's portal can give them."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from jeepney import DBusAddress, DBusErrorResponse, HeaderFields, MatchRule, Properties, message_bus, new_method_call
from jeepney.io.blocking import DBusConnection, Proxy, open_dbus_connection
from jeepney.wrappers import unwrap_msg

from martlive_desktop.core.errors import MartLiveError
from martlive_desktop.core.hotkeys import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from jeepney import Message

    from martlive_desktop.core.hotkeys import Combination

_LOG = logging.getLogger(__name__)

APP_ID = "martlive.MartLive"
"""As a newer portal wants to know it; it believes it where a desktop file of this name is installed."""

ANSWER_WITHIN_S = 2.0
"""The portal is asked at the start; a desktop that needs longer to say which version it has hangs."""

_BUS_NAME = "org.freedesktop.portal.Desktop"
_PATH = "/org/freedesktop/portal/desktop"
_SHORTCUTS = DBusAddress(_PATH, _BUS_NAME, "org.freedesktop.portal.GlobalShortcuts")
_REGISTRY = DBusAddress(_PATH, _BUS_NAME, "org.freedesktop.host.portal.Registry")
_REQUEST = "org.freedesktop.portal.Request"

_MODIFIERS = {"ctrl": "CTRL", "alt": "ALT", "shift": "SHIFT", "super": "LOGO"}

_KEYSYMS = {
    "tab": "Tab",
    "enter": "Return",
    "esc": "Escape",
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
    "home": "Home",
    "end": "End",
    "pageup": "Page_Up",
    "pagedown": "Page_Down",
    "insert": "Insert",
    "delete": "Delete",
    **{f"f{i}": f"F{i}" for i in range(1, 25)},
}
"""Names of xkbcommon, where they are others than ours."""


def trigger(combination: Combination) -> str:
    """`combination` in the form of freedesktop.org's Shortcuts Specification 0.1, as `CTRL+ALT+m`."""
    modifiers = (_MODIFIERS[name] for name in combination.modifiers)
    return "+".join((*modifiers, _KEYSYMS.get(combination.key, combination.key)))


def is_available() -> bool:
    """Whether this desktop's portal gives hotkeys."""
    try:
        with open_dbus_connection("SESSION") as connection:
            asked = Properties(_SHORTCUTS).get("version")
            unwrap_msg(connection.send_and_get_reply(asked, timeout=ANSWER_WITHIN_S))
    except (DBusErrorResponse, OSError, KeyError, RuntimeError, ValueError) as exc:
        # Without a bus jeepney gives KeyError, for an address that it cannot read RuntimeError or ValueError.
        _LOG.info("the desktop gives no hotkeys", extra={"cause": type(exc).__name__})
        return False
    return True


class PortalHotkeys:
    """Asks the desktop for keys and tells which were pressed; the desktop has the last word, and may ask the user.

    Nothing waits for that: `conflicts` names the actions without keys once the desktop has answered. It remembers what the
    user chose there, so that later wishes may change nothing: then its own settings are the place.
    """

    def __init__(
        self, wanted: Mapping[str, str], on_pressed: Callable[[str], None], titles: Mapping[str, str] | None = None
    ) -> None:
        """Ask for the keys of `wanted`, keys by action; `on_pressed` must return at once.

        Args:
            wanted: keys by action.
            on_pressed: gets the action.
            titles: what the desktop's settings call each action.

        Raises:
            SettingsInvalid: a combination cannot be read.
            MartLiveError: there is no session bus.
        """
        self.conflicts: tuple[str, ...] = ()
        self._on_pressed = on_pressed
        self._titles = titles or {}
        self._connection: DBusConnection | None = None
        self.rebind(wanted)

    def rebind(self, wanted: Mapping[str, str]) -> None:
        shortcuts = [
            (
                action,
                {"description": ("s", self._titles.get(action, action)), "preferred_trigger": ("s", trigger(keys))},
            )
            for action, keys in ((action, parse(text)) for action, text in wanted.items())
        ]
        # A session takes keys once, and ends with its connection.
        self.close()
        try:
            self._connection = open_dbus_connection("SESSION")
        except (OSError, KeyError) as exc:
            raise MartLiveError("Your desktop does not answer about hotkeys; use `martlive toggle` instead.") from exc
        self.conflicts = ()
        self._thread = threading.Thread(
            target=self._serve, args=(self._connection, shortcuts), name="martlive-hotkeys", daemon=True
        )
        self._thread.start()

    def is_free(self, combination: Combination) -> bool:
        """Always: the desktop does not tell before it is asked for them."""
        del combination
        return True

    def close(self) -> None:
        if self._connection is not None:
            # It may have been closed from the other side.
            with contextlib.suppress(OSError):
                self._connection.sock.shutdown(socket.SHUT_RDWR)
            self._thread.join(ANSWER_WITHIN_S)
            self._connection = None

    def _serve(self, connection: DBusConnection, shortcuts: list[tuple[str, Any]]) -> None:
        wanted = [action for action, _ in shortcuts]
        with connection:
            try:
                session = self._bind(connection, shortcuts)
                while True:
                    self._hear(connection.receive(), session, wanted)
            except DBusErrorResponse as exc:
                _LOG.info("the desktop refuses hotkeys", extra={"cause": exc.name})
                self.conflicts = tuple(wanted)
            except OSError:
                _LOG.debug("the session of hotkeys is over")

    def _bind(self, connection: DBusConnection, shortcuts: list[tuple[str, Any]]) -> str:
        """Have the desktop give the keys; gives the session."""
        Proxy(message_bus, connection).AddMatch(MatchRule(type="signal", sender=_BUS_NAME))
        # A portal older than 1.19 does not know it, and one that finds no desktop file refuses: both may still give keys.
        connection.send_and_get_reply(new_method_call(_REGISTRY, "Register", "sa{sv}", (APP_ID, {})))
        tokens = {"handle_token": ("s", "martlive_session"), "session_handle_token": ("s", "martlive")}
        created = _request(connection, "CreateSession", "a{sv}", (tokens,))
        session = str(created["session_handle"][1]) if "session_handle" in created else ""
        bound = {}
        if session:
            body = (session, shortcuts, "", {"handle_token": ("s", "martlive_keys")})
            bound = _request(connection, "BindShortcuts", "oa(sa{sv})sa{sv}", body)
        self._note(bound["shortcuts"][1] if "shortcuts" in bound else (), [action for action, _ in shortcuts])
        return session

    def _hear(self, message: Message, session: str, wanted: Iterable[str]) -> None:
        fields = message.header.fields
        if fields.get(HeaderFields.interface) != _SHORTCUTS.interface or message.body[0] != session:
            return
        match fields.get(HeaderFields.member):
            case "Activated" if message.body[1] in wanted:
                self._on_pressed(message.body[1])
            case "ShortcutsChanged":
                self._note(message.body[1], wanted)

    def _note(self, given: Iterable[tuple[str, Mapping[str, tuple[str, Any]]]], wanted: Iterable[str]) -> None:
        """Keep which actions have no keys; the desktop leaves them out, or describes their keys with nothing."""
        held = {action for action, facts in given if facts.get("trigger_description", ("s", action))[1]}
        self.conflicts = tuple(action for action in wanted if action not in held)


def _request(connection: DBusConnection, method: str, signature: str, body: tuple[object, ...]) -> dict[str, Any]:
    """What the portal answers in the end, maybe after the user did; empty where the user says no."""
    responses: deque[Message] = deque()
    with connection.filter(MatchRule(type="signal", interface=_REQUEST, member="Response"), queue=responses):
        # The answer may be there before the portal has said where to wait for it.
        asked = new_method_call(_SHORTCUTS, method, signature, body)
        (handle,) = unwrap_msg(connection.send_and_get_reply(asked))
        while (response := connection.recv_until_filtered(responses)).header.fields[HeaderFields.path] != handle:
            _LOG.debug("an answer to something else")
    code, results = response.body
    return results if code == 0 else {}
