"""Hotkeys from a desktop's portal, which a test plays on a bus of its own."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    message_bus,
    new_error,
    new_method_return,
    new_signal,
)
from jeepney.io.blocking import Proxy, open_dbus_connection

from martlive_desktop.adapters.hotkeys_portal import PortalHotkeys, is_available, trigger
from martlive_desktop.core.errors import MartLiveError, SettingsInvalid
from martlive_desktop.core.hotkeys import parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(60),
    pytest.mark.skipif(sys.platform != "linux", reason="the portal is Linux'"),
]

WITHIN_S = 30.0
DESKTOP = "/org/freedesktop/portal/desktop"
SESSION = f"{DESKTOP}/session/1_2/martlive"
SHORTCUTS = "org.freedesktop.portal.GlobalShortcuts"


@pytest.fixture(autouse=True)
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A session bus on which nobody is."""
    address = f"unix:path={tmp_path / 'bus'}"
    command = ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1", f"--address={address}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as daemon:
        assert daemon.stdout is not None
        daemon.stdout.readline()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield
        daemon.terminate()


class FakePortal:
    """A desktop that gives each action the keys of `given`; None as `given` is a user who says no."""

    def __init__(self, given: dict[str, str] | None, *, is_registry: bool = True, refuses: str = "") -> None:
        self.given = given
        self.is_registry = is_registry
        self.refuses = refuses
        self.registered: list[str] = []
        self.bound: queue.Queue[list[Any]] = queue.Queue()
        self.connection = open_dbus_connection("SESSION")
        Proxy(message_bus, self.connection).RequestName("org.freedesktop.portal.Desktop")
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def tell(self, member: str, signature: str, *body: object) -> None:
        """Send a signal to everybody."""
        self.connection.send(new_signal(DBusAddress(DESKTOP, interface=SHORTCUTS), member, signature, body))

    def press(self, action: str, session: str = SESSION) -> None:
        self.tell("Activated", "osta{sv}", session, action, 0, {})

    def change(self, given: dict[str, str]) -> None:
        self.tell("ShortcutsChanged", "oa(sa{sv})", SESSION, _described(given))

    def close(self) -> None:
        with open_dbus_connection("SESSION") as other:
            other.send(new_signal(DBusAddress("/end", interface="test.End"), "End"))
            self.thread.join(WITHIN_S)
        self.connection.close()

    def _serve(self) -> None:
        Proxy(message_bus, self.connection).AddMatch("interface='test.End'")
        while (message := self.connection.receive()).header.fields.get(HeaderFields.interface) != "test.End":
            if message.header.message_type == MessageType.method_call:
                self._answer(message)

    def _answer(self, asked: Message) -> None:
        member = asked.header.fields[HeaderFields.member]
        if member == self.refuses or (member == "Register" and not self.is_registry):
            self.connection.send(new_error(asked, "org.freedesktop.DBus.Error.UnknownMethod"))
        elif member == "Register":
            self.registered.append(asked.body[0])
            self.connection.send(new_method_return(asked))
        elif member == "Get":
            self.connection.send(new_method_return(asked, "v", (("u", 2),)))
        elif member == "CreateSession":
            self._respond(asked, 0, {"session_handle": ("s", SESSION)})
        elif member == "BindShortcuts":
            given = self.given
            self._respond(asked, 0 if given is not None else 1, {"shortcuts": ("a(sa{sv})", _described(given or {}))})
            self.bound.put(asked.body[1])

    def _respond(self, asked: Message, code: int, results: dict[str, Any]) -> None:
        """Answer as a portal may: the response is there before the caller knows where to wait for it."""
        token = asked.body[-1]["handle_token"][1]
        handle = f"{DESKTOP}/request/1_2/{token}"
        for path in (f"{DESKTOP}/request/1_2/other", handle):
            response = new_signal(
                DBusAddress(path, interface="org.freedesktop.portal.Request"), "Response", "ua{sv}", (code, results)
            )
            response.header.fields[HeaderFields.destination] = asked.header.fields[HeaderFields.sender]
            self.connection.send(response)
        self.connection.send(new_method_return(asked, "o", (handle,)))


def _described(given: dict[str, str]) -> list[Any]:
    return [(action, {"trigger_description": ("s", keys)}) for action, keys in given.items()]


@contextmanager
def desktop(given: dict[str, str] | None, *, is_registry: bool = True, refuses: str = "") -> Iterator[FakePortal]:
    with closing(FakePortal(given, is_registry=is_registry, refuses=refuses)) as portal:
        yield portal


@contextmanager
def held(titles: dict[str, str] | None = None, **wanted: str) -> Iterator[tuple[PortalHotkeys, queue.Queue[str]]]:
    pressed: queue.Queue[str] = queue.Queue()
    with closing(PortalHotkeys(wanted, pressed.put, titles)) as keys:
        yield keys, pressed


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("ctrl+alt+m", "CTRL+ALT+m"),
        ("shift+super+f5", "SHIFT+LOGO+F5"),
        ("ctrl+pageup", "CTRL+Page_Up"),
        ("alt+enter", "ALT+Return"),
        ("ctrl+space", "CTRL+space"),
        ("ctrl+0", "CTRL+0"),
    ],
)
def test_keys_are_written_as_the_desktop_reads_them(keys: str, text: str) -> None:
    assert trigger(parse(keys)) == text


def test_desktop_is_asked_for_the_keys_with_words_for_its_settings() -> None:
    with desktop({"toggle": "Ctrl+Alt+M"}) as portal, held({"toggle": "Coaching on, off"}, toggle="ctrl+alt+m"):
        asked = portal.bound.get(timeout=WITHIN_S)
        assert asked == [
            ("toggle", {"description": ("s", "Coaching on, off"), "preferred_trigger": ("s", "CTRL+ALT+m")})
        ]
        assert portal.registered == ["martlive.MartLive"]


def test_press_is_told_by_the_name_of_its_action() -> None:
    with desktop({"toggle": "F9", "mark": "F8"}) as portal, held(toggle="f9", mark="f8") as (keys, pressed):
        portal.bound.get(timeout=WITHIN_S)
        portal.press("mark")
        assert pressed.get(timeout=WITHIN_S) == "mark"
        assert keys.conflicts == ()


def test_presses_of_other_sessions_and_actions_are_not_ours() -> None:
    with desktop({"toggle": "F9"}) as portal, held(toggle="f9") as (_, pressed):
        portal.bound.get(timeout=WITHIN_S)
        portal.press("toggle", f"{DESKTOP}/session/1_9/other")
        portal.press("unheard_of")
        portal.press("toggle")
        assert pressed.get(timeout=WITHIN_S) == "toggle"
        assert pressed.empty()


def test_actions_without_keys_are_conflicts() -> None:
    """One is left out, one has an empty text: desktops do either."""
    with (
        desktop({"toggle": "F9", "mark": ""}) as portal,
        held(toggle="f9", mark="f8", dismiss="f7") as (keys, pressed),
    ):
        portal.bound.get(timeout=WITHIN_S)
        portal.press("toggle")
        pressed.get(timeout=WITHIN_S)
        assert keys.conflicts == ("mark", "dismiss")


def test_change_in_the_desktops_settings_changes_the_conflicts() -> None:
    with desktop({"toggle": "F9"}) as portal, held(toggle="f9", mark="f8") as (keys, pressed):
        portal.bound.get(timeout=WITHIN_S)
        portal.change({"toggle": "F9", "mark": "F7"})
        portal.press("toggle")
        pressed.get(timeout=WITHIN_S)
        assert keys.conflicts == ()


def test_user_who_says_no_leaves_every_action_without_keys() -> None:
    with desktop(None) as portal, held(toggle="f9") as (keys, pressed):
        portal.bound.get(timeout=WITHIN_S)
        portal.press("toggle")
        pressed.get(timeout=WITHIN_S)
        assert keys.conflicts == ("toggle",)


def test_portal_without_a_registry_gives_keys_too() -> None:
    with desktop({"toggle": "F9"}, is_registry=False) as portal, held(toggle="f9") as (_, pressed):
        portal.bound.get(timeout=WITHIN_S)
        portal.press("toggle")
        assert pressed.get(timeout=WITHIN_S) == "toggle"


def test_portal_that_refuses_leaves_every_action_without_keys() -> None:
    with desktop({}, refuses="CreateSession"), held(toggle="f9") as (keys, _):
        keys._thread.join(WITHIN_S)
        assert keys.conflicts == ("toggle",)


def test_new_keys_are_asked_for_in_a_new_session() -> None:
    with desktop({"toggle": "F9"}) as portal, held(toggle="f9") as (keys, pressed):
        portal.bound.get(timeout=WITHIN_S)
        keys.rebind({"toggle": "f10"})
        [(_, facts)] = portal.bound.get(timeout=WITHIN_S)
        assert facts["preferred_trigger"] == ("s", "F10")
        portal.press("toggle")
        assert pressed.get(timeout=WITHIN_S) == "toggle"
        assert pressed.empty()


def test_text_that_is_no_keys_changes_nothing() -> None:
    with desktop({"toggle": "F9"}) as portal, held(toggle="f9") as (keys, pressed):
        portal.bound.get(timeout=WITHIN_S)
        with pytest.raises(SettingsInvalid):
            keys.rebind({"toggle": "m"})
        portal.press("toggle")
        assert pressed.get(timeout=WITHIN_S) == "toggle"


def test_nobody_waits_for_a_user_who_is_asked() -> None:
    """The portal never answers: the keys are there for the program at once, and close as fast."""
    with desktop({}) as portal:
        portal._respond = lambda *_: None  # type: ignore[method-assign]
        with held(toggle="f9") as (keys, _):
            assert keys.conflicts == ()
            assert keys.is_free(parse("f9"))
        assert not keys._thread.is_alive()


def test_desktop_with_the_portal_is_known() -> None:
    assert not is_available()
    with desktop({}):
        assert is_available()
    with desktop({}, refuses="Get"):
        assert not is_available()


@pytest.mark.parametrize("address", [None, "unix:path=/nowhere", "tcp:host=x", "nonsense"])
def test_computer_without_a_bus_has_no_portal(monkeypatch: pytest.MonkeyPatch, address: str | None) -> None:
    if address is None:
        monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    else:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    assert not is_available()


def test_bus_that_is_gone_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    with pytest.raises(MartLiveError, match="use `martlive toggle`"):
        PortalHotkeys({"toggle": "f9"}, lambda _action: None)
