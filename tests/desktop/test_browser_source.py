"""A real browser shows the stream window as it is, lets go of it when MartLive is gone, and finds it again."""

from __future__ import annotations

import json
import os
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEventLoop
from PySide6.QtGui import QColor, QImage, QPainter
from typing_extensions import override

from martlive_desktop.adapters.browser_source import BrowserSource
from martlive_desktop.adapters.resource_files import resource_path
from martlive_desktop.desktop_browser import BrowserDesk
from martlive_desktop.ui.stream_state import (
    ChatQuestion,
    Countdown,
    Giveaway,
    ProductCard,
    StreamState,
    put_countdown,
    switch_card,
)
from martlive_desktop.ui.theme import Look, load_look
from tests.desktop.chromium import ANSWER_WITHIN_S, Page, page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from pytestqt.qtbot import QtBot

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(120),
    pytest.mark.qt_log_ignore("does not support (raise|lower|setting window opacity|propagateSizeHints)"),
]

WIDTH, HEIGHT = 1920, 1080
BEHIND = (48, 96, 160)
"""What lies behind the page, as red, green and blue."""

STATE = StreamState(
    ProductCard("Dew serum", 14.99),
    ChatQuestion("Rosa", "Does it work on dry skin?"),
    ("it takes two drops",),
    Countdown("Flash price", 0, 0),
    Giveaway("A full set", "Write DEW in the chat"),
)
HTML = (resource_path("browser") / "index.html").read_bytes()


class Watched(Page):
    """A page that also notes what it complains about and what it asks for."""

    def __init__(self, found: Page) -> None:
        super().__init__(found._socket)
        self.complaints: list[str] = []
        self.asked: list[str] = []
        for part in ("Runtime", "Log", "Network", "Page"):
            self.ask(f"{part}.enable")

    @override
    def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while (message := json.loads(self._socket.recv(timeout=ANSWER_WITHIN_S))).get("id") != self._number:
            self._note(message["method"], message["params"])
        assert "error" not in message, message
        result: dict[str, Any] = message["result"]
        return result

    def _note(self, method: str, said: dict[str, Any]) -> None:
        if method in {"Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"}:
            self.complaints.append(json.dumps(said))
        elif method == "Network.requestWillBeSent":
            self.asked.append(said["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.asked.append(said["url"])

    def go(self, address: str) -> None:
        self.ask("Page.navigate", url=address)
        while not self.run(f"location.href === {address!r} && document.readyState === 'complete'"):
            continue

    @property
    def refusals(self) -> int:
        """How often nobody was where the page looked for MartLive."""
        self.run("0")
        return sum("ERR_CONNECTION_REFUSED" in one for one in self.complaints)

    @property
    def alpha(self) -> int:
        """Of all pixels of a small copy together; 0: nothing is shown."""
        return int(
            self.run(
                """(picture => {
                    const small = new OffscreenCanvas(96, 54).getContext("2d");
                    small.drawImage(picture, 0, 0, 96, 54);
                    return small.getImageData(0, 0, 96, 54).data.reduce((sum, v, i) => i % 4 < 3 ? sum : sum + v, 0);
                })(document.querySelector("canvas"))"""
            )
        )


@pytest.fixture(scope="module")
def chromium() -> Iterator[Watched]:
    with page("<p>", WIDTH, HEIGHT) as found:
        yield Watched(found)


@pytest.fixture
def browser(chromium: Watched) -> Watched:
    chromium.go("about:blank")
    chromium.complaints.clear()
    chromium.asked.clear()
    return chromium


@pytest.fixture
def look(qapp: object) -> Look:
    return load_look(resource_path(""), is_motion_reduced=True)


@pytest.fixture
def desk(qtbot: QtBot, look: Look, tmp_path: Path) -> Iterator[BrowserDesk]:
    with closing(BrowserDesk(look, "landscape", tmp_path, 0, HTML)) as desk:
        yield desk


def until(is_so: Callable[[], bool], within_s: float = 10.0) -> float:
    """Let Qt work until `is_so`; how many seconds that took."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < within_s
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
    return time.monotonic() - began


def expected(desk: BrowserDesk) -> NDArray[np.uint8]:
    """The window over the background, BGR."""
    picture = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    picture.fill(QColor(*BEHIND))
    painter = QPainter(picture)
    painter.drawImage(0, 0, desk.window.grab().toImage())
    painter.end()
    return np.array(picture.constBits(), np.uint8).reshape(HEIGHT, WIDTH, 4)[:, :, :3]


def difference(browser: Watched, desk: BrowserDesk) -> int:
    return int(np.abs(browser.picture().astype(int) - expected(desk)).max())


def test_page_is_the_stream_window_over_whatever_lies_behind(browser: Watched, desk: BrowserDesk) -> None:
    desk.window.render_state(STATE)
    browser.go(desk.url)
    browser.run(f"document.body.style.background = 'rgb{BEHIND}'")
    # Colours that are half transparent are rounded twice.
    until(lambda: difference(browser, desk) <= 2)
    assert (browser.picture() != np.array(BEHIND[::-1])).any(axis=2).mean() > 0.1
    assert browser.complaints == []
    assert browser.asked == [desk.url, f"{desk.url.replace('http', 'ws')}frames"]


@pytest.mark.parametrize("size", ["portrait", "bar"])
def test_other_size_fits_into_the_source(browser: Watched, desk: BrowserDesk, size: Any) -> None:
    desk.window.render_state(STATE)
    browser.go(desk.url)
    until(lambda: browser.alpha > 0)
    desk.window.set_size(size)
    sides = [desk.window.picture_size.width(), desk.window.picture_size.height()]
    until(lambda: bool(browser.run("(c => [c.width, c.height])(document.querySelector('canvas'))") == sides))
    assert browser.run("[innerWidth, document.documentElement.scrollWidth]") == [WIDTH, WIDTH]
    browser.run(f"document.body.style.background = 'rgb{BEHIND}'")
    shown = (browser.picture() != np.array(BEHIND[::-1])).any(axis=2)
    scale = min(WIDTH / sides[0], HEIGHT / sides[1])
    columns = np.flatnonzero(shown.any(axis=0))
    assert columns[0] >= (WIDTH - sides[0] * scale) / 2 - 1
    assert columns[-1] <= (WIDTH + sides[0] * scale) / 2 + 1


def test_change_is_seen_within_300_ms(browser: Watched, desk: BrowserDesk) -> None:
    browser.go(desk.url)
    until(desk.window.isVisible)
    desk.window.render_state(STATE)
    until(lambda: browser.alpha > 0)
    browser.run(
        """
        window.changedAt = 0;
        const seen = () => document.querySelector("canvas").getContext("2d").getImageData(100, 780, 1, 1).data[3];
        (function look() { if (seen()) requestAnimationFrame(look); else changedAt = Date.now(); })();
        """
    )
    now_ms = browser.run("Date.now()")
    desk.window.render_state(switch_card(STATE, "product", is_shown=False))
    until(lambda: browser.run("window.changedAt") > 0)
    assert browser.run("window.changedAt") - now_ms <= 300


def test_countdown_runs_on_the_page(browser: Watched, desk: BrowserDesk) -> None:
    browser.go(desk.url)
    until(desk.window.isVisible)
    desk.window.render_state(put_countdown(StreamState(), "Sale ends in", 60_000))
    until(lambda: browser.alpha > 0)
    before = browser.picture()
    until(lambda: bool((browser.picture() != before).any()), 3.0)


def test_nothing_is_painted_while_nobody_looks(browser: Watched, desk: BrowserDesk) -> None:
    assert not desk.window.geometry().intersects(desk.window.screen().virtualGeometry())
    painted: list[object] = []
    desk.window.painted.connect(painted.append)
    desk.window.render_state(STATE)
    until(lambda: True)
    assert not desk.window.isVisible()
    browser.go(desk.url)
    until(lambda: browser.alpha > 0)
    browser.go("about:blank")
    until(lambda: not desk.window.isVisible())
    painted.clear()
    desk.window.render_state(switch_card(STATE, "product", is_shown=False))
    QCoreApplication.processEvents()
    assert painted == []
    browser.go(desk.url)
    browser.run(f"document.body.style.background = 'rgb{BEHIND}'")
    until(lambda: difference(browser, desk) <= 2)


def test_picture_goes_with_martlive_and_comes_back_within_5_s(
    browser: Watched, look: Look, tmp_path: Path, qtbot: QtBot
) -> None:
    with closing(BrowserDesk(look, "landscape", tmp_path, 0, HTML)) as desk:
        desk.window.render_state(STATE)
        browser.go(desk.url)
        until(lambda: browser.alpha > 0)
        port = int(desk.url.split(":")[2].split("/")[0])
    until(lambda: browser.alpha == 0, 2.0)
    # As long as the longest wait between two tries.
    until(lambda: browser.refusals >= 4)
    with closing(BrowserDesk(look, "landscape", tmp_path, port, HTML)) as desk:
        desk.window.render_state(STATE)
        assert until(lambda: browser.alpha > 0) <= 5.0


def test_page_that_hears_nothing_takes_the_picture_away(
    browser: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("martlive_desktop.adapters.browser_source.STILL_HERE_S", 60.0)
    hasty = HTML.replace(b"SILENCE_MS = 6000", b"SILENCE_MS = 1500")
    assert hasty != HTML
    with closing(BrowserSource(tmp_path, 0, hasty)) as source:
        browser.go(source.url)
        until(lambda: source.has_viewers)
        source.resize(8, 6)
        source.publish(np.full((6, 8, 4), 255, np.uint8))
        until(lambda: browser.alpha > 0)
        until(lambda: browser.alpha == 0, 4.0)


def test_page_that_is_a_file_shows_the_picture_when_martlive_comes_later(
    browser: Watched, look: Look, tmp_path: Path, qtbot: QtBot
) -> None:
    with closing(BrowserDesk(look, "landscape", tmp_path, 0, HTML)) as desk:
        port = int(desk.url.split(":")[2].split("/")[0])
        file = desk.page_file
    browser.go(file.as_uri())
    until(lambda: browser.refusals > 0)
    with closing(BrowserDesk(look, "landscape", tmp_path, port, HTML)) as desk:
        desk.window.render_state(STATE)
        assert until(lambda: browser.alpha > 0) <= 5.0
