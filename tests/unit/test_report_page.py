"""The report page: every numeral can be followed back to an event, and no words of a show become part of the page."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import string
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from martlive_desktop.adapters.report_page import PageLanguage, Summary, page_words, render_page
from martlive_desktop.core.coach.catalogue import CATALOGUE
from martlive_desktop.core.events import SCHEMA_VERSION, LogEvent, SessionStarted, Transcript, Word, from_json, to_json
from martlive_desktop.core.findings import WEIGHTS
from martlive_desktop.core.report import CLAIMS, Report
from martlive_desktop.core.report_builder import build_report
from tests.fakes.report_show import HOSTILE, busy_show, cut_off_show, empty_show, hostile_show, long_show
from tests.report_pictures import PAST
from tests.report_trace import Trace, Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]
DEV_SHOWS = sorted((ROOT / "build/bench").glob("d*/review/events.jsonl"))
LANGUAGES: Sequence[PageLanguage] = ("en", "zh")
STARTED_AT = "2026-11-22T18:00:00Z"
MOST_BYTES = 5_000_000
RENDERED_WITHIN_S = 10.0
"""On a slow computer; two seconds and less here."""


def rendered(events: Sequence[LogEvent], language: PageLanguage = "en", **more: Any) -> str:
    chosen = {"title": "Sunday", "started_at": STARTED_AT, "session_id": "s1", "summary": None, "clips": {}} | more
    return render_page(build_report(events, past=PAST), language=language, **chosen)


def given(language: PageLanguage) -> Mapping[str, str]:
    at = datetime.fromisoformat(STARTED_AT).astimezone()
    date = {
        "en": f"{at:%A}, {at.day} November 2026, {at:%H:%M}",
        "zh": f"2026年11月{at.day}日 {'一二三四五六日'[at.weekday()].join(('星期', ''))} {at:%H:%M}",
    }
    return {"show.title": "Sunday", "show.date": date[language], "show.id": "s1"}


def constants(language: PageLanguage) -> str:
    return "\n".join(text for _, text in leaves(page_words(language)))


def leaves(tree: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{key}.")
        elif isinstance(value, list):
            yield f"{path}{key}", "".join(value)
        else:
            yield f"{path}{key}", value


def slots(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def shown_text(html: str) -> str:
    return re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)


def data(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="show">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    parsed: dict[str, Any] = json.loads(found[1])
    return parsed


SHOWS: Mapping[str, Callable[[], Sequence[LogEvent]]] = {
    "busy": busy_show,
    "cut off": cut_off_show,
    "empty": empty_show,
    **{
        file.parts[-3]: lambda file=file: [from_json(line) for line in file.read_text("utf-8").splitlines()]  # type: ignore[misc]
        for file in DEV_SHOWS
    },
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("show", SHOWS)
def test_every_numeral_follows_from_an_event(show: str, language: PageLanguage) -> None:
    events = SHOWS[show]()
    trace = Trace([to_json(event) for event in events], past=PAST, given=given(language), constants=constants(language))
    assert trace.faults(rendered(events, language)) == []
    if show == "busy":
        assert len(trace.rules) > 50


def test_numeral_that_follows_from_nothing_is_noticed() -> None:
    events = busy_show()
    trace = Trace([to_json(event) for event in events], past=PAST, given=given("en"), constants=constants("en"))
    html = rendered(events)
    for was, wrong in (
        ('<span data-n="tips.count">9<', '<span data-n="tips.count">8<'),
        ('data-at="118400">1:58<', 'data-at="118401">1:58<'),
        ("is the board safe for 1 dishwasher run?<", "is the board safe for 2 dishwasher runs?<"),
        ("How sure MartLive was", "How sure MartLive was in 2026"),
        ('aria-label="Closer"', 'aria-label="Closer by 2"'),
        ('data-n="tips.heeded"', 'data-n="tips.unknown"'),
    ):
        assert was in html
        assert trace.faults(html.replace(was, wrong, 1)) != [], wrong


def test_both_languages_have_the_same_words_and_slots() -> None:
    english, chinese = (dict(leaves(page_words(language))) for language in LANGUAGES)
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert slots(text) == slots(chinese[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_words_for_everything_that_is_told(language: PageLanguage) -> None:
    words = page_words(language)
    assert words["kinds"].keys() == CATALOGUE.keys()
    assert words["strengths"].keys() == words["focuses"].keys() == WEIGHTS.keys()
    assert words["measures"].keys() == {one.name for one in build_report(busy_show()).measures}
    assert words["claims"].keys() >= CLAIMS


def test_words_of_a_show_stay_words() -> None:
    html = rendered(hostile_show(), title=HOSTILE[0], notes="\n".join(HOSTILE), tags=HOSTILE)
    assert html.count("<script") == 3
    assert html.count("</script>") == 3
    assert "onmouseover=" not in re.sub(r">[^<]*<", "><", shown_text(html)).replace("&#34;onmouseover=", "")
    walk = Walk()
    walk.feed(html)
    walk.close()
    told = {text for kind, value, text in walk.marked if kind == "data-q" and value.startswith("said")}
    replaced = [re.sub(r"[\x00\x1b\u202e\u2067\ud83d]", "\N{REPLACEMENT CHARACTER}", text) for text in HOSTILE]
    assert told >= set(replaced)
    assert [line[2] for line in data(html)["chat"]] == replaced
    html.encode("utf-8")


def test_hostile_show_can_be_followed_back_too() -> None:
    events = hostile_show()
    lines = [to_json(event) for event in events]
    trace = Trace(lines, past=PAST, given=given("en"), constants=constants("en"))
    assert trace.faults(rendered(events)) == []


def test_page_allows_only_its_own_style_and_scripts() -> None:
    html = rendered(busy_show())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy is not None
    rules = policy[1].replace("&#39;", "'")
    assert rules.startswith("default-src 'none'; ")
    for text in [
        *re.findall(r"<script>(.*?)</script>", html, re.DOTALL),
        *re.findall(r"<style>(.*?)</style>", html, re.DOTALL),
    ]:
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in rules
    assert not re.search(r"""(src|href|url\()=?["']?(https?:)?//""", html)
    assert not re.search(r"<[^>]+ (style|on\w+)=", shown_text(html))


@pytest.mark.parametrize(
    ("report", "notice"),
    [
        (Report(None, 0, is_cut_off=True, skipped=0, is_newer=False), "notices.cut_off"),
        (Report(None, 0, is_cut_off=False, skipped=0, is_newer=True), "notices.newer"),
        (Report(None, 0, is_cut_off=False, skipped=0, is_newer=False), "notices.empty"),
    ],
    ids=["cut off", "newer", "empty"],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_unusual_is_said_on_top(language: PageLanguage, report: Report, notice: str) -> None:
    html = render_page(report, title="", started_at="", session_id="", language=language, summary=None, clips={})
    words = page_words(language)
    group, name = notice.split(".")
    assert words[group][name] in html.split("<section")[0]
    assert words["untitled"] in html
    assert f'lang="{words["language"]}"' in html


def test_lines_left_out_are_counted() -> None:
    html = render_page(
        build_report(busy_show(), skipped=3),
        title="Sunday",
        started_at="",
        session_id="",
        language="en",
        summary=None,
        clips={},
    )
    assert 'left out: <span data-n="show.skipped">3</span>' in html


def test_newer_show_is_told_as_far_as_it_is_known() -> None:
    events = [SessionStarted(0, "9.0", "selling", "microphone", (), "x", SCHEMA_VERSION + 1), *busy_show()[1:]]
    html = rendered([event for event in events if not isinstance(event, SessionStarted) or event.app_version == "9.0"])
    assert page_words("en")["notices"]["newer"] in html


@pytest.mark.parametrize(("source", "credit"), [("rules", ""), ("local", "local"), ("remote", "remote")])
def test_summary_names_who_worded_it(source: Any, credit: str) -> None:
    html = rendered(busy_show(), summary=Summary("You sold 3 <pans>.", source))
    assert '<p class="lead" dir="auto" data-n="show.summary">You sold 3 &lt;pans&gt;.</p>' in html
    for name in ("local", "remote"):
        assert (page_words("en")["summary"][name] in html) is (name == credit)


def test_without_a_summary_the_findings_are_told() -> None:
    lead = re.search(r'<p class="lead">(.*?)</p>', rendered(busy_show()), re.DOTALL)
    assert lead is not None
    text = re.sub(r"\s+", " ", re.sub("<.*?>", "", lead[1]))
    assert (
        text
        == "You were live for 14 min. What went best: a pace one can follow. For the next show: say it the safe way."
    )


def test_kept_sound_is_in_the_page_with_its_length() -> None:
    # A page of Ogg with granule position 96,000: two seconds at 48 kHz.
    sound = b"OggS\x00\x02" + bytes(8) + b"head" + b"OggS\x00\x04" + (96_000).to_bytes(8, "little") + b"tail"
    clips = data(rendered(busy_show(), clips={351_000: sound, 41_000: b"no ogg"}))["clips"]
    assert clips == [
        [41_000, 0, base64.b64encode(b"no ogg").decode()],
        [351_000, 2_000, base64.b64encode(sound).decode()],
    ]


@pytest.mark.parametrize("started_at", ["", "yesterday", "0001-01-01T00:00:00+23:59"])
def test_day_that_is_not_known_is_left_out(started_at: str) -> None:
    assert "show.date" not in rendered(busy_show(), started_at=started_at)


def test_day_is_the_local_one() -> None:
    at = datetime(2026, 11, 22, 18, tzinfo=UTC).astimezone()
    assert f"{at:%A}, {at.day} November 2026, {at:%H:%M}" in rendered(busy_show())


def test_twelve_hours_stay_under_five_megabytes() -> None:
    events = long_show()
    assert sum(len(event.words) for event in events if isinstance(event, Transcript)) >= 100_000
    began = time.perf_counter()
    html = rendered(events)
    assert time.perf_counter() - began < RENDERED_WITHIN_S
    assert len(html.encode()) < MOST_BYTES
    assert len(data(html)["chat"]) >= 20_000


def test_words_without_times_of_their_own_are_told() -> None:
    events = [*empty_show()[:1], Transcript(1_200, True, 0, "Hello there.", ()), *empty_show()[1:]]
    assert 'data-q="said:1200" data-to="1200">Hello there.<' in rendered(events)


def test_unsure_words_are_called_so() -> None:
    words = (Word("Hm.", 100, 400, 0.3),)
    events = [*empty_show()[:1], Transcript(400, True, 0, "Hm.", words), *empty_show()[1:]]
    few = page_words("en")["certainty"]["few"]
    assert few in rendered(events)
    assert few not in rendered(busy_show())
