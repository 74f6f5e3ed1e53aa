"""Pictures from the network: what is too large, damaged or of another kind is refused before it costs anything."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cloud_api.coach.pictures import decode
from cloud_api.errors import Refusal
from martlive_desktop.core.frames import FrameKind


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **how: Any) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (200, 30, 10)).save(file, kind, **how)
    return file.getvalue()


def reason(kind: FrameKind, payload: bytes) -> str:
    try:
        decode(kind, payload)
    except Refusal as exc:
        return exc.name
    return ""


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
@pytest.mark.parametrize("how", [{}, {"lossless": True}], ids=["usual", "lossless"])
def test_picture_is_decoded_to_bgr(kind: str, how: dict[str, Any]) -> None:
    pixels = decode(FrameKind[kind], picture(kind, **how))
    assert pixels.shape == (48, 64, 3)
    assert abs(pixels[20, 20].astype(int) - (10, 30, 200)).max() < 12


def test_webp_with_alpha_and_its_own_canvas_is_decoded() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (640, 360), (0, 0, 0, 128)).save(file, "WEBP")
    assert decode(FrameKind.WEBP, file.getvalue()).shape == (360, 640, 3)


@pytest.mark.parametrize(
    ("kind", "payload", "name"),
    [
        pytest.param(FrameKind.JPEG, picture("PNG"), "codec-unsupported", id="png as jpeg"),
        pytest.param(FrameKind.JPEG, picture("WEBP"), "codec-unsupported", id="webp as jpeg"),
        pytest.param(FrameKind.WEBP, picture("JPEG"), "codec-unsupported", id="jpeg as webp"),
        pytest.param(FrameKind.JPEG, b"GIF89a" + bytes(60), "codec-unsupported", id="gif"),
        pytest.param(FrameKind.JPEG, picture()[:200], "bad-frame", id="cut jpeg header"),
        pytest.param(FrameKind.JPEG, picture(size=(640, 480))[:-400], "bad-frame", id="cut jpeg"),
        pytest.param(FrameKind.WEBP, picture("WEBP")[:28], "bad-frame", id="cut webp header"),
        pytest.param(FrameKind.WEBP, picture("WEBP", size=(640, 480))[:60], "bad-frame", id="cut webp"),
        pytest.param(FrameKind.JPEG, picture(size=(641, 10)), "too-large", id="wide"),
        pytest.param(FrameKind.WEBP, picture("WEBP", size=(641, 10)), "too-large", id="wide webp"),
        pytest.param(FrameKind.JPEG, picture(size=(640, 3126)), "too-large", id="two megapixels"),
        pytest.param(FrameKind.JPEG, picture(size=(30_000, 30_000)), "too-large", id="bomb"),
        pytest.param(FrameKind.WEBP, picture("WEBP", size=(16_383, 16_383)), "too-large", id="webp bomb"),
    ],
)
def test_what_is_no_such_picture_is_refused(kind: FrameKind, payload: bytes, name: str) -> None:
    assert reason(kind, payload) == name


def test_moving_webp_is_refused() -> None:
    file = io.BytesIO()
    frames = [Image.new("RGB", (64, 48), (level, 0, 0)) for level in (0, 120, 240)]
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:])
    assert reason(FrameKind.WEBP, file.getvalue()) == "codec-unsupported"


def test_webp_that_claims_a_small_canvas_for_a_large_picture_is_refused() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (2_000, 1_000), (0, 0, 0, 128)).save(file, "WEBP")
    data = bytearray(file.getvalue())
    data[24:30] = (63).to_bytes(3, "little") + (47).to_bytes(3, "little")
    assert reason(FrameKind.WEBP, bytes(data)) in {"bad-frame", "too-large"}


def test_jpeg_with_very_many_scans_is_refused_before_it_is_decoded() -> None:
    data = picture(size=(640, 480), progressive=True)
    assert reason(FrameKind.JPEG, data) == ""
    scan = data[data.index(b"\xff\xda") : -2]
    assert reason(FrameKind.JPEG, data[:-2] + scan * 500 + data[-2:]) == "too-large"


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["JPEG", "WEBP"]), st.randoms(use_true_random=False), st.integers(1, 30))
def test_damage_anywhere_is_refused_or_harmless(kind: str, chance: random.Random, bytes_changed: int) -> None:
    data = bytearray(picture(kind, (120, 90)))
    for _ in range(bytes_changed):
        data[chance.randrange(len(data))] = chance.randrange(256)
    assert reason(FrameKind[kind], bytes(data)) in {"", "bad-frame", "too-large", "codec-unsupported"}
