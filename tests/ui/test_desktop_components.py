"""The libraries for the graphics card in the settings window: offered where a card is, fetched, stopped and removed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QLabel, QPushButton

from martlive_desktop import components, desktop_components
from martlive_desktop.adapters.component_store import ComponentStore, Source
from martlive_desktop.desktop_components import ComponentsDesk
from martlive_desktop.settings import Settings
from martlive_desktop.ui.settings_controls import Offer
from martlive_desktop.ui.settings_window import SettingsWindow
from tests.fakes.archives import NOTICE, WHEEL, Mirror, catalogue, entry, mirror, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from martlive_desktop.ui.theme import Look

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.qt_log_ignore("does not support (raise|lower|setting window opacity|propagateSizeHints)"),
]

GOOD = wheel({"made/lib/libone.so.1": b"one" * 100_000, NOTICE: b"free"})
FETCH = Offer(
    "Accept the licence and fetch", "0 MB to fetch, 1 MB on the disk, under the MIT: https://example.com/licence"
)
HERE = Offer("Remove", "It is here, 1 MB; your next show uses it.")
LABEL = "Speech on your graphics card"


@pytest.fixture
def served() -> Iterator[Mirror]:
    with mirror({WHEEL: GOOD}) as at:
        yield at


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ComponentStore:
    path = catalogue(tmp_path / "components.toml", entry({WHEEL: GOOD}))
    store = ComponentStore(tmp_path / "components", path, platform="linux-x86_64")
    monkeypatch.setattr(components, "component_store", lambda: store)
    monkeypatch.setattr(desktop_components, "component_store", lambda: store)
    monkeypatch.setattr(components, "has_card", lambda _need: True)
    return store


class Told:
    """What a desk tells."""

    def __init__(self, desk: ComponentsDesk) -> None:
        self.offers: list[Offer | None] = []
        self.said: list[str] = []
        desk.offer_changed.connect(self.offers.append)
        desk.said.connect(self.said.append)


@pytest.fixture
def desk(store: ComponentStore, served: Mirror) -> Iterator[ComponentsDesk]:
    desk = ComponentsDesk(lambda: Source(mirror=served.url))
    yield desk
    desk.close()


def wait(qtbot: QtBot, told: Told, offer: Offer | None) -> None:
    qtbot.waitUntil(lambda: bool(told.offers) and told.offers[-1] == offer, timeout=10_000)


def test_component_is_offered_fetched_and_removed(qtbot: QtBot, desk: ComponentsDesk, store: ComponentStore) -> None:
    told = Told(desk)
    desk.look()
    wait(qtbot, told, FETCH)
    desk.press()
    wait(qtbot, told, HERE)
    assert told.offers[1] == Offer("Stop", "Fetching: 0 %")
    assert store.libraries("speech") is not None
    desk.press()
    wait(qtbot, told, FETCH)
    assert store.libraries("speech") is None
    assert told.said == []


def test_computer_without_a_card_has_no_offer_until_the_component_is_there(
    qtbot: QtBot, desk: ComponentsDesk, store: ComponentStore, served: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(components, "has_card", lambda _need: False)
    told = Told(desk)
    desk.look()
    wait(qtbot, told, None)
    desk.press()
    assert served.asked == []
    store.fetch("made-up", Source(mirror=served.url), lambda *_: None)
    desk.look()
    wait(qtbot, told, HERE)


def test_fetch_that_is_stopped_offers_itself_again_without_a_word(
    qtbot: QtBot, desk: ComponentsDesk, store: ComponentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()
    fetch = store.fetch

    def slow(name: str, source: Source, progress: Callable[[int, int], None], *, stop: threading.Event) -> Path:
        begun.set()
        stop.wait(30)
        return fetch(name, source, progress, stop=stop)

    monkeypatch.setattr(store, "fetch", slow)
    told = Told(desk)
    desk.look()
    wait(qtbot, told, FETCH)
    desk.press()
    assert begun.wait(10)
    desk.press()
    wait(qtbot, told, FETCH)
    assert told.said == []
    assert store.libraries("speech") is None


def test_fetch_that_fails_says_why_and_offers_itself_again(qtbot: QtBot, desk: ComponentsDesk, served: Mirror) -> None:
    served.files.clear()
    told = Told(desk)
    desk.look()
    wait(qtbot, told, FETCH)
    desk.press()
    qtbot.waitUntil(lambda: bool(told.said), timeout=10_000)
    assert told.said == ["The server does not give made-up (status 404); try again later."]
    wait(qtbot, told, FETCH)


def test_component_that_is_damaged_can_be_fetched_again(
    qtbot: QtBot, desk: ComponentsDesk, store: ComponentStore, served: Mirror
) -> None:
    folder = store.fetch("made-up", Source(mirror=served.url), lambda *_: None)
    (folder / "lib" / "libone.so.1").write_bytes(b"")
    told = Told(desk)
    desk.look()
    wait(qtbot, told, Offer(FETCH.button, f"It is damaged and not used. {FETCH.sentence}"))
    desk.press()
    wait(qtbot, told, HERE)


def test_end_of_the_program_does_not_wait_for_a_fetch(
    qtbot: QtBot, store: ComponentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def endless(_name: str, _source: Source, _progress: object, *, stop: threading.Event) -> None:
        begun.set()
        assert stop.wait(30)

    monkeypatch.setattr(store, "fetch", endless)
    desk = ComponentsDesk(Source)
    told = Told(desk)
    desk.look()
    wait(qtbot, told, FETCH)
    desk.press()
    assert begun.wait(10)
    desk.close()


@pytest.fixture
def window(qtbot: QtBot, look: Look) -> SettingsWindow:
    window = SettingsWindow(look, Settings())
    qtbot.addWidget(window)
    window.show()
    window.turn_to("recogniser.device")
    return window


def buttons(window: SettingsWindow) -> list[str]:
    return [
        one.accessibleName()
        for one in window.findChildren(QPushButton)
        if one.isVisible() and one.accessibleName().startswith(f"{LABEL}: ")
    ]


def test_row_is_there_only_while_the_component_is_of_use(qtbot: QtBot, window: SettingsWindow) -> None:
    assert buttons(window) == []
    window.show_component(FETCH)
    assert buttons(window) == [f"{LABEL}: Accept the licence and fetch"]
    assert FETCH.sentence in [one.text() for one in window.findChildren(QLabel) if one.isVisible()]
    window.show_component(Offer("Stop", "Fetching: 41 %"))
    assert buttons(window) == [f"{LABEL}: Stop"]
    window.show_component(None)
    assert buttons(window) == []


def test_search_finds_the_row_only_while_the_component_is_of_use(qtbot: QtBot, window: SettingsWindow) -> None:
    window._search.setText("your graphics card can recognise")
    assert window._summary.text().startswith("Nothing here is called")
    window._search.clear()
    window.show_component(FETCH)
    window._search.setText("your graphics card can recognise")
    assert window._summary.text() == "One setting"
    assert buttons(window) == [f"{LABEL}: Accept the licence and fetch"]


def test_button_asks_for_what_it_says(qtbot: QtBot, window: SettingsWindow) -> None:
    window.show_component(FETCH)
    window.turn_to("@component.speech")
    [button] = [one for one in window.findChildren(QPushButton) if one.text() == FETCH.button and one.isVisible()]
    with qtbot.waitSignal(window.component_pressed, timeout=1000):
        button.click()
