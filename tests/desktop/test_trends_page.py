"""The pages beside the report in a real Chromium: quiet, without a request, and for everybody."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from martlive_desktop.adapters.report_page import page_words
from martlive_desktop.adapters.trends_page import ComparedShow, render_comparison, render_trends
from martlive_desktop.core.report_builder import build_report
from martlive_desktop.core.trends import PastShow
from tests.desktop import test_report_page as report_page
from tests.fakes.report_show import HOSTILE, busy_show, cut_off_show, hostile_show
from tests.report_pictures import PHONE_PX, WIDE_PX, emulate, open_page, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from martlive_desktop.adapters.report_page import PageLanguage
    from tests.desktop.test_report_page import Heard

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

chromium, browser, axe = report_page.chromium, report_page.browser, report_page.axe

HEIGHT_PX = 900


def shows(count: int) -> list[PastShow]:
    measures = build_report(busy_show()).measured()
    return [
        PastShow(
            f"s{nth}",
            f"Show {nth} " + HOSTILE[nth % len(HOSTILE)] * (nth % 3),
            f"2026-{nth % 12 + 1:02}-20T18:00:00Z",
            {
                name: None if value is None or (nth + len(name)) % 7 == 0 else value * (9 + nth % 5) / 10
                for name, value in measures.items()
            },
        )
        for nth in range(count)
    ]


def comparison(language: PageLanguage) -> str:
    first = ComparedShow("Thursday kitchen", "2026-11-19T18:00:00Z", build_report(cut_off_show()))
    return render_comparison(first, ComparedShow("Sunday", "2026-11-22T18:00:00Z", build_report(busy_show())), language)


def hostile_comparison() -> str:
    shown = ComparedShow("<script>throw 1</script>" + "W" * 200, "", build_report(hostile_show()))
    return render_comparison(shown, shown, "en")


PAGES: Mapping[str, Callable[[], str]] = {
    "trends": lambda: render_trends(shows(7), "selling", "en"),
    "trends in chinese": lambda: render_trends(shows(7), "selling", "zh"),
    "many trends": lambda: render_trends(shows(60), "gaming", "en"),
    "too few trends": lambda: render_trends(shows(2), "talk", "en"),
    "comparison": lambda: comparison("en"),
    "comparison in chinese": lambda: comparison("zh"),
    "hostile comparison": hostile_comparison,
}


@pytest.mark.parametrize("name", PAGES)
def test_page_is_quiet_asks_for_nothing_and_needs_no_scrolling_sideways(
    browser: Heard, name: str, tmp_path: Path
) -> None:
    for width in (WIDE_PX, PHONE_PX):
        emulate(browser, width, HEIGHT_PX, "light", is_touch=width == PHONE_PX)
        open_page(browser, PAGES[name](), tmp_path)
        assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.asked == [(tmp_path / "report.html").as_uri()] * 2


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("theme", "width"), [("light", WIDE_PX), ("dark", WIDE_PX), ("light", PHONE_PX)])
def test_nothing_stands_in_the_way_of_anybody(
    browser: Heard, axe: str, name: str, theme: str, width: int, tmp_path: Path
) -> None:
    emulate(browser, width, HEIGHT_PX, theme)
    open_page(browser, PAGES[name](), tmp_path)
    browser.run("document.querySelector('.dot')?.focus({ focusVisible: true })")
    browser.run(f"{axe}; 0")
    found = browser.run(
        "axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html + n.failureSummary)]))"
    )
    assert found == []


def test_keys_go_from_show_to_show_and_to_its_line(browser: Heard, tmp_path: Path) -> None:
    open_page(browser, PAGES["trends"](), tmp_path)
    assert browser.run("document.querySelectorAll('.dots').length") == browser.run(
        "document.querySelectorAll('.dot[tabindex=\"0\"]').length"
    )
    browser.run("document.querySelector('.dot[tabindex=\"0\"]').focus()")
    newest = browser.run("document.activeElement.hash")
    browser.press("ArrowLeft", "Home", "ArrowLeft", "End", "ArrowLeft", "ArrowRight")
    assert browser.run("document.activeElement.hash") == newest
    browser.press("ArrowLeft")
    told = browser.run("document.activeElement.querySelector('.tip').innerText")
    assert told.startswith("Show ")
    assert "2026" in told
    assert browser.run("getComputedStyle(document.activeElement.querySelector('.tip')).clipPath") == "none"
    browser.press("Enter")
    settle(browser)
    assert browser.run("document.querySelector(':target').innerText.split('\\n')[0]") == told.split("\n")[0]


def test_pointing_at_a_dot_tells_its_show_alone(browser: Heard, tmp_path: Path) -> None:
    open_page(browser, PAGES["trends"](), tmp_path)
    browser.run("document.querySelector('.dots').scrollIntoView({ block: 'center' })")
    browser.run("document.querySelector('.dots .dot:last-of-type').focus()")
    x, y = browser.middle(".dots .dot")
    browser.point(("mouseMoved", x, y))
    settle(browser)
    told = "[...document.querySelectorAll('.tip')].filter(t => getComputedStyle(t).clipPath === 'none').length"
    assert browser.run(told) == 1
    assert browser.run("document.querySelector('.dots .dot').matches(':hover')") is True


def test_look_can_be_switched(browser: Heard, tmp_path: Path) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    open_page(browser, PAGES["comparison"](), tmp_path)
    light = browser.run(background)
    browser.run("document.querySelector('#theme').click()")
    assert browser.run(background) != light
    browser.run("document.querySelector('#theme').click()")
    assert browser.run(background) == light


@pytest.mark.parametrize("name", ["trends", "comparison in chinese"])
def test_page_prints_on_paper(browser: Heard, name: str, tmp_path: Path) -> None:
    open_page(browser, PAGES[name](), tmp_path)
    assert base64.b64decode(browser.ask("Page.printToPDF", preferCSSPageSize=True)["data"]).startswith(b"%PDF")


def test_every_number_is_there_without_scripts(browser: Heard, tmp_path: Path) -> None:
    browser.ask("Emulation.setScriptExecutionDisabled", value=True)
    report_page.open_page_without_scripts(browser, PAGES["trends"](), tmp_path)
    text = browser.text("body")
    assert page_words("en")["trends"]["shows"] in text
    assert "Show 6" in text
    assert browser.run("document.querySelectorAll('.dot').length") > 50
