"""A report from hand-written events: each number is literal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from martlive_desktop.core import events as ev
from martlive_desktop.core.report import Point, Span
from martlive_desktop.core.report_builder import build_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.core.report import Report

STARTED = ev.SessionStarted(0, "1.0", "selling", "microphone", ("whisper-base",), "abc")
MINUTE = 60_000


def said(start_ms: int, end_ms: int, text: str, probability: float = 0.9) -> ev.Transcript:
    parts = text.split()
    step = (end_ms - start_ms) / len(parts)
    words = tuple(
        ev.Word(part, round(start_ms + i * step), round(start_ms + (i + 1) * step), probability)
        for i, part in enumerate(parts)
    )
    return ev.Transcript(end_ms, True, 0, text, words)


def talk(minutes: float, *, from_ms: int = 0) -> list[ev.LogEvent]:
    """Speech without a pause."""
    return [
        said(at_ms, at_ms + 10_000, "so this is how it goes on and on")
        for at_ms in range(from_ms, from_ms + round(minutes * MINUTE), 10_000)
    ]


def tip(number: int, at_ms: int, kind: str, how: ev.TipEnd | None = "expired") -> list[ev.LogEvent]:
    out: list[ev.LogEvent] = [
        ev.Cue(at_ms, kind, 0.8, ("a reason",), (), f"c{number}", 1),
        ev.Tip(at_ms, f"t{number}", f"c{number}", kind, "Do it", 1, "rules", at_ms + 5_000),
    ]
    return [*out, ev.TipClosed(at_ms + 5_000, f"t{number}", how)] if how else out


def report(*parts: Sequence[ev.LogEvent] | ev.LogEvent, ended_ms: int | None = None) -> Report:
    found: list[ev.LogEvent] = [STARTED]
    for part in parts:
        found += [part] if isinstance(part, ev.LogEvent) else part
    if ended_ms is not None:
        found.append(ev.Status(ended_ms, "session", "ended"))
    return build_report(found)


def measure(one: Report, name: str) -> float | None:
    return one.measured()[name]


def test_show_without_a_single_event_is_empty_and_not_cut_off() -> None:
    empty = build_report([])
    assert (empty.started, empty.duration_ms, empty.is_cut_off, empty.strengths, empty.focus) == (
        None,
        0,
        False,
        (),
        None,
    )
    assert measure(empty, "talk_share") is None
    assert empty.sources == {}


def test_show_without_an_end_is_cut_off() -> None:
    assert report(said(0, 2_000, "hello there")).is_cut_off
    assert not report(said(0, 2_000, "hello there"), ended_ms=3_000).is_cut_off


def test_show_of_a_newer_version_says_so() -> None:
    newer = ev.SessionStarted(0, "9.0", "selling", "microphone", (), "abc", schema=ev.SCHEMA_VERSION + 1)
    one = build_report([newer], skipped=3)
    assert (one.is_newer, one.skipped) == (True, 3)


def test_what_was_said_is_in_order_without_partials_and_empty_finals() -> None:
    partial = ev.Transcript(500, False, 0, "he", ())
    one = report(
        said(3_000, 5_000, "and then", 0.4), partial, ev.Transcript(900, True, 1, "  ", ()), said(0, 2_000, "hi")
    )
    assert [(each.start_ms, each.text, each.probability) for each in one.utterances] == [
        (0, "hi", 0.9),
        (3_000, "and then", 0.4),
    ]
    assert (one.certainty.words, one.certainty.unsure, one.certainty.mean) == (3, 2, 0.567)


def test_final_without_words_stands_at_its_time() -> None:
    one = report(ev.Transcript(4_000, True, 0, "hello", ()))
    assert [(each.start_ms, each.end_ms, each.probability) for each in one.utterances] == [(4_000, 4_000, 0.0)]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("selling", (Span(0, 9_000), Span(20_000, 40_000))), ("gaming", (Span(20_000, 40_000),))],
)
def test_silence_begins_later_in_a_game(mode: str, expected: tuple[Span, ...]) -> None:
    started = ev.SessionStarted(0, "1.0", mode, "microphone", (), "abc")
    one = build_report(
        [
            started,
            said(9_000, 20_000, "here we are"),
            said(40_000, 41_000, "right"),
            ev.Status(48_000, "session", "ended"),
        ]
    )
    assert one.silences == expected
    assert measure(one, "longest_silence_s") == 20.0


def test_products_have_what_was_done_for_them() -> None:
    one = report(
        ev.Rundown(0, "lamp", "planned", "$30"),
        ev.Rundown(0, "lamp", "to_say", "no flicker"),
        ev.Rundown(0, "lamp", "to_say", "two years"),
        ev.Rundown(0, "mug", "planned", ""),
        ev.Rundown(9_000, "", "call"),
        ev.Rundown(10_000, "lamp", "shown"),
        ev.Rundown(30_000, "lamp", "price"),
        ev.Rundown(30_000, "lamp", "recap"),
        ev.Rundown(35_000, "lamp", "call"),
        ev.Rundown(40_000, "lamp", "said", "no flicker"),
        ev.Rundown(50_000, "lamp", "said", "no flicker"),
        ev.Rundown(70_000, "mug", "shown"),
        ended_ms=100_000,
    )
    lamp, mug = one.products
    assert (lamp.price, lamp.shown, lamp.shown_ms, lamp.price_after_ms) == (
        "$30",
        (Span(10_000, 70_000, "lamp"),),
        60_000,
        20_000,
    )
    assert (lamp.call_ms, lamp.recap_ms) == ((35_000,), (30_000,))
    assert lamp.points == (Point("no flicker", 40_000), Point("two years", None))
    assert (mug.shown_ms, mug.price_after_ms, mug.points) == (30_000, None, ())
    assert one.shown == (Span(10_000, 70_000, "lamp"), Span(70_000, 100_000, "mug"))
    assert [measure(one, name) for name in ("priced_share", "points_share", "calls_per_hour", "recaps_per_hour")] == [
        100.0,
        50.0,
        36.0,
        36.0,
    ]


def test_price_before_the_item_was_on_came_at_once() -> None:
    one = report(ev.Rundown(5_000, "lamp", "price"), ev.Rundown(9_000, "lamp", "shown"), ended_ms=20_000)
    assert one.products[0].price_after_ms == 0
    assert measure(one, "calls_per_hour") is None, "twenty seconds have no rate an hour"


def test_question_keeps_its_answer_and_what_the_plan_knows() -> None:
    one = report(
        ev.Question(10_000, 10_000, "Ann", "is it warm?", "asked"),
        ev.Question(55_000, 10_000, "Ann", "is it warm?", "waiting", 3, "lined with wool"),
        ev.Question(60_000, 10_000, "Ann", "is it warm?", "answered", 2),
        ev.Question(61_000, 61_000, "Bo", "which size?", "asked"),
    )
    ann, bo = one.questions
    assert (ann.viewers, ann.answered_ms, ann.fact) == (3, 60_000, "lined with wool")
    assert (bo.answered_ms, bo.fact) == (None, "")
    assert (measure(one, "answered_share"), measure(one, "answer_s")) == (50.0, 50.0)


@pytest.mark.parametrize(
    ("kind", "how", "after", "expected"),
    [
        ("price_missing", "expired", ev.Rundown(90_000, "lamp", "price"), "heeded"),
        ("price_missing", "expired", ev.Rundown(120_001, "lamp", "price"), "passed"),
        ("price_missing", "expired", ev.Rundown(59_000, "lamp", "price"), "passed"),
        ("chat_unanswered", "expired", ev.Question(70_000, 9_000, "Ann", "warm?", "answered"), "heeded"),
        ("chat_unanswered", "expired", ev.Question(70_000, 9_000, "Ann", "warm?", "waiting"), "passed"),
        ("mic_silent", "fulfilled", None, "heeded"),
        ("flat", "dismissed", None, "dismissed"),
        ("flat", "superseded", None, "passed"),
        ("flat", None, None, "open"),
    ],
)
def test_tip_is_heeded_when_its_wish_is_met_in_time(
    kind: str, how: ev.TipEnd | None, after: ev.LogEvent | None, expected: str
) -> None:
    one = report(tip(0, 60_000, kind, how), after or [])
    assert one.tips[0].fate == expected
    assert one.tips[0].reasons == ("a reason",)
    assert one.sources == {"rules": 1}


def test_tip_whose_cue_was_not_kept_has_no_reasons() -> None:
    one = report(ev.Tip(5, "t0", "c0", "flat", "Vary your tone", 3, "rules", 9))
    assert (one.tips[0].reasons, one.moments) == ((), ())


def test_cue_that_became_no_tip_is_a_moment_of_the_report() -> None:
    one = report(ev.Cue(5_000, "flat", 0.6, ("monotone",), (), "c7", 3))
    assert [(each.at_ms, each.kind, each.reasons) for each in one.moments] == [(5_000, "flat", ("monotone",))]


def test_claim_is_quoted_with_what_was_said_right_before() -> None:
    cue = ev.Cue(30_000, "claim_medical", 0.9, ("a claim",), (("safer", "Say: results vary"),), "c0", 1)
    one = report(
        said(0, 9_000, "long ago"), said(25_000, 29_000, "it cures everything"), said(31_000, 33_000, "later"), cue
    )
    assert [(each.said, each.said_ms, each.safer) for each in one.claims] == [
        ("it cures everything", 25_000, "Say: results vary")
    ]


def test_claim_in_a_long_utterance_quotes_it_and_one_without_words_quotes_none() -> None:
    cue = ev.Cue(30_000, "off_platform", 0.9, ("an offer",), (), "c0", 1)
    assert report(said(10_000, 29_000, "just send me the money"), cue).claims[0].said == "just send me the money"
    assert (report(cue).claims[0].said, report(cue).claims[0].said_ms) == ("", 30_000)


def test_curve_has_the_mean_of_each_step_and_holes_where_nothing_was_measured() -> None:
    one = report(
        ev.Signal(100, "level", -20.0, "dBFS"),
        ev.Signal(900, "level", -30.0, "dBFS"),
        ev.Signal(2_100, "level", -10.0, "dBFS"),
        ev.Signal(2_200, "pace", 150.0, "wpm"),
    )
    assert (one.levels.step_ms, one.levels.values) == (1_000, (-25.0, None, -10.0))
    assert one.paces.values == (None, None, 150.0)


def test_curve_of_a_long_show_has_no_more_points_than_a_page_is_wide() -> None:
    signals = [ev.Signal(at_ms, "level", -20.0, "dBFS") for at_ms in range(0, 12 * 60 * MINUTE, 10_000)]
    one = report(signals)
    assert (one.levels.step_ms, len(one.levels.values)) == (36_000, 1_200)


def test_scenes_of_obs_come_before_saved_ones_and_faults_of_the_picture_stay() -> None:
    def screen(at_ms: int, scene: str = "", *, black: bool = False, frozen: bool = False) -> ev.Screen:
        return ev.Screen(at_ms, scene, black, frozen, 0.5, False)

    saved = report(
        screen(0, "main"), screen(4_000, "break"), screen(6_000, black=True), screen(8_000, frozen=True), screen(9_000)
    )
    assert saved.scenes == (
        Span(0, 4_000, "main"),
        Span(4_000, 6_000, "break"),
        Span(6_000, 8_000, "black"),
        Span(8_000, 9_000, "frozen"),
    )
    obs = report(ev.Status(1_000, "scene", "shown", "Desk"), screen(2_000, "main"), ended_ms=5_000)
    assert obs.scenes == (Span(1_000, 5_000, "Desk"),)


def test_marks_pauses_of_the_coach_gaps_and_delays_are_kept() -> None:
    one = report(
        ev.Status(1_000, "session", "marked"),
        ev.Status(2_000, "coach", "off"),
        ev.Status(3_000, "coach", "on"),
        ev.Status(4_000, "microphone", "lost"),
        ev.Status(5_000, "microphone", "listening"),
        ev.Status(5_500, "recogniser", "delayed", "4 s"),
        ev.Status(6_000, "recogniser", "failed"),
        ev.Status(7_000, "store", "gap", "9 events could not be saved here."),
        ended_ms=8_000,
    )
    assert one.marks == (1_000,)
    assert one.pauses == (Span(2_000, 3_000, "coach"),)
    assert one.certainty.gaps == (
        Span(4_000, 5_000, "microphone"),
        Span(6_000, 8_000, "recogniser"),
        Span(7_000, 7_000, "store"),
    )
    assert one.certainty.delays == (5_500,)


def test_measures_of_speech_are_medians_while_somebody_speaks() -> None:
    one = report(
        said(0, 10_000, "well then"),
        ev.Signal(5_000, "level", -20.0, "dBFS"),
        ev.Signal(15_000, "level", -60.0, "dBFS"),
        ev.Signal(5_000, "pace", 150.0, "wpm"),
        ev.Signal(15_000, "pace", 0.0, "wpm"),
        ev.Signal(5_000, "snr", 30.0, "dB"),
        ended_ms=40_000,
    )
    names = ("level_dbfs", "pace_wpm", "snr_db", "pitch_sd", "talk_share", "silences_per_hour")
    assert [measure(one, name) for name in names] == [-20.0, 150.0, 30.0, None, 25.0, None]


def test_level_before_the_first_word_is_no_voice() -> None:
    assert measure(report(ev.Signal(0, "level", -60.0, "dBFS"), said(5_000, 9_000, "hi")), "level_dbfs") is None


def test_measure_stands_beside_the_last_five_shows() -> None:
    past: list[dict[str, float | None]] = [{"tips": float(n)} for n in (4, 6, 5, 9, 8, 99)]
    one = build_report([STARTED, *tip(0, 5_000, "flat")], past=past)
    tips = next(each for each in one.measures if each.name == "tips")
    assert (tips.value, tips.own, tips.usual) == (1.0, (4.0, 9.0), None)
    pace = next(each for each in one.measures if each.name == "pace_wpm")
    assert (pace.own, pace.usual) == (None, (104.0, 190.0))


def test_one_earlier_show_is_no_range() -> None:
    one = build_report([STARTED, *tip(0, 5_000, "flat")], past=[{"tips": 3.0, "claims": None}])
    assert all(each.own is None for each in one.measures)


# Strengths and focus.


def test_of_a_show_with_hardly_a_word_nothing_is_concluded() -> None:
    one = report(said(0, 50_000, "hello"), tip(0, 5_000, "price_missing"), ended_ms=60_000)
    assert (one.strengths, one.focus) == ((), None)


def kinds(one: Report) -> tuple[list[str], str | None]:
    return [each.kind for each in one.strengths], one.focus.kind if one.focus else None


def test_three_strengths_and_the_dearest_weakness() -> None:
    one = report(
        talk(10),
        [ev.Signal(at_ms, "pace", 150.0, "wpm") for at_ms in range(0, 600_000, 10_000)],
        [ev.Rundown(0, f"item {n}", "planned", "$5") for n in range(3)],
        *(
            (
                ev.Rundown(n * 180_000 + 1_000, f"item {n}", "shown"),
                ev.Rundown(n * 180_000 + 20_000, f"item {n}", "price"),
                ev.Rundown(n * 180_000 + 20_000, f"item {n}", "recap"),
                ev.Rundown(n * 180_000 + 40_000, f"item {n}", "call"),
            )
            for n in range(3)
        ),
        ev.Question(100_000, 100_000, "Ann", "warm?", "asked"),
        ev.Question(200_000, 200_000, "Bo", "wide?", "asked"),
        ev.Question(300_000, 300_000, "Cy", "light?", "asked"),
        ended_ms=600_000,
    )
    assert kinds(one) == (["calls", "prices", "silence"], "answers")
    assert one.focus is not None
    assert (one.focus.score, one.focus.numbers, one.focus.evidence) == (
        -1.0,
        (("part", 0), ("whole", 3)),
        (100_000, 200_000, 300_000),
    )
    assert one.strengths[1].evidence == (20_000, 200_000, 380_000)


def test_claim_is_the_focus_whatever_else_there_is() -> None:
    one = report(
        talk(5),
        ev.Cue(30_000, "claim_medical", 0.9, ("a claim",), (), "c0", 1),
        tip(1, 60_000, "mic_silent", "fulfilled"),
        ended_ms=300_000,
    )
    assert one.focus is not None
    assert (one.focus.kind, one.focus.evidence) == ("claims", (30_000,))


@pytest.mark.parametrize(("kind", "expected"), [("clipping", "sound"), ("black", "picture")])
def test_faults_of_sound_and_picture_are_worked_on(kind: str, expected: str) -> None:
    one = report(talk(5), *(tip(n, n * 60_000 + 5_000, kind) for n in range(3)), ended_ms=300_000)
    assert one.focus is not None
    assert (one.focus.kind, one.focus.numbers) == (expected, (("count", 3),))


def test_price_said_late_or_never_counts_and_one_of_an_item_hardly_shown_does_not() -> None:
    one = report(
        talk(8),
        [ev.Rundown(0, name, "planned", "$5") for name in ("late", "never", "short", "unseen")],
        ev.Rundown(0, "free", "planned", ""),
        ev.Rundown(10_000, "late", "shown"),
        ev.Rundown(100_000, "late", "price"),
        ev.Rundown(120_000, "never", "shown"),
        ev.Rundown(240_000, "short", "shown"),
        ev.Rundown(260_000, "free", "shown"),
        ended_ms=480_000,
    )
    prices = next(each for each in (*one.strengths, one.focus) if each and each.kind == "prices")
    assert (prices.numbers, prices.evidence) == ((("part", 0), ("whole", 2)), (10_000, 120_000))


def test_long_stretches_without_a_recap_are_shown() -> None:
    one = report(
        talk(20), ev.Rundown(0, "lamp", "planned", "$5"), ev.Rundown(60_000, "lamp", "recap"), ended_ms=1_200_000
    )
    assert one.focus is not None
    assert (one.focus.kind, one.focus.numbers, one.focus.evidence) == (
        "recaps",
        (("part", 1), ("whole", 4)),
        (60_000,),
    )


def test_prices_close_together_need_one_call() -> None:
    one = report(
        talk(5),
        ev.Rundown(50_000, "lamp", "price"),
        ev.Rundown(70_000, "lamp", "price"),
        ev.Rundown(200_000, "lamp", "price"),
        ended_ms=300_000,
    )
    assert one.focus is not None
    assert (one.focus.kind, one.focus.evidence) == ("calls", (50_000, 200_000))


def test_talking_points_left_out_point_to_their_item() -> None:
    one = report(
        talk(2),
        ev.Rundown(0, "lamp", "to_say", "no flicker"),
        ev.Rundown(0, "mug", "to_say", "two sizes"),
        ev.Rundown(10_000, "lamp", "shown"),
        ended_ms=120_000,
    )
    assert one.focus is not None
    assert (one.focus.kind, one.focus.evidence) == ("points", (10_000,))


def test_fast_talk_is_shown_where_it_was_and_not_every_second_of_it() -> None:
    fast = [ev.Signal(at_ms, "pace", 230.0, "wpm") for at_ms in range(0, 40_000, 5_000)]
    one = report(talk(2), fast, ended_ms=120_000)
    assert one.focus is not None
    assert (one.focus.kind, one.focus.numbers, one.focus.evidence) == ("pace", (("in_range", 0),), (0, 15_000, 30_000))


def test_silence_is_weighed_by_its_length() -> None:
    one = report(talk(2), talk(1, from_ms=180_000), ended_ms=240_000)
    assert one.focus is not None
    assert (one.focus.kind, one.focus.score, one.focus.numbers) == ("silence", -1.0, (("count", 1), ("quiet_s", 60)))


def test_tips_that_were_passed_over_are_the_least_of_it() -> None:
    one = report(talk(4), *(tip(n, n * 60_000 + 5_000, "flat") for n in range(3)), ended_ms=240_000)
    assert kinds(one) == (["silence", "claims"], "tips")


def test_what_could_not_be_better_is_no_focus() -> None:
    one = report(
        talk(5),
        [ev.Signal(at_ms, "pace", 150.0, "wpm") for at_ms in range(0, 300_000, 10_000)],
        ev.Rundown(0, "lamp", "planned", "$5"),
        ev.Rundown(10_000, "lamp", "shown"),
        ev.Rundown(20_000, "lamp", "price"),
        ev.Rundown(30_000, "lamp", "call"),
        ev.Question(40_000, 40_000, "Ann", "warm?", "asked"),
        ev.Question(60_000, 40_000, "Ann", "warm?", "answered"),
        ended_ms=300_000,
    )
    assert kinds(one) == (["silence", "pace", "answers"], None)
