"""Pictures of the report page in a real Chromium, `python -m tests.report_pictures`: build/report, a choice in docs/screens."""

from __future__ import annotations

import base64
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from PIL import Image

from martlive_desktop.adapters.report_page import PageLanguage, render_page
from martlive_desktop.core.events import LogEvent, from_json
from martlive_desktop.core.report_builder import build_report
from tests.desktop.chromium import Page, page
from tests.fakes.report_show import busy_show, cut_off_show, empty_show

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parents[1]
ALL, CHOSEN = ROOT / "build/report", ROOT / "docs/screens"
DEV_SHOWS = ROOT / "build/bench"

WIDE_PX, PHONE_PX, PAPER_PX = 1280, 360, 794
"""A laptop, a small phone, and A4 at 96 dots an inch."""

TALLEST_PX = 12_000
"""Of one picture."""

COLOURS = 256
"""Of a kept picture: enough for text, and rare ones stay."""

SETTLE_FRAMES = 3

DOCS: Final = {
    "busy-wide-dark-top": "report",
    "busy-wide-light-moment": "report-moment",
    "busy-phone-light-top": "report-phone",
}
"""The pictures that docs/screens keeps, by their names here."""

PAST: Sequence[dict[str, float | None]] = (
    {"pace_wpm": 150.0, "level_dbfs": -23.5, "answered_share": 40.0, "priced_share": 66.7, "heeded_share": 30.0},
    {"pace_wpm": 163.0, "level_dbfs": -21.0, "answered_share": 60.0, "priced_share": 100.0, "heeded_share": 55.0},
)


def busy_page(language: PageLanguage = "en") -> str:
    """The page of the show in which everything happens."""
    title = {"en": "Sunday kitchen bench", "zh": "周日厨房直播"}[language]
    return report_html(
        busy_show(), title, language, past=PAST, notes="Mugs sold out early.\nBring the small pan next time."
    )


def report_html(
    events: Sequence[LogEvent],
    title: str,
    language: PageLanguage = "en",
    *,
    past: Sequence[dict[str, float | None]] = (),
    notes: str = "",
) -> str:
    """The page of `events`."""
    return render_page(
        build_report(events, past=past),
        title=title,
        started_at="2026-11-22T18:00:00Z",
        session_id="20261122-180000",
        language=language,
        summary=None,
        clips={},
        tags=("kitchen",) if notes else (),
        notes=notes,
    )


def open_page(browser: Page, html: str, folder: Path) -> None:
    """Show `html` as a file, as people do."""
    file = folder / "report.html"
    file.write_text(html, encoding="utf-8")
    browser.ask("Page.navigate", url="about:blank")
    browser.ask("Page.navigate", url=file.as_uri())
    while not browser.run(f"location.href.startsWith({file.as_uri()!r}) && document.readyState === 'complete'"):
        continue
    settle(browser)


def settle(browser: Page) -> None:
    """Wait until what changed is painted."""
    for _ in range(SETTLE_FRAMES):
        browser.run("document.fonts.ready.then(() => new Promise(requestAnimationFrame)).then(() => 0)")


def emulate(browser: Page, width: int, height: int, theme: str, *, is_touch: bool = False, media: str = "") -> None:
    """A screen of that size, theme and kind."""
    browser.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=is_touch)
    browser.ask("Emulation.setTouchEmulationEnabled", enabled=is_touch)
    features = [
        {"name": "prefers-color-scheme", "value": theme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    browser.ask("Emulation.setEmulatedMedia", media=media, features=features)


def whole_height(browser: Page) -> int:
    """Of the page, as far as one picture goes."""
    return min(TALLEST_PX, int(browser.run("document.documentElement.scrollHeight")))


def draw() -> None:
    """All pictures."""
    ALL.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _see_bundled_fonts(folder)
        with page("<p>", WIDE_PX, 800) as browser:
            _pages(browser, folder)
    for drawn, kept in DOCS.items():
        Image.open(ALL / f"{drawn}.png").quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(
            CHOSEN / f"{kept}.png", optimize=True
        )


def _pages(browser: Page, folder: Path) -> None:
    pages: dict[str, Callable[[], str]] = {
        "busy": busy_page,
        "busy-zh": lambda: busy_page("zh"),
        "cut-off": lambda: report_html(cut_off_show(), "Cut off"),
        "empty": lambda: report_html(empty_show(), ""),
    }
    for file in sorted(DEV_SHOWS.glob("d*/review/events.jsonl")):
        lines = file.read_text(encoding="utf-8").splitlines()
        pages[file.parts[-3]] = lambda lines=lines, file=file: report_html(  # type: ignore[misc]
            [from_json(line) for line in lines], file.parts[-3]
        )
    for name, made in pages.items():
        html = made()
        for width, theme in ((WIDE_PX, "light"), (WIDE_PX, "dark"), (PHONE_PX, "light")):
            is_phone = width == PHONE_PX
            look = f"{name}-{'phone' if is_phone else 'wide'}-{theme}"
            emulate(browser, width, 780, theme, is_touch=is_phone)
            open_page(browser, html, folder)
            emulate(browser, width, whole_height(browser), theme, is_touch=is_phone)
            settle(browser)
            _save(browser, look)
            if name.startswith("busy"):
                _parts(browser, look, width, theme, is_phone=is_phone)
        if name.startswith("busy"):
            _paper(browser, name)


def _parts(browser: Page, look: str, width: int, theme: str, *, is_phone: bool) -> None:
    """The top of the page, and an open moment."""
    height = 780 if is_phone else 1500
    emulate(browser, width, height, theme, is_touch=is_phone)
    settle(browser)
    _save(browser, f"{look}-top")
    emulate(browser, width, 780 if is_phone else 900, theme, is_touch=is_phone)
    browser.run("document.querySelector('#timeline').scrollIntoView()")
    browser.run("location.hash = '#t=351'")
    settle(browser)
    _save(browser, f"{look}-moment")


def _paper(browser: Page, name: str) -> None:
    """As it is printed: a PDF, and a picture of it."""
    emulate(browser, PAPER_PX, 1123, "light")
    pdf = browser.ask("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"]
    (ALL / f"{name}.pdf").write_bytes(base64.b64decode(pdf))


def _save(browser: Page, name: str) -> None:
    picture = browser.picture()
    cv2.imwrite(str(ALL / f"{name}.png"), np.ascontiguousarray(picture))


def _see_bundled_fonts(folder: Path) -> None:
    """Chinese in the pictures, on a computer that has none."""
    config = folder / "fonts.conf"
    config.write_text(
        f'<?xml version="1.0"?><fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>'
        f"<dir>{ROOT / 'resources/fonts'}</dir><cachedir>{folder / 'cache'}</cachedir></fontconfig>",
        encoding="utf-8",
    )
    os.environ["FONTCONFIG_FILE"] = str(config)


if __name__ == "__main__":
    draw()
