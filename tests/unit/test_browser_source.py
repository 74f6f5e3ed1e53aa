"""Whoever may see the picture sees the newest one, and nobody else gets an answer."""

from __future__ import annotations

import logging
import re
import socket
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from martlive_desktop.adapters import browser_source
from martlive_desktop.adapters.browser_source import HEADER, MOST_VIEWERS, BrowserSource, Part
from martlive_desktop.core.errors import SettingsInvalid, StoreUnavailable

PAGE = b'<canvas data-frames="@FRAMES@"></canvas><script nonce="@NONCE@"></script>'
WITHIN_S = 10.0
RED = np.full((2, 3, 4), (255, 0, 0, 128), np.uint8)


class Looks:
    """Waits for what `on_viewers` says."""

    def __init__(self) -> None:
        self._told = threading.Condition()
        self.now = False

    def __call__(self, has_viewers: bool) -> None:
        with self._told:
            self.now = has_viewers
            self._told.notify_all()

    def until(self, has_viewers: bool) -> None:
        with self._told:
            assert self._told.wait_for(lambda: self.now == has_viewers, WITHIN_S)


@pytest.fixture
def looks() -> Looks:
    return Looks()


@pytest.fixture
def source(tmp_path: Path, looks: Looks) -> Iterator[BrowserSource]:
    with closing(BrowserSource(tmp_path, 0, PAGE, looks)) as source:
        yield source


def viewed(source: BrowserSource, *, origin: str | None = None, host: str | None = None) -> ClientConnection:
    address = source.url.replace("http", "ws") + "frames"
    if host:
        address = address.replace("127.0.0.1", host)
    return connect(address, origin=origin, proxy=None, compression=None, max_size=None, max_queue=1)  # type: ignore[arg-type]


def read_all(viewer: ClientConnection) -> None:
    """Read until the end, which is an exception."""
    while True:
        viewer.recv(timeout=WITHIN_S)


def shown(viewer: ClientConnection) -> tuple[tuple[int, ...], NDArray[np.uint8]]:
    """The next part of a picture."""
    while not (message := viewer.recv(timeout=WITHIN_S)):
        continue
    assert isinstance(message, bytes)
    header = HEADER.unpack_from(message)
    return header, np.frombuffer(message, np.uint8, offset=HEADER.size).reshape(header[5], header[4], 4)


def test_page_is_served_with_the_address_of_the_pictures_and_may_load_nothing_else(source: BrowserSource) -> None:
    answer = httpx.get(source.url)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f'data-frames="ws://127.0.0.1:{source.port}{httpx.URL(source.url).path}frames"' in answer.text
    [nonce] = re.findall('nonce="([^"]+)"', answer.text)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith(f"default-src 'none'; script-src 'nonce-{nonce}'")
    assert f"connect-src ws://127.0.0.1:{source.port};" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers
    assert httpx.get(source.url.replace("127.0.0.1", "localhost")).status_code == 200


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {}, 404),
        ("/favicon.ico", {}, 404),
        ("/{token}", {}, 404),
        ("/{token}/other", {}, 404),
        ("/{token}/?page=1", {}, 404),
        ("/{token}x/", {}, 404),
        ("/{almost}/", {}, 404),
        ("/{token}/frames", {}, 404),
        ("/{token}/", {"Host": "martlive.example"}, 403),
        ("/{token}/", {"Host": "127.0.0.1"}, 403),
        ("/{token}/", {"Host": "127.0.0.1:1"}, 403),
        ("/", {"Host": "martlive.example"}, 403),
    ],
)
def test_other_request_gets_a_number_and_no_word(
    source: BrowserSource, path: str, headers: dict[str, str], status: int
) -> None:
    token = httpx.URL(source.url).path.strip("/")
    asked = path.format(token=token, almost=token[:-1] + ("A" if token[-1] != "A" else "B"))
    answer = httpx.get(f"http://127.0.0.1:{source.port}{asked}", headers=headers)
    assert (answer.status_code, answer.content) == (status, b"")


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "OPTIONS", "CONNECT"])
def test_nothing_can_be_sent_to_it(source: BrowserSource, method: str) -> None:
    answer = httpx.request(method, source.url)
    assert (answer.status_code, answer.content) == (403, b"")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST / HTTP/1.1\r\n\r\nx",
        b"\r\n\r\n",
    ],
    ids=["TLS", "two hosts", "no host", "nothing"],
)
def test_what_is_no_request_learns_nothing(source: BrowserSource, request_bytes: bytes) -> None:
    with socket.create_connection(("127.0.0.1", source.port), WITHIN_S) as raw:
        raw.sendall(request_bytes)
        raw.shutdown(socket.SHUT_WR)
        said = raw.recv(10_000)
    assert said.partition(b"\r\n")[0] in {b"", b"HTTP/1.1 403 Forbidden"}
    assert said.partition(b"\r\n\r\n")[2] == b""


def test_it_listens_on_this_computer_only(source: BrowserSource) -> None:
    assert source._server.socket.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize(
    "origin", [None, "http://127.0.0.1:{port}", "http://localhost:{port}", "null", "file://", "http://absolute"]
)
def test_own_page_and_obs_may_look(source: BrowserSource, looks: Looks, origin: str | None) -> None:
    with viewed(source, origin=origin and origin.format(port=source.port)) as viewer:
        assert viewer.recv(timeout=WITHIN_S) == b""
        looks.until(True)
        assert source.has_viewers


@pytest.mark.parametrize(
    "origin",
    ["https://martlive.example", "http://127.0.0.1", "http://127.0.0.1:1", "https://127.0.0.1:{port}", "file://x", ""],
)
def test_web_site_may_not_look_even_with_the_address(source: BrowserSource, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, viewed(source, origin=origin.format(port=source.port)):
        pass
    assert refused.value.response.status_code == 403
    assert not refused.value.response.body


def test_socket_under_another_name_is_refused(source: BrowserSource) -> None:
    address = f"ws://127.0.0.1:{source.port}/wrong/frames"
    with pytest.raises(InvalidStatus) as refused, connect(address, proxy=None):
        pass
    assert refused.value.response.status_code == 404


def test_ninth_viewer_is_refused(source: BrowserSource) -> None:
    with ExitStack() as stack:
        for _ in range(MOST_VIEWERS):
            stack.enter_context(viewed(source)).recv(timeout=WITHIN_S)
        with pytest.raises(InvalidStatus) as refused, viewed(source):
            pass
        assert refused.value.response.status_code == 403


def test_picture_arrives_and_then_only_what_changes(source: BrowserSource, looks: Looks) -> None:
    with viewed(source) as viewer:
        looks.until(True)
        source.resize(8, 6)
        header, pixels = shown(viewer)
        assert header == (8, 6, 0, 0, 8, 6)
        assert not pixels.any()
        source.publish(RED, 4, 1)
        header, pixels = shown(viewer)
        assert header == (8, 6, 4, 1, 3, 2)
        assert (pixels == RED).all()


def test_late_viewer_gets_the_whole_picture(source: BrowserSource, looks: Looks) -> None:
    with viewed(source) as first:
        looks.until(True)
        source.resize(8, 6)
        source.publish(RED, 5, 4)
        shown(first)
        with viewed(source) as second:
            header, pixels = shown(second)
    assert header == (8, 6, 0, 0, 8, 6)
    assert (pixels[4:6, 5:8] == RED).all()
    assert pixels.any(axis=2).sum() == 6


def test_picture_is_forgotten_with_the_last_viewer(source: BrowserSource, looks: Looks) -> None:
    with viewed(source) as viewer:
        looks.until(True)
        source.resize(8, 6)
        shown(viewer)
    source.resize(8, 6)
    looks.until(False)
    source.publish(RED)
    with viewed(source) as viewer:
        assert viewer.recv(timeout=WITHIN_S) == b""
        source.resize(4, 4)
        assert shown(viewer)[0] == (4, 4, 0, 0, 4, 4)


def test_viewer_hears_that_martlive_is_still_there(source: BrowserSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_source, "STILL_HERE_S", 0.01)
    with viewed(source) as viewer:
        assert [viewer.recv(timeout=WITHIN_S) for _ in range(3)] == [b"", b"", b""]


def test_slow_viewer_holds_nobody_up_and_then_sees_the_newest_picture(source: BrowserSource, looks: Looks) -> None:
    size = 2000
    whole = np.zeros((size, size, 4), np.uint8)
    with viewed(source) as viewer:
        looks.until(True)
        source.resize(size, size)
        began = time.monotonic()
        for shade in range(1, 41):
            whole[:] = shade
            source.publish(whole)
        assert time.monotonic() - began < 2.0
        seen = [shown(viewer)[1][0, 0, 0]]
        while seen[-1] != 40:
            seen.append(shown(viewer)[1][0, 0, 0])
    # One may have been on its way, and what the system keeps of it.
    assert len(seen) < 10


def test_viewer_who_never_reads_does_not_hold_up_the_end(tmp_path: Path, looks: Looks) -> None:
    source = BrowserSource(tmp_path, 0, PAGE, looks)
    path = httpx.URL(source.url).path
    request = (
        f"GET {path}frames HTTP/1.1\r\nHost: 127.0.0.1:{source.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", source.port), WITHIN_S) as raw:
        raw.sendall(request.encode())
        looks.until(True)
        source.resize(2000, 2000)
        for _ in range(5):
            source.publish(np.ones((2000, 2000, 4), np.uint8))
        began = time.monotonic()
        source.close()
        assert time.monotonic() - began < 3.0


def test_talkative_viewer_is_sent_away(source: BrowserSource, looks: Looks) -> None:
    with viewed(source) as viewer:
        looks.until(True)
        viewer.send("x" * 1000)
        with pytest.raises(ConnectionClosed):
            read_all(viewer)


def test_end_lets_viewers_go(tmp_path: Path, looks: Looks) -> None:
    source = BrowserSource(tmp_path, 0, PAGE, looks)
    with viewed(source) as viewer:
        looks.until(True)
        source.close()
        with pytest.raises(ConnectionClosed):
            read_all(viewer)
    looks.until(False)


def test_address_stays_the_same_after_a_restart(tmp_path: Path) -> None:
    with closing(BrowserSource(tmp_path, 0, PAGE)) as source:
        first, port = source.url, source.port
    with closing(BrowserSource(tmp_path, port, PAGE)) as source:
        assert source.url == first


@pytest.mark.parametrize(
    "kept", ["", "short", "../../../../../../../etc/passwd", "ä" * 32], ids=["empty", "short", "path", "other"]
)
def test_damaged_token_is_replaced(tmp_path: Path, kept: str) -> None:
    (tmp_path / "browser-source.token").write_text(kept, encoding="utf-8")
    with closing(BrowserSource(tmp_path, 0, PAGE)) as source:
        token = httpx.URL(source.url).path.strip("/")
    assert browser_source.TOKEN.fullmatch(token)
    assert (tmp_path / "browser-source.token").read_text(encoding="utf-8") == token


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps other users out of the folder itself")
def test_only_the_user_reads_the_address(tmp_path: Path) -> None:
    (tmp_path / "browser-source.token").touch(mode=0o644)
    with closing(BrowserSource(tmp_path, 0, PAGE)) as source:
        files = [tmp_path / "browser-source.token", source.page_file]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]


def test_page_as_a_file_finds_the_pictures(tmp_path: Path) -> None:
    with closing(BrowserSource(tmp_path, 0, PAGE)) as source:
        assert source.page_file.read_text(encoding="utf-8") == httpx.get(source.url).text


def test_taken_port_is_told_in_one_sentence(source: BrowserSource, tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid) as told:
        BrowserSource(tmp_path, source.port, PAGE)
    assert str(told.value) == f"Another program has port {source.port}; choose another one for the browser source."
    assert told.value.field == "stream.browser_port"


def test_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="check that folder"):
        BrowserSource(tmp_path / "file", 0, PAGE)


def test_address_is_never_logged(tmp_path: Path, looks: Looks, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), closing(BrowserSource(tmp_path, 0, PAGE, looks)) as source:
        token = httpx.URL(source.url).path.strip("/")
        with socket.create_connection(("127.0.0.1", source.port), WITHIN_S) as raw:
            raw.sendall(f"GET /{token}/ HTTP/9\r\n\r\n".encode())
            raw.recv(1000)
        logging.getLogger("websockets.client").setLevel(logging.CRITICAL)
        with viewed(source):
            looks.until(True)
    own = [
        record.getMessage() for record in caplog.records if record.name.startswith(("martlive", "websockets.server"))
    ]
    assert [line for line in own if token in line] == []


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (Part(0, 0, 2, 2), Part(5, 5, 6, 7), Part(0, 0, 6, 7)),
        (Part(4, 4, 9, 9), Part(5, 5, 6, 7), Part(4, 4, 9, 9)),
    ],
    ids=["apart", "within"],
)
def test_two_parts_make_one(one: Part, other: Part, both: Part) -> None:
    assert one.united(other) == other.united(one) == both
