"""What MartLive says to OBS and hears from it, as a websocket on this computer answers."""

from __future__ import annotations

import logging
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from martlive_desktop.adapters import obs
from martlive_desktop.adapters.obs import (
    BUSY,
    NOT_FOUND,
    NOT_LET_IN,
    NOT_OBS,
    NOT_UNDERSTOOD,
    TOO_OLD,
    Frames,
    ObsConnection,
    connected,
)
from martlive_desktop.core.errors import ObsUnavailable
from tests.fakes.obs import FakeObs, message_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SOON_S = 0.2


@pytest.fixture
def server() -> FakeObs:
    return FakeObs(None)


@contextmanager
def opened(server: FakeObs, password: str | None = None, *, answer_within_s: float = 10.0) -> Iterator[ObsConnection]:
    with (
        server.running(),
        connected("127.0.0.1", server.port, password, answer_within_s=answer_within_s, event_kinds=1) as connection,
    ):
        yield connection


def refusal(server: FakeObs, password: str | None = None, *, answer_within_s: float = 10.0) -> str:
    """Why there is no connection."""
    with pytest.raises(ObsUnavailable) as caught, opened(server, password, answer_within_s=answer_within_s):
        pass
    return str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [
        (Frames(100, 1, 100, 1), Frames(200, 1, 200, 1), 0.0),
        (Frames(100, 1, 100, 1), Frames(200, 6, 200, 1), 0.05),
        (Frames(100, 1, 100, 1), Frames(200, 6, 150, 6), 0.15),
        (Frames(100, 1, 0, 0), Frames(200, 1, 0, 0), 0.0),
        (Frames(900, 50, 900, 50), Frames(10, 0, 10, 0), 0.0),
        (Frames(0, 0, 0, 0), Frames(10, 9, 10, 9), 1.0),
    ],
    ids=["none", "drawn too late", "encoded too late, too", "not recording", "OBS began anew", "nearly all"],
)
def test_lost_share_of_two_counts(before: Frames, after: Frames, share: float) -> None:
    assert after.lost_share_since(before) == pytest.approx(share)


@pytest.mark.parametrize("password", [None, "peach"])
def test_question_gets_its_answer(password: str | None) -> None:
    server = FakeObs(password)
    with opened(server, password) as connection:
        assert connection.ask("GetVersion") == {"obsVersion": "30.1.2"}
    assert server.said[:2] == ["identified", "GetVersion"]


def test_events_that_come_before_an_answer_are_kept(server: FakeObs) -> None:
    server.interjections = [message_of("InputCreated"), message_of("InputRemoved")]
    with opened(server) as connection:
        assert connection.ask("GetVersion") == {"obsVersion": "30.1.2"}
        assert [connection.next_event(0.0) for _ in range(3)] == ["InputCreated", "InputRemoved", None]


def test_events_that_come_while_time_passes_are_kept(server: FakeObs) -> None:
    with opened(server) as connection:
        connection.ask("GetVersion")
        server.tell("InputCreated")
        connection.wait(SOON_S)
        assert connection.next_event(0.0) == "InputCreated"


def test_event_is_waited_for(server: FakeObs) -> None:
    with opened(server) as connection:
        connection.ask("GetVersion")
        server.tell("InputCreated")
        assert connection.next_event(10.0) == "InputCreated"


def test_answer_that_comes_too_late_is_not_taken_for_another(server: FakeObs) -> None:
    server.interjections = ['{"op": 7, "d": {"requestId": "0", "requestStatus": {"result": true}, "responseData": {}}}']
    with opened(server) as connection:
        assert connection.ask("GetVersion") == {"obsVersion": "30.1.2"}


def test_question_without_an_answer_is_one_sentence(server: FakeObs) -> None:
    server.is_deaf_to = "GetVersion"
    with opened(server, answer_within_s=SOON_S) as connection, pytest.raises(ObsUnavailable) as caught:
        connection.ask("GetVersion")
    assert str(caught.value) == NOT_FOUND


@pytest.mark.parametrize(("code", "sentence"), [(604, NOT_UNDERSTOOD), (207, BUSY)], ids=["refused", "starting"])
def test_refused_question_says_why_or_gives_none(server: FakeObs, code: int, sentence: str) -> None:
    server.is_willing, server.refusal = False, code
    with opened(server) as connection:
        assert connection.try_ask("GetVersion") is None
        with pytest.raises(ObsUnavailable) as caught:
            connection.ask("GetVersion")
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    "message",
    [
        *(
            "not json",
            "[]",
            '{"op": 7}',
            '{"op": 7, "d": 3}',
            '{"op": 2, "d": {}}',
            '{"op": 7, "d": {"requestId": "1"}}',
        ),
        *("[" * 100_000, '{"op": 7, "d": {"requestId": "1", "requestStatus": {"code": "odd"}}}'),
        '{"op": 7, "d": {"requestId": "1", "requestStatus": {"code": 1e999}}}',
    ],
)
def test_answer_that_is_none_is_one_sentence(server: FakeObs, message: str) -> None:
    server.interjections = [message]
    with opened(server) as connection, pytest.raises(ObsUnavailable) as caught:
        connection.ask("GetVersion")
    assert str(caught.value) == NOT_UNDERSTOOD


@pytest.mark.parametrize("listed", ["7", "{}", '"MartLive"', "[7]", "[[]]", "null"])
def test_list_without_objects_is_one_sentence(server: FakeObs, listed: str) -> None:
    answer = f'{{"requestId": "1", "requestStatus": {{"result": true}}, "responseData": {{"inputs": {listed}}}}}'
    server.interjections = [f'{{"op": 7, "d": {answer}}}']
    with opened(server) as connection, pytest.raises(ObsUnavailable) as caught:
        connection.ask_list("GetInputList", "inputs")
    assert str(caught.value) == NOT_UNDERSTOOD


def test_counts_that_are_no_numbers_are_one_sentence(server: FakeObs) -> None:
    server.frames = ("many", 0, 0, 0)
    with opened(server) as connection, pytest.raises(ObsUnavailable) as caught:
        connection.frames()
    assert str(caught.value) == NOT_UNDERSTOOD


def test_computer_without_obs_is_one_sentence(server: FakeObs) -> None:
    with server.running():
        pass
    with pytest.raises(ObsUnavailable) as caught, connected("127.0.0.1", server.port):
        pass
    assert str(caught.value) == NOT_FOUND


@pytest.mark.parametrize("password", [None, "plum"], ids=["none", "another"])
def test_wrong_password_is_one_sentence_and_never_in_the_log(
    caplog: pytest.LogCaptureFixture, password: str | None
) -> None:
    caplog.set_level(logging.DEBUG)
    assert refusal(FakeObs("peach"), password) == NOT_LET_IN
    assert "plum" not in caplog.text
    assert "authentication" not in caplog.text


def test_being_sent_away_for_another_reason_is_one_sentence(server: FakeObs) -> None:
    server.close_code = 4010
    assert refusal(server) == NOT_UNDERSTOOD


@pytest.mark.parametrize("hello", ['{"op": 0, "d": {}}', '{"op": 0, "d": {"rpcVersion": 0}}'])
def test_older_protocol_is_one_sentence(server: FakeObs, hello: str) -> None:
    server.hello = hello
    assert refusal(server) == TOO_OLD


def test_half_a_character_in_the_challenge_does_no_harm(server: FakeObs) -> None:
    server.hello = '{"op": 0, "d": {"rpcVersion": 1, "authentication": {"salt": "\\ud800", "challenge": "\\udfff"}}}'
    with server.running(), connected("127.0.0.1", server.port, "peach", answer_within_s=10.0) as connection:
        assert connection.frames() == Frames()


def test_obs_that_says_no_hello_is_too_old(server: FakeObs) -> None:
    server.is_mute = True
    assert refusal(server, answer_within_s=SOON_S) == TOO_OLD


@pytest.mark.parametrize(
    "hello",
    ["not json", "[]", '{"op": 0}', '{"op": 5, "d": {}}', '{"op": 0, "d": {"rpcVersion": 1, "authentication": 7}}'],
)
def test_another_websocket_is_one_sentence(server: FakeObs, hello: str) -> None:
    server.hello = hello
    assert refusal(server, "peach") == NOT_UNDERSTOOD
    assert "identified" not in server.said


def test_something_else_on_the_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mail:

        def greet() -> None:
            connection, _ = mail.accept()
            with connection:
                connection.sendall(b"220 mail.example.com\r\n")
                while connection.recv(4096):
                    continue

        thread = threading.Thread(target=greet)
        thread.start()
        with pytest.raises(ObsUnavailable) as caught, connected("127.0.0.1", mail.getsockname()[1]):
            pass
        thread.join()
    assert str(caught.value) == NOT_OBS


def test_connection_that_is_cut_from_another_thread_ends_waiting(server: FakeObs) -> None:
    server.is_deaf_to = "GetVersion"
    with opened(server) as connection:
        cut = threading.Timer(0.0, connection.abort)
        cut.start()
        with pytest.raises(ObsUnavailable) as caught:
            connection.ask("GetVersion")
        cut.join()
        connection.abort()
    assert str(caught.value) == NOT_FOUND


def test_protocol_s_example_of_a_password_is_answered_right() -> None:
    # Computed with the steps of obs-websocket's protocol.md, "Creating an authentication string".
    salt, challenge = "lM1GncleQOaCu9lT1yeUZhFYnqhsLLP1G5lAGo3ixaI=", "+IxH4CnCiqpX1rM9scsNynZzbOe4KhDeYcTNS3PDaeY="
    assert obs._answer("supersecretpassword", salt, challenge) == "1Ct943GAT+6YQUUX47Ia/ncufilbe6+oD6lY+5kaCu4="
