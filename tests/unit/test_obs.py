"""How many frames OBS loses, as a websocket on this computer tells it."""

from __future__ import annotations

import logging
import queue
from contextlib import closing

import pytest

from martlive_desktop.adapters import obs
from martlive_desktop.adapters.obs import Frames, ObsFrames
from tests.fakes.obs import FakeObs

WITHIN_S = 10.0


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obs, "ASK_EVERY_S", 0.01)
    monkeypatch.setattr(obs, "RETRY_AFTER_S", 0.01)
    monkeypatch.setattr(obs, "RETRY_AT_MOST_AFTER_S", 0.02)


@pytest.fixture
def shares() -> queue.Queue[float]:
    return queue.Queue()


def until(shares: queue.Queue[float], share: float) -> None:
    while shares.get(timeout=WITHIN_S) != share:
        continue


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
def test_lost_frames_are_told(shares: queue.Queue[float], password: str | None) -> None:
    server = FakeObs(password)
    with server.running(), closing(ObsFrames("127.0.0.1", server.port, shares.put, password=password)):
        until(shares, 0.0)
        server.frames = (100, 5, 100, 0)
        until(shares, 0.05)
    assert server.said[:2] == ["identified", "GetStats"]


def test_obs_that_goes_and_comes_back_is_found_again(shares: queue.Queue[float]) -> None:
    server = FakeObs(None)
    with server.running():
        watch = ObsFrames("127.0.0.1", server.port, shares.put)
        until(shares, 0.0)
        server.frames = (100, 50, 0, 0)
        until(shares, 0.5)
    with closing(watch):
        until(shares, 0.0)
        server.frames = (0, 0, 0, 0)
        with server.running():
            until(shares, 0.0)
            while server.said.count("identified") < 2:
                shares.get(timeout=WITHIN_S)
            server.frames = (100, 20, 0, 0)
            until(shares, 0.2)


def test_computer_without_obs_is_asked_quietly(shares: queue.Queue[float], caplog: pytest.LogCaptureFixture) -> None:
    server = FakeObs(None)
    with server.running():
        port = server.port
    with closing(ObsFrames("127.0.0.1", port, shares.put)):
        assert [shares.get(timeout=WITHIN_S) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


@pytest.mark.parametrize("password", [None, "plum"], ids=["none", "another"])
def test_wrong_password_is_no_news_and_never_in_the_log(
    shares: queue.Queue[float], caplog: pytest.LogCaptureFixture, password: str | None
) -> None:
    caplog.set_level(logging.DEBUG)
    server = FakeObs("peach")
    with server.running(), closing(ObsFrames("127.0.0.1", server.port, shares.put, password=password)):
        assert [shares.get(timeout=WITHIN_S) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert "GetStats" not in server.said
    assert "plum" not in caplog.text
    assert "authentication" not in caplog.text


@pytest.mark.parametrize(
    "hello",
    ["not json", "[]", '{"op": 0}', '{"op": 5, "d": {}}', '{"op": 0, "d": {"authentication": 7}}'],
)
def test_something_else_on_the_port_is_no_news(shares: queue.Queue[float], hello: str) -> None:
    server = FakeObs(None)
    server.hello = hello
    with server.running(), closing(ObsFrames("127.0.0.1", server.port, shares.put, password="peach")):
        assert [shares.get(timeout=WITHIN_S) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert "identified" not in server.said


def test_counts_that_are_no_numbers_are_no_news(shares: queue.Queue[float]) -> None:
    server = FakeObs(None)
    server.frames = ("many", 0, 0, 0)
    with server.running(), closing(ObsFrames("127.0.0.1", server.port, shares.put)):
        assert [shares.get(timeout=WITHIN_S) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert server.said.count("identified") >= 3


def test_refusal_is_no_news(shares: queue.Queue[float]) -> None:
    server = FakeObs(None)
    server.is_willing = False
    with server.running(), closing(ObsFrames("127.0.0.1", server.port, shares.put)):
        assert [shares.get(timeout=WITHIN_S) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert server.said.count("GetStats") >= 3


def test_close_does_not_wait_for_the_next_question(shares: queue.Queue[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obs, "ASK_EVERY_S", 3600.0)
    server = FakeObs(None)
    with server.running():
        watch = ObsFrames("127.0.0.1", server.port, shares.put)
        while "GetStats" not in server.said:
            assert shares.empty()
        watch.close()
    assert server.said[-1] == "GetStats"
