"""The pages beside the report: every numeral is a measure, and no words of a show become part of a page."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from martlive_desktop import reporting
from martlive_desktop.adapters.report_page import PageLanguage, page_words
from martlive_desktop.adapters.store_sqlite import SqliteStore
from martlive_desktop.adapters.trends_page import COLUMNS, GROUPS, ComparedShow, render_comparison, render_trends
from martlive_desktop.core.errors import SessionNotFound
from martlive_desktop.core.events import LogEvent, SessionStarted, Transcript
from martlive_desktop.core.report_builder import USUAL, build_report
from martlive_desktop.core.trends import WISHES, PastShow
from tests.fakes.report_show import HOSTILE, busy_show, cut_off_show, empty_show, hostile_show
from tests.report_trace import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LANGUAGES: Sequence[PageLanguage] = ("en", "zh")

NAMES = (
    "duration_min",
    "talk_share",
    "pace_wpm",
    "level_dbfs",
    "snr_db",
    "pitch_sd",
    "silences_per_hour",
    "longest_silence_s",
    "questions",
    "answered_share",
    "answer_s",
    "priced_share",
    "calls_per_hour",
    "recaps_per_hour",
    "points_share",
    "tips",
    "heeded_share",
    "claims",
    "sure_share",
)
TABLE: tuple[tuple[float | None, ...], ...] = (
    (52, 61.2, 171, -24.1, 28.4, 2.4, 9.2, 31, 12, 50.0, 48.2, 33.3, 6.1, 3.2, 50, 22, 40.9, 3, 88.1),
    (64, 66.0, 166, -23.4, 29.1, 2.7, 8.1, 26, 17, 52.9, 51.5, 50.0, 7.4, 4.0, 62.5, 19, 47.4, 2, 89.4),
    (58, 64.3, 174, -22.8, 27.2, 2.5, 8.8, 29, 9, 44.4, 44.0, 66.7, 6.8, 3.8, 58.3, 24, 50.0, 2, 90.2),
    (75, 69.9, 159, -22.1, 30.6, 3.0, 6.4, 22, 21, 61.9, 39.8, 66.7, 8.9, 5.1, 70.8, 17, 58.8, 1, 91.0),
    (61, 72.1, 163, -21.9, 31.3, 2.9, 5.7, 19, 0, None, None, 75.0, 9.3, 5.4, 66.7, 15, 60.0, 1, 91.8),
    (70, 71.0, 155, -21.4, 30.9, 3.1, 5.9, 24, 24, 66.7, 33.1, 80.0, 10.2, 5.2, 75.0, 16, 62.5, 0, 92.3),
    (83, 74.6, 151, -21.7, 31.8, 3.2, 4.4, 36, 31, 77.4, 28.0, 83.3, 11.0, 5.9, 74.0, 14, 71.4, 1, 92.0),
)
TITLES = (
    "First try",
    "Kitchen night",
    "Pans and boards",
    "Autumn special",
    "Test with the new camera",
    "Thursday kitchen",
    "Sunday kitchen bench",
)
SHOWS = [
    PastShow(f"s{day}", title, f"2026-11-{day + 4:02}T18:00:00Z", dict(zip(NAMES, values, strict=True)))
    for day, (title, values) in enumerate(zip(TITLES, TABLE, strict=True))
]

EARLIER = ComparedShow("Thursday kitchen", "2026-11-19T18:00:00Z", build_report(cut_off_show()))
LATER = ComparedShow("Sunday kitchen bench", "2026-11-22T18:00:00Z", build_report(busy_show()))


def text_of(html: str) -> str:
    told = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", told)).strip()


def lead(html: str) -> str:
    found = re.search(r'<p class="lead">(.*?)</p>', html, re.DOTALL)
    assert found is not None
    return text_of(found[1])


def walked(html: str) -> Walk:
    walk = Walk()
    walk.feed(html)
    walk.close()
    return walk


def shown(value: float) -> str:
    return f"{round(value, 1):,.1f}".removesuffix(".0").replace("-", "\N{MINUS SIGN}")


def with_values(name: str, *values: float | None) -> list[PastShow]:
    return [PastShow(f"s{nth}", f"Show {nth}", "", {name: value}) for nth, value in enumerate(values)]


def own(name: str, edge: Callable[[Sequence[float]], float]) -> float:
    known = [value for show in SHOWS if (value := show.measures[name]) is not None]
    return edge(known[-6:-1])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_numeral_of_the_trends_is_a_measure_a_count_or_a_day(language: PageLanguage) -> None:
    walk = walked(render_trends(SHOWS, "selling", language))
    assert walk.unmarked == []
    seen = set()
    for mark, rule, text in walk.marked:
        seen.add(rule)
        if mark == "data-c":
            assert text in str(page_words(language))
            continue
        match rule.split("."):
            case ["trend", name, "own", edge]:
                expected = shown(own(name, min if edge == "low" else max))
            case ["trend", name, "usual", edge]:
                expected = shown(USUAL[name][edge == "high"])
            case ["trend", name, nth]:
                value = SHOWS[int(nth)].measures[name]
                assert value is not None
                expected = shown(value)
            case ["show", nth, "title"]:
                expected = TITLES[int(nth)]
            case ["show", nth, "date"]:
                at = datetime.fromisoformat(SHOWS[int(nth)].started_at).astimezone()
                assert re.findall(r"\d+", text)[-2:] == [f"{at:%H}", f"{at:%M}"]
                assert {str(at.day), "2026"} <= {*re.findall(r"\d+", text)}
                continue
            case ["trends", name]:
                expected = {"count": "7", "past": "5", "most_past": "5"}[name]
            case _:
                raise AssertionError(rule)
        assert text == expected, rule
    for place, show in enumerate(SHOWS):
        assert {f"trend.{name}.{place}" for name, value in show.measures.items() if value is not None} <= seen


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_numeral_of_a_comparison_follows_from_its_reports(language: PageLanguage) -> None:
    walk = walked(render_comparison(EARLIER, LATER, language))
    assert walk.unmarked == []
    shows = {"first": EARLIER, "second": LATER}
    measures = {place: one.report.measured() for place, one in shows.items()}
    count = 0
    for mark, rule, text in walk.marked:
        if mark == "data-at":
            asked = [one.asked_ms for show in shows.values() for one in show.report.questions]
            assert int(rule) in asked
            assert text == f"{int(rule) // 60_000}:{int(rule) // 1000 % 60:02}"
        elif mark == "data-n":
            match rule.split("."):
                case [("first" | "second") as place, "measure", name]:
                    value = measures[place][name]
                    assert value is not None
                    assert text == shown(value), rule
                    count += 1
                case ["change", name]:
                    first, second = measures["first"][name], measures["second"][name]
                    assert first is not None
                    assert second is not None
                    assert text == shown(second - first), rule
                case [("first" | "second") as place, "product", nth, what]:
                    product = shows[place].report.products[int(nth)]
                    if what == "price_after":
                        seconds = (product.price_after_ms or 0) // 1000
                        assert re.findall(r"\d+", text) == [str(n) for n in divmod(seconds, 60) if n]
                        continue
                    counts = {
                        "calls": len(product.call_ms),
                        "recaps": len(product.recap_ms),
                        "points": len(product.points),
                        "points_said": sum(point.said_ms is not None for point in product.points),
                    }
                    assert text == str(counts[what]), rule
                case [("first" | "second") as place, "question", nth, "viewers"]:
                    assert text == str(shows[place].report.questions[int(nth)].viewers)
                case [("first" | "second") as place, "title"]:
                    assert text == shows[place].title
                case [("first" | "second"), ("date" | "length")]:
                    assert text
                case ["finding", kind, name]:
                    findings = [
                        found
                        for show in shows.values()
                        for found in (*show.report.strengths, show.report.focus)
                        if found is not None and found.kind == kind
                    ]
                    assert text in [f"{dict(found.numbers)[name]:.0f}" for found in findings], rule
                case _:
                    raise AssertionError(rule)
    assert count == sum(value is not None for place in measures.values() for value in place.values())


def test_sentence_on_top_names_what_became_better_and_worse() -> None:
    assert lead(render_trends(SHOWS, "selling", "en")) == (
        "Better than your last 5 shows: fewer long silences, questions answered more often, quicker answers, prices said"
        " in time more often, talking points said more often, tips heeded more often. Not as good: a longer longest silence."
    )
    assert lead(render_trends(with_values("claims", 1, 1, 3), "talk", "en")) == (
        "Not as good as your last 2 shows: more risky lines."
    )
    assert lead(render_trends(with_values("claims", 1, 1, 1), "", "en")) == (
        "Your newest show was much like your last 2 shows."
    )


def test_measure_that_no_drawn_show_has_is_left_out() -> None:
    html = render_trends(with_values("answered_share", 20, 30, 90, *[None] * 20), "selling", "en")
    assert lead(html) == page_words("en")["trends"]["later"]


def test_measure_that_the_newest_show_lacks_is_no_news() -> None:
    html = render_trends(with_values("answered_share", 20, 30, 90, None), "selling", "en")
    assert lead(html) == "Your newest show was much like your last 3 shows."
    assert page_words("en")["trends"]["older"] in html
    assert '<span class="change' not in html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("shows", [[], SHOWS[:1], SHOWS[:2]], ids=["none", "one", "two"])
def test_too_few_shows_are_told_from_when_on_there_are_trends(language: PageLanguage, shows: list[PastShow]) -> None:
    html = render_trends(shows, "selling", language)
    assert lead(html) == page_words(language)["trends"]["later"]
    assert 'class="dots"' not in html
    assert html.count("<tr") == (len(shows) + 1 if shows else 0)


def test_every_dot_leads_to_its_show_in_the_table() -> None:
    html = render_trends(SHOWS, "selling", "en")
    rows = re.findall(r'<tr role="row" id="(show-\d)"', html)
    assert rows == [f"show-{nth}" for nth in range(6, -1, -1)]
    links = re.findall(r'<a class="dot[^"]*" href="#(show-\d)"', html)
    assert len(links) == sum(value is not None for show in SHOWS for value in show.measures.values())
    assert set(links) == set(rows)


def test_charts_have_the_newest_shows_and_the_table_has_all() -> None:
    html = render_trends(with_values("tips", *range(50)), "selling", "en")
    assert html.count('class="dot') - html.count('class="dots"') == 20
    assert 'href="#show-30"' in html
    assert 'href="#show-29"' not in html
    assert 'id="show-0"' in html
    assert "The charts have the newest 20 shows." in text_of(html)


@pytest.mark.parametrize("values", [(5, 5, 5, 5), (0, 0, 0), (-20.0, -21.5, -40.0)])
def test_dots_and_bands_stay_within_their_chart(values: tuple[float, ...]) -> None:
    html = render_trends(with_values("level_dbfs", *values), "selling", "en")
    places = [float(place) for place in re.findall(r'(?:cy|y1|y2|x1|width)="(-?[\d.]+)%"', html)]
    assert places
    assert all(0 <= place <= 100 for place in places)


def test_columns_that_no_show_has_are_left_out() -> None:
    html = render_trends(with_values("tips", 1, None, 2), "selling", "en")
    assert [name for name in COLUMNS if f'data-label="{page_words("en")["measures"][name]["name"]}"' in html] == []


def test_all_measures_have_a_group_and_what_can_change_has_words() -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(WISHES)
    for language in LANGUAGES:
        for change in ("gains", "losses"):
            assert page_words(language)["trends"][change].keys() == {
                name for name, wish in WISHES.items() if wish in ("more", "less")
            }


@pytest.mark.parametrize("language", LANGUAGES)
def test_comparison_says_what_changed_and_which_way(language: PageLanguage) -> None:
    words = page_words(language)
    html = render_comparison(EARLIER, LATER, language)
    change = {
        name: text_of(cell)
        for name, cell in re.findall(
            r'<th role="rowheader" scope="row">([^<]+)</th>.*?<td role="cell" data-label="(?:Change|变化)">(.*?)</td>',
            html,
            re.DOTALL,
        )
    }
    name_of = {name: one["name"] for name, one in words["measures"].items()}
    assert change[name_of["claims"]] == f"+2 {words['trends']['worse']}"
    assert change[name_of["priced_share"]] == f"+16.7 {words['trends']['better']}"
    assert change[name_of["pace_wpm"]] == f"\N{MINUS SIGN}7 {words['compare']['down']}"
    assert change[name_of["recaps_per_hour"]] == words["compare"]["same"]
    assert "Linen apron" not in html
    assert lead(html).startswith(words["compare"]["better"].split("{")[0])


def test_shows_that_tell_little_can_be_compared() -> None:
    nothing = ComparedShow("", "", build_report([]))
    html = render_comparison(nothing, nothing, "en")
    assert lead(html) == "The two shows were much alike."
    assert text_of(html).count(page_words("en")["untitled"]) >= 2
    one_sided = render_comparison(nothing, LATER, "en")
    assert page_words("en")["compare"]["unmeasured"] in one_sided
    assert page_words("en")["compare"]["no_questions"] in one_sided
    worse = dataclasses.replace(LATER, report=dataclasses.replace(LATER.report, questions=()))
    assert lead(render_comparison(ComparedShow("", "", build_report(empty_show())), worse, "en")).startswith(
        "Not as good"
    )


@pytest.mark.parametrize("page", ["trends", "comparison"])
def test_words_of_a_show_stay_words(page: str) -> None:
    named = [dataclasses.replace(show, title=title) for show, title in zip(SHOWS, HOSTILE, strict=False)]
    hostile = ComparedShow("".join(HOSTILE), HOSTILE[0], build_report(hostile_show()))
    html = render_trends(named, HOSTILE[0], "en") if page == "trends" else render_comparison(hostile, hostile, "en")
    assert html.count("<script") == html.count("</script>") == 1
    assert "<script>alert" not in html
    assert not re.search(r"<[^>]+ (style|on\w+)=", re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL))
    html.encode("utf-8")
    assert walked(html).unmarked == []


@pytest.mark.parametrize("html", [render_trends(SHOWS, "selling", "en"), render_comparison(EARLIER, LATER, "zh")])
def test_pages_allow_only_their_own_style_and_script(html: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy is not None
    rules = policy[1].replace("&#39;", "'")
    assert rules.startswith("default-src 'none'; ")
    for text in re.findall(r"<(?:script|style)>(.*?)</(?:script|style)>", html, re.DOTALL):
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in rules
    assert not re.search(r"""(src|href|url\()=?["']?(https?:)?//""", html)


@pytest.fixture
def ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """Shows in a store, the newest last."""
    monkeypatch.setenv("MARTLIVE_DATA", str(tmp_path))
    selling, talk = (SessionStarted(0, "0.2.0", mode, "demo", (), "d1") for mode in ("selling", "talk"))
    made = {}
    with closing(SqliteStore(tmp_path / "sessions")) as store:
        for day, (title, started, length_ms) in enumerate(
            [
                ("One", selling, 65_000),
                ("Chat night", talk, 90_000),
                ("Two", selling, 66_000),
                ("Three", selling, 67_000),
                ("A try", talk, 2_000),
            ]
        ):
            made[title] = store.begin(started, title, f"2026-11-{day + 11}T10:00:00Z")
            events: list[LogEvent] = [Transcript(length_ms, True, 0, "free shipping today", ())]
            for event in events:
                store.append(event)
    return made


def test_trends_are_those_of_the_newest_shows_kind_and_measure_what_never_was(
    ids: Mapping[str, str], tmp_path: Path
) -> None:
    html = reporting.page_of_trends("en")
    titles = re.findall(r'<span dir="auto" data-n="show.\d.title">(.*?)</span>', html)
    assert titles == ["Three", "Two", "One"]
    assert page_words("en")["trends"]["only_selling"] in html
    with closing(SqliteStore(tmp_path / "sessions")) as store:
        measured = {one.title for one in store.list_sessions() if one.measures is not None}
    assert measured == {"One", "Two", "Three"}


def test_trends_without_any_show_are_a_page_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARTLIVE_DATA", str(tmp_path))
    assert lead(reporting.page_of_trends("zh")) == page_words("zh")["trends"]["later"]


def test_comparison_has_the_earlier_show_first(ids: Mapping[str, str]) -> None:
    html = reporting.page_of_comparison(ids["Three"], ids["One"], "en")
    assert re.search(r'data-n="first.title">(.*?)<', html)[1] == "One"  # type: ignore[index]
    with pytest.raises(SessionNotFound):
        reporting.page_of_comparison(ids["One"], "nobody", "en")


def test_pages_are_opened_where_only_the_user_reads_them(
    ids: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(reporting, "show_page", lambda path, place="": opened.append(path))
    reporting.open_trends("en")
    reporting.open_comparison(ids["One"], ids["Two"], "zh")
    assert [path.name for path in opened] == ["trends.html", "comparison.html"]
    for path in opened:
        assert path.read_text(encoding="utf-8").lstrip().startswith("<!doctype html>")
