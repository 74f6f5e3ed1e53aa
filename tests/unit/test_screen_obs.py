"""Pictures of OBS's program, as a websocket on this computer gives them."""

from __future__ import annotations

import base64
import logging
from contextlib import closing

import cv2
import numpy as np
import pytest

from martlive_desktop.adapters import live_pictures
from martlive_desktop.adapters.clock import SystemClock
from martlive_desktop.adapters.live_pictures import LivePictures
from martlive_desktop.adapters.screen_obs import ObsGrabber
from martlive_desktop.core.errors import ScreenUnavailable
from martlive_desktop.core.events import Status
from tests.fakes.obs import FakeObs

NOT_FOUND = "OBS does not answer; start it and turn on its WebSocket server under Tools."
NOT_LET_IN = "OBS wants its password; OBS shows it under Tools, WebSocket Server Settings, Show Connect Info."
NOT_UNDERSTOOD = "OBS does not let MartLive look; update OBS and check the password of its WebSocket server."
NO_PICTURE = "OBS gives no picture of its program; update OBS, or watch a monitor instead."


def data_url(data: bytes) -> str:
    return f"data:image/jpg;base64,{base64.b64encode(data).decode()}"


def jpeg(blue: int, green: int, red: int) -> bytes:
    pixels = np.full((36, 64, 3), (blue, green, red), np.uint8)
    is_done, data = cv2.imencode(".jpg", pixels)
    assert is_done
    return data.tobytes()


RED = data_url(jpeg(10, 20, 200))


def huge(side_px: int = 65_500) -> bytes:
    """A small file whose head says that it is a picture of `side_px` by `side_px` pixels."""
    data = jpeg(10, 20, 200)
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + side_px.to_bytes(2, "big") * 2 + data[at + 4 :]


@pytest.fixture
def obs() -> FakeObs:
    server = FakeObs(None)
    server.picture = RED
    return server


def grabbed(obs: FakeObs, password: str | None = None, *, is_full: bool = True) -> list[int]:
    """Shape and first pixel of a picture."""
    with closing(ObsGrabber("127.0.0.1", obs.port, password)) as grabber:
        pixels = grabber.grab(is_full=is_full)
    return [*pixels.shape, *map(int, pixels[0, 0])]


@pytest.mark.parametrize("password", [None, "peach"])
def test_program_scene_is_seen(password: str | None) -> None:
    obs = FakeObs(password)
    obs.picture = RED
    with obs.running():
        seen = grabbed(obs, password)
    assert seen == pytest.approx([36, 64, 3, 10, 20, 200], abs=3)
    assert obs.said[:3] == ["identified", "GetCurrentProgramScene", "GetSourceScreenshot"]


@pytest.mark.parametrize(("is_full", "size"), [(True, {}), (False, {"imageWidth": 640})], ids=["read", "measured"])
def test_picture_that_is_only_measured_is_asked_for_small(obs: FakeObs, is_full: bool, size: dict[str, int]) -> None:
    with obs.running():
        grabbed(obs, is_full=is_full)
    assert obs.wishes == [{"sourceName": "Live", "imageFormat": "jpg", "imageCompressionQuality": 90, **size}]


def test_another_scene_is_seen_in_the_next_picture(obs: FakeObs) -> None:
    with obs.running(), closing(ObsGrabber("127.0.0.1", obs.port, None)) as grabber:
        grabber.grab(is_full=False)
        obs.scene = "Break"
        grabber.grab(is_full=False)
    assert [wish["sourceName"] for wish in obs.wishes] == ["Live", "Break"]


def test_obs_that_refuses_is_one_sentence(obs: FakeObs) -> None:
    obs.is_willing = False
    with obs.running(), pytest.raises(ScreenUnavailable) as caught:
        grabbed(obs)
    assert str(caught.value) == NOT_UNDERSTOOD


@pytest.mark.parametrize(
    "picture",
    [
        None,
        7,
        "",
        "data:image/jpg;base64,",
        "data:image/jpg;base64,abc",
        "data:image/jpg;base64,ü§$%",
        data_url(b"no picture at all"),
        data_url(jpeg(1, 2, 3)[:20]),
        data_url(huge()),
        data_url(huge(9_000)),
    ],
    ids=[
        "none",
        "number",
        "empty",
        "no data",
        "cut off",
        "other letters",
        "no JPEG",
        "its head",
        "too large",
        "a bomb",
    ],
)
def test_answer_without_a_picture_is_one_sentence(obs: FakeObs, picture: object) -> None:
    obs.picture = picture
    with obs.running(), pytest.raises(ScreenUnavailable) as caught:
        grabbed(obs)
    assert str(caught.value) == NO_PICTURE


def test_something_else_on_the_port_is_one_sentence(obs: FakeObs) -> None:
    obs.hello = "220 mail.example.com"
    with obs.running(), pytest.raises(ScreenUnavailable) as caught:
        grabbed(obs)
    assert str(caught.value) == NOT_UNDERSTOOD


@pytest.mark.parametrize("password", [None, "plum"], ids=["none", "another"])
def test_wrong_password_is_one_sentence_and_never_in_the_log(
    caplog: pytest.LogCaptureFixture, password: str | None
) -> None:
    caplog.set_level(logging.DEBUG)
    obs = FakeObs("peach")
    with obs.running(), pytest.raises(ScreenUnavailable) as caught:
        grabbed(obs, password)
    assert str(caught.value) == NOT_LET_IN
    assert "plum" not in caplog.text


def test_computer_without_obs_is_one_sentence(obs: FakeObs) -> None:
    with obs.running():
        pass
    with pytest.raises(ScreenUnavailable) as caught:
        grabbed(obs)
    assert str(caught.value) == NOT_FOUND


def test_obs_that_goes_during_the_show_is_one_line_and_is_found_again(
    obs: FakeObs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_pictures, "FAST_MS", 10)
    monkeypatch.setattr(live_pictures, "SLOW_MS", 10)
    monkeypatch.setattr(live_pictures, "RETRY_MS", (10,))
    pictures = LivePictures(lambda: ObsGrabber("127.0.0.1", obs.port, None), SystemClock())
    items = pictures.read()
    with obs.running():
        told = [next(items), next(items)]
    while not isinstance(item := next(items), Status):
        continue
    with obs.running():
        told += [item, next(items), next(items)]
        pictures.close()
        assert list(items) == []
    assert [(item.state, item.detail) for item in told if isinstance(item, Status)] == [
        ("watching", "OBS"),
        ("lost", NOT_FOUND),
        ("watching", "OBS"),
    ]
