"""The page against all real services: spoken words come back, a camera that turns black gives its tip."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from cloud_api.running import SERVICES
from cloud_api.up import Machine, first_key
from tests.cloud.web_browser import browser, until
from tests.desktop.voice import speak

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

SENTENCES = (
    "Hello everybody and welcome to the show.",
    "This is the dew serum and it works on dry skin.",
    "It costs fourteen dollars and ninety nine cents.",
    "One bottle lasts for about two months.",
)

CAMERA_HZ = 5
COLOURS_S, BLACK_S = 10, 30
WIDTH_PX, HEIGHT_PX = 320, 180


def camera_that_turns_black(file: Path) -> Path:
    """Colours that move, then black for a long time."""
    y, x = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX]
    with file.open("wb") as out:
        out.write(f"YUV4MPEG2 W{WIDTH_PX} H{HEIGHT_PX} F{CAMERA_HZ}:1 Ip A1:1 C420mpeg2\n".encode())
        for number in range(CAMERA_HZ * (COLOURS_S + BLACK_S)):
            picture = np.stack([(x + 9 * number) % 256, y, (x + y) % 256], -1).astype(np.uint8)
            if number >= CAMERA_HZ * COLOURS_S:
                picture[:] = 0
            out.write(b"FRAME\n" + cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420).tobytes())
    return file


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def test_spoken_words_come_back_and_a_black_screen_gives_a_tip(tmp_path: Path) -> None:
    sound = speak(SENTENCES, tmp_path / "spoken.wav", pause_s=1.0)
    camera = camera_that_turns_black(tmp_path / "camera.y4m")
    data = tmp_path / "data"
    data.mkdir()
    machine = Machine(data, dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True)))
    key = first_key(machine)
    try:
        machine.start()
        with browser(sound, camera) as page:
            page.go(f"{machine.page_url}#key={key}")
            page.click("summary")
            page.write("#product", "Dew serum")
            page.write("#price", "14.99")
            page.write("#facts", "Works on dry skin")
            page.click("[value=camera]")
            page.click("#start")
            page.until("document.body.dataset.state === 'live'", 20)
            page.until("document.querySelector('.is-final')?.innerText.match(/welcome/i)", 30)
            page.until("/serum/i.test(document.querySelector('#words').innerText)", 30)
            page.until("document.querySelector('#tip-text').innerText === 'Screen is black'", 40)
            assert page.run("document.querySelector('#tip').dataset.look") == "0"
            assert page.run("document.querySelector('#urgent').textContent") == "Now: Screen is black"
            page.click("#stop")
            page.until("document.body.dataset.view === 'ended'", 30)
            assert page.text("#ended-lead") == "Everything you said was heard."
            page.click("[data-act=report]")
            with page.other_tab("/report.html") as report:
                until(report, "/serum/i.test(document.body.innerText) && document.querySelector('#timeline')", 30)
            page.click("[data-act=delete]")
            page.click("[data-act=delete-yes]")
            page.until("document.querySelector('.said').textContent === 'It is deleted.'")
            assert [one for one in page.complaints if "the server responded with a status" not in one] == []
    finally:
        machine.close()
