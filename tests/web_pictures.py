"""Pictures of the web page in a real Chromium, `python -m tests.web_pictures`: build/web, a choice in docs/screens."""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

from tests.cloud.test_web_page import chirps_file
from tests.cloud.web_browser import Browser, browser
from tests.cloud.web_gateway import KEY, FakeGateway, servers
from tests.report_pictures import _see_bundled_fonts, emulate, settle

ROOT = Path(__file__).resolve().parents[1]
ALL, CHOSEN = ROOT / "build/web", ROOT / "docs/screens"

DOCS = {"live-1280-dark": "web-desktop", "live-360-light": "web-phone"}
"""The pictures that docs/screens keeps, by their names here."""

LOOKS = ((1280, 860, "dark"), (1280, 860, "light"), (768, 1024, "light"), (360, 780, "light"), (360, 780, "dark"))

VIEWERS = ("Does it work on dry skin?", "How long does one bottle last?")


SENTENCES = (
    ["welcome", "back", "everyone,", "so", "good", "to", "see", "you"],
    ["this", "is", "the", "dew", "serum", "I", "told", "you", "about"],
    ["it", "is", "light", "and", "two", "drops", "are", "enough"],
    ["I", "put", "it", "on", "in", "the", "morning", "before"],
)


def scene_file(folder: Path) -> Path:
    """A camera that sees a bottle on a table."""
    width, height = 1280, 720
    picture = Image.new("RGB", (width, height))
    paint = ImageDraw.Draw(picture)
    for y in range(height):
        shade = y / height
        paint.line((0, y, width, y), (int(226 - 40 * shade), int(196 - 50 * shade), int(182 - 54 * shade)))
    paint.rectangle((0, 540, width, height), (122, 84, 66))
    paint.ellipse((760, 70, 1110, 420), (240, 222, 206))
    paint.ellipse((500, 556, 790, 612), (92, 62, 50))
    paint.rounded_rectangle((550, 280, 740, 590), 34, (46, 94, 96))
    paint.rounded_rectangle((610, 180, 680, 290), 14, (226, 214, 196))
    paint.rounded_rectangle((626, 120, 664, 196), 16, (52, 44, 44))
    paint.rounded_rectangle((574, 360, 716, 500), 10, (238, 230, 216))
    paint.line((600, 410, 690, 410), (46, 94, 96), 10)
    paint.line((600, 444, 660, 444), (150, 150, 140), 8)
    file = folder / "scene.mjpeg"
    picture.save(file, "JPEG", quality=90)
    return file


def draw() -> None:
    """All pictures."""
    ALL.mkdir(parents=True, exist_ok=True)
    gateway = FakeGateway()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _see_bundled_fonts(folder)
        with (
            servers(gateway) as address,
            browser(chirps_file(folder), scene_file(folder)) as page,
        ):
            for width, height, theme in LOOKS:
                gateway.reset()
                gateway.sentences = SENTENCES
                gateway.tip_text, gateway.tip_ms = "Rosa: for dry skin?", 18_000
                _show(page, address, width, height, theme)
            page.run("document.body.dataset.view = 'setup'; 0")
    for drawn, kept in DOCS.items():
        Image.open(ALL / f"{drawn}.png").save(CHOSEN / f"{kept}.png", optimize=True)


def _show(page: Browser, address: str, width: int, height: int, theme: str) -> None:
    look = f"{width}-{theme}"
    emulate(page, width, height, theme, is_touch=width < 600)
    page.go(address)
    page.click("summary")
    page.write("#product", "Dew serum")
    page.write("#price", "14.99")
    page.write("#key", KEY)
    page.click("[value=camera]")
    page.click("#try")
    page.until("document.querySelectorAll('#setup-level .is-lit').length > 3")
    _save_whole(page, f"setup-{look}", width, height, theme)
    page.click("#start")
    page.until("document.body.dataset.state === 'live'")
    for text in VIEWERS:
        page.write("#line", text)
        page.press("Enter")
    page.until(
        "document.querySelectorAll('.is-final').length > 2 && document.querySelector('.is-partial .firm + .loose')"
    )
    page.run("scrollTo(0, 0)")
    settle(page)
    _save(page, f"live-{look}")
    _save_whole(page, f"live-whole-{look}", width, height, theme)
    page.click("#stop")
    page.until("document.body.dataset.view === 'ended'")
    _save_whole(page, f"ended-{look}", width, height, theme)


def _save_whole(page: Browser, name: str, width: int, height: int, theme: str) -> None:
    tall = max(height, int(page.run("document.documentElement.scrollHeight")))
    emulate(page, width, tall, theme, is_touch=width < 600)
    settle(page)
    _save(page, name)
    emulate(page, width, height, theme, is_touch=width < 600)


def _save(page: Browser, name: str) -> None:
    cv2.imwrite(str(ALL / f"{name}.png"), np.ascontiguousarray(page.picture()))


if __name__ == "__main__":
    draw()
