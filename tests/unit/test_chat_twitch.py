"""Twitch's chat, from a server that speaks as Twitch's does."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from websockets.sync.server import serve

from martlive_desktop.adapters import chat_twitch
from martlive_desktop.adapters.chat_twitch import TwitchChat
from martlive_desktop.core.errors import UsageError
from tests.fakes.session import HandClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from websockets.sync.server import ServerConnection

LINE = "@badges=;display-name=Rosa;id=1 :rosa!rosa@rosa.tmi.twitch.tv PRIVMSG #shop :is it safe for cats?\r\n"


@contextmanager
def server(talk: Callable[[ServerConnection, int], None]) -> Iterator[tuple[str, list[list[str]]]]:
    """A server on this machine; what each connection said first."""
    said: list[list[str]] = []

    def handle(connection: ServerConnection) -> None:
        said.append([str(connection.recv()) for _ in range(3)])
        talk(connection, len(said))

    with serve(handle, "127.0.0.1", 0) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{running.socket.getsockname()[1]}", said
        finally:
            running.shutdown()
            thread.join()


def test_lines_are_read_without_an_account_and_come_again_after_a_break(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_twitch, "RETRY_S", (0.01,))
    pongs: list[str] = []

    def talk(connection: ServerConnection, number: int) -> None:
        connection.send(":tmi.twitch.tv 001 justinfan1 :Welcome\r\nPING :tmi.twitch.tv\r\n")
        pongs.append(str(connection.recv()))
        connection.send(
            LINE + LINE.replace("Rosa", f"Ben{number}").replace("is it", "\x01ACTION is\u202e it") + ":a b\r\n"
        )
        if number == 1:
            connection.send(":tmi.twitch.tv RECONNECT\r\n")
        connection.recv()

    clock = HandClock()
    clock.ms = 5_000
    with server(talk) as (address, said):
        chat = TwitchChat("#Shop", clock, server=address)
        lines = chat.read()
        got = [next(lines) for _ in range(4)]
        chat.close()
        assert list(lines) == []
    assert [(line.at_ms, line.user, line.text, line.source) for line in got] == [
        (5_000, "Rosa", "is it safe for cats?", "twitch"),
        (5_000, "Ben1", "is it safe for cats?", "twitch"),
        (5_000, "Rosa", "is it safe for cats?", "twitch"),
        (5_000, "Ben2", "is it safe for cats?", "twitch"),
    ]
    assert pongs == ["PONG :tmi.twitch.tv"] * 2
    assert [words[0] for words in said] == ["CAP REQ :twitch.tv/tags"] * 2
    assert said[0][1].startswith("NICK justinfan")
    assert said[0][2] == "JOIN #shop"


def test_server_that_is_not_there_is_tried_until_the_show_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_twitch, "RETRY_S", (0.01,))
    with server(lambda connection, number: None) as (address, _):
        pass
    chat = TwitchChat("shop", HandClock(), server=address)
    threading.Timer(0.2, chat.close).start()
    assert list(chat.read()) == []


def test_show_that_is_over_reads_nothing() -> None:
    with server(lambda connection, number: None) as (address, said):
        chat = TwitchChat("shop", HandClock(), server=address)
        chat.close()
        assert list(chat.read()) == []
        assert said == []


@pytest.mark.parametrize("name", ["", "a", "two words", "https://twitch.tv/shop", "x" * 26, "shop\r\nQUIT"])
def test_name_that_no_channel_has_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="Twitch has no channel called"):
        TwitchChat(name, HandClock())
