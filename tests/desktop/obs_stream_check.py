"""In a real OBS: the stream window is listed, captured with exact alpha, and never shows what only the streamer may see."""

import base64
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from martlive_desktop.adapters.obs import ObsConnection, connected
from martlive_desktop.core.errors import ObsUnavailable

SWITCHES = 100
URGENT_BGR = ((0x4F, 0x5A, 0xFF), (0x1C, 0x26, 0xC4), (0x70, 0x7A, 0xFF))
"""Of the sign of an urgent tip, in each theme."""
WITHIN_S = 20.0


def screenshot(obs: ObsConnection) -> NDArray[np.uint8]:
    """What OBS has of the window, BGRA."""
    data = obs.ask("GetSourceScreenshot", sourceName="window", imageFormat="png")["imageData"]
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(data.partition(",")[2]), np.uint8), cv2.IMREAD_UNCHANGED)
    return np.asarray(pixels, np.uint8)


def has_cards(pixels: NDArray[np.uint8]) -> bool:
    return bool(pixels[..., 3].any())


def urgent_pixels(pixels: NDArray[np.uint8]) -> int:
    colors = pixels[..., :3].astype(int)
    return int(sum((np.abs(colors - urgent).max(axis=2) <= 8).sum() for urgent in URGENT_BGR))


def wait_for(obs: ObsConnection, what: str, holds: Callable[[NDArray[np.uint8]], bool]) -> NDArray[np.uint8]:
    until, seen = time.monotonic() + WITHIN_S, "nothing"
    while time.monotonic() < until:
        try:
            pixels = screenshot(obs)
        except ObsUnavailable:
            continue
        if holds(pixels):
            return pixels
        seen = f"{pixels.shape}, alpha to {pixels[..., 3].max()}"
    raise SystemExit(f"OBS never showed {what}: {seen}")


with connected("127.0.0.1", int(os.environ["OBS_PORT"]), answer_within_s=30.0) as obs:
    found = obs.ask("GetInputPropertiesListPropertyItems", inputName="window", propertyName="capture_window")
    assert any("\r\nMartLive Overlay\r\n" in item["itemValue"] for item in found["propertyItems"]), found
    first = wait_for(obs, "the cards", has_cards)
    assert first.shape == (360, 1280, 4), first.shape
    alphas = np.unique(first[..., 3])
    assert alphas[0] == 0, alphas
    assert (first[..., 3] == 0xE8).sum() > 1_000, alphas
    worst = urgent_pixels(first)
    pictures = {first.tobytes()}
    with (Path(os.environ["RIG_DIR"]) / "steps").open("w") as steps:
        for _ in range(SWITCHES):
            print("next", file=steps, flush=True)
            pixels = screenshot(obs)
            worst = max(worst, urgent_pixels(pixels))
            pictures.add(pixels.tobytes())
        assert worst == 0, worst
        assert len(pictures) > SWITCHES // 5, len(pictures)
        print("tips", file=steps, flush=True)
        wait_for(obs, "a tip that was asked for", lambda pixels: urgent_pixels(pixels) > 10)
        print("off-screen no-tips", file=steps, flush=True)
        wait_for(obs, "the window off the screen", lambda pixels: has_cards(pixels) and not urgent_pixels(pixels))
sys.stdout.write(f"PASS: {SWITCHES} switches, {len(pictures)} pictures, 0 pixels of the coach\n")
