"""The source that shows the stream window, as a websocket on this computer answers."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from martlive_desktop.adapters import obs_source
from martlive_desktop.adapters.obs import connected, picture_in
from martlive_desktop.adapters.obs_source import (
    DIFFERENT,
    EMPTY,
    NAME_TAKEN,
    NO_BROWSER,
    NO_KIND,
    NO_WINDOW,
    SHOWN,
    SourceResult,
    create_browser_source,
    create_window_source,
    repoint,
)
from tests.fakes.obs import FakeInput, FakeObs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from martlive_desktop.adapters.obs import ObsConnection

X11_WINDOW = "8388615\r\nMartLive Overlay\r\nmartlive"
WINDOWS_WINDOW = "MartLive Overlay:Qt6110QWindowIcon:martlive.exe"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obs_source, "CHECK_EVERY_S", 0.01)
    monkeypatch.setattr(obs_source, "CHECK_WITHIN_S", 0.05)


def card(alpha: int = 232, height: int = 36) -> NDArray[np.uint8]:
    """A window with one card on it, BGRA."""
    pixels = np.zeros((height, 64, 4), np.uint8)
    pixels[10:20, 8:40] = (40, 60, 200, alpha)
    return pixels


def png(pixels: NDArray[np.uint8]) -> str:
    is_done, data = cv2.imencode(".png", pixels)
    assert is_done
    return f"data:image/png;base64,{base64.b64encode(data.tobytes()).decode()}"


@pytest.fixture
def server() -> FakeObs:
    obs = FakeObs(None)
    obs.windows["capture_window"] = [
        {"itemName": "Editor", "itemValue": "1\r\nEditor\r\nvi", "itemEnabled": True},
        {"itemName": "MartLive Overlay", "itemValue": X11_WINDOW, "itemEnabled": True},
    ]
    obs.picture = png(card())
    obs.inputs["background"] = FakeInput("color_source")
    obs.items = ["background"]
    return obs


def done(server: FakeObs, work: Callable[[ObsConnection], SourceResult]) -> SourceResult:
    with server.running(), connected("127.0.0.1", server.port, answer_within_s=10.0) as connection:
        return work(connection)


def created(server: FakeObs, expected: NDArray[np.uint8] | None = None) -> SourceResult:
    pixels = card() if expected is None else expected
    return done(server, lambda connection: create_window_source(connection, lambda: pixels))


def test_one_click_puts_the_window_on_top_and_checks_it(server: FakeObs) -> None:
    result = created(server)
    assert (result.is_verified, result.sentence, result.source, result.scene) == (
        True,
        "OBS shows it in the scene “Live”.",
        "MartLive",
        "Live",
    )
    assert 0 <= result.took_ms < 10_000
    assert server.items == ["background", "MartLive"]
    assert server.inputs["MartLive"].kind == "xcomposite_input"
    assert server.inputs["MartLive"].settings == {
        "show_cursor": False,
        "exclude_alpha": False,
        "capture_window": X11_WINDOW,
    }
    changes = dict(server.changes)
    assert changes["SetSceneItemIndex"] == {"sceneName": "Live", "sceneItemId": 1, "sceneItemIndex": 1}
    assert changes["SetSceneItemTransform"]["sceneItemTransform"] == {
        "positionX": 0.0,
        "positionY": 0.0,
        "alignment": 5,
        "boundsType": "OBS_BOUNDS_MAX_ONLY",
        "boundsAlignment": 8,
        "boundsWidth": 1920,
        "boundsHeight": 1080,
    }


def test_second_click_makes_no_second_source_and_moves_nothing(server: FakeObs) -> None:
    created(server)
    server.changes.clear()
    server.inputs["MartLive"].settings["capture_window"] = "7\r\nMartLive Overlay\r\nmartlive"
    assert created(server).is_verified
    assert server.items == ["background", "MartLive"]
    assert server.inputs["MartLive"].settings["capture_window"] == X11_WINDOW
    assert [request for request, _ in server.changes] == ["SetInputSettings", "SetSceneItemEnabled", "SetInputSettings"]


def test_source_of_another_scene_is_put_into_this_one_too(server: FakeObs) -> None:
    server.inputs["MartLive"] = FakeInput("xcomposite_input")
    assert created(server).is_verified
    assert server.items == ["background", "MartLive"]
    assert "CreateInput" not in dict(server.changes)


def test_scene_may_be_chosen(server: FakeObs) -> None:
    result = done(server, lambda connection: create_window_source(connection, card, scene="Break"))
    assert result.scene == "Break"
    assert dict(server.changes)["CreateInput"]["sceneName"] == "Break"


@pytest.mark.parametrize(
    ("kinds", "kind", "window", "settings"),
    [
        (
            ["window_capture", "monitor_capture"],
            "window_capture",
            {"itemName": "[martlive.exe]: MartLive Overlay", "itemValue": WINDOWS_WINDOW, "itemEnabled": True},
            {"method": 2, "priority": 2, "cursor": False, "client_area": True, "window": WINDOWS_WINDOW},
        ),
        (
            ["window_capture", "screen_capture"],
            "screen_capture",
            {"itemName": "[MartLive] MartLive Overlay", "itemValue": 4711, "itemEnabled": True},
            {"type": 1, "show_cursor": False, "window": 4711},
        ),
    ],
    ids=["Windows", "macOS"],
)
def test_each_system_has_its_own_kind(
    server: FakeObs, kinds: list[str], kind: str, window: dict[str, object], settings: dict[str, object]
) -> None:
    server.kinds = kinds
    server.windows = {"window": [window]}
    assert created(server).is_verified
    assert (server.inputs["MartLive"].kind, server.inputs["MartLive"].settings) == (kind, settings)


def test_window_that_windows_remembers_but_has_not_is_not_taken(server: FakeObs) -> None:
    server.windows["capture_window"][1]["itemEnabled"] = False
    assert created(server).sentence == NO_WINDOW


@pytest.mark.parametrize("kinds", [7, None, "xcomposite_input"])
def test_obs_that_says_nothing_of_its_kinds_captures_no_windows(server: FakeObs, kinds: object) -> None:
    server.kinds = kinds  # type: ignore[assignment]
    assert created(server).sentence == NO_KIND


def test_obs_that_captures_no_windows_is_told(server: FakeObs) -> None:
    server.kinds = ["pipewire-desktop-capture-source"]
    result = created(server)
    assert (result.is_verified, result.sentence) == (False, NO_KIND)
    assert server.changes == []


def test_window_that_is_not_open_leaves_nothing_behind(server: FakeObs) -> None:
    del server.windows["capture_window"][1]
    result = created(server)
    assert (result.is_verified, result.sentence) == (False, NO_WINDOW)
    assert server.items == ["background"]


def test_window_that_is_not_open_leaves_the_source_that_was_there(server: FakeObs) -> None:
    created(server)
    del server.windows["capture_window"][1]
    assert created(server).sentence == NO_WINDOW
    assert server.items == ["background", "MartLive"]


@pytest.mark.parametrize("is_scene", [True, False], ids=["a scene", "another source"])
def test_name_that_is_taken_is_told(server: FakeObs, is_scene: bool) -> None:
    if is_scene:
        server.scene = "MartLive"
    else:
        server.inputs["MartLive"] = FakeInput("text_ft2_source")
    result = created(server)
    assert (result.is_verified, result.sentence) == (False, NAME_TAKEN.format(name="MartLive"))


@pytest.mark.parametrize(
    ("seen", "expected", "sentence"),
    [
        (card(231), card(232), SHOWN),
        (card(0), card(232), DIFFERENT),
        (np.zeros((36, 64, 4), np.uint8), card(), DIFFERENT),
        (card(height=40), card(), DIFFERENT),
        (np.full((36, 64, 4), 255, np.uint8), card(), DIFFERENT),
        (np.zeros((36, 64, 4), np.uint8), np.zeros((36, 64, 4), np.uint8), EMPTY),
        (np.zeros((36, 64, 3), np.uint8), card(), DIFFERENT),
    ],
    ids=["rounded", "no alpha", "nothing", "another size", "opaque", "no card", "without alpha"],
)
def test_picture_decides(server: FakeObs, seen: NDArray[np.uint8], expected: NDArray[np.uint8], sentence: str) -> None:
    server.picture = png(seen)
    result = created(server, expected)
    assert result.is_verified == (sentence == SHOWN)
    assert result.sentence == sentence.format(scene="Live", name="MartLive")


def bomb() -> str:
    """A small picture of 9,000 by 9,000 pixels."""
    is_done, data = cv2.imencode(".png", np.zeros((9_000, 9_000), np.uint8), [cv2.IMWRITE_PNG_BILEVEL, 1])
    assert is_done
    return f"data:image/png;base64,{base64.b64encode(data.tobytes()).decode()}"


def test_picture_larger_than_any_canvas_is_not_decoded() -> None:
    url = bomb()
    assert len(url) < 100_000
    assert picture_in(url, cv2.IMREAD_UNCHANGED) is None


@pytest.mark.parametrize("picture", [None, "", "data:image/png;base64,", "data:image/png;base64,abc", "data:,ü"])
def test_answer_without_a_picture_is_no_proof(server: FakeObs, picture: object) -> None:
    server.picture = picture
    assert created(server).sentence == DIFFERENT.format(scene="Live", name="MartLive")


def test_picture_that_comes_late_is_waited_for(server: FakeObs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obs_source, "CHECK_WITHIN_S", 10.0)
    server.picture = png(card(0))

    def look() -> NDArray[np.uint8]:
        server.picture = png(card())
        return card()

    result = done(server, lambda connection: create_window_source(connection, look))
    assert result.is_verified
    assert len(server.wishes) == 2
    assert server.wishes[0] == {"sourceName": "MartLive", "imageFormat": "png"}


def test_source_is_pointed_at_a_window_that_is_another_now(server: FakeObs) -> None:
    created(server)
    server.windows["capture_window"][1]["itemValue"] = "99\r\nMartLive Overlay\r\nmartlive"
    with server.running(), connected("127.0.0.1", server.port) as connection:
        assert repoint(connection)
        assert not repoint(connection, name="none")
    assert server.inputs["MartLive"].settings["capture_window"] == "99\r\nMartLive Overlay\r\nmartlive"


def page(server: FakeObs) -> SourceResult:
    return done(server, lambda connection: create_browser_source(connection, "http://127.0.0.1:4480/x", 1920, 1080))


def test_page_is_put_on_top_and_checked(server: FakeObs) -> None:
    server.kinds.append("browser_source")
    result = page(server)
    assert (result.is_verified, result.source) == (True, "MartLive page")
    assert server.items == ["background", "MartLive page"]
    assert server.inputs["MartLive page"].settings == {
        "url": "http://127.0.0.1:4480/x",
        "width": 1920,
        "height": 1080,
    }


def test_page_without_a_card_is_told(server: FakeObs) -> None:
    server.kinds.append("browser_source")
    server.picture = png(np.zeros((36, 64, 4), np.uint8))
    result = page(server)
    assert (result.is_verified, result.sentence) == (False, EMPTY.format(scene="Live"))


def test_obs_without_a_browser_is_told(server: FakeObs) -> None:
    result = page(server)
    assert (result.is_verified, result.sentence) == (False, NO_BROWSER)


def test_page_whose_name_is_taken_is_told(server: FakeObs) -> None:
    server.kinds.append("browser_source")
    server.inputs["MartLive page"] = FakeInput("color_source")
    assert page(server).sentence == NAME_TAKEN.format(name="MartLive page")
