"""Sessions as subtitles, text, Markdown, JSON, CSV, chapters and clips."""

import csv
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.core.events import (
    Cue,
    LogEvent,
    Question,
    Rundown,
    SessionStarted,
    Signal,
    Status,
    Tip,
    TipClosed,
    Transcript,
    Word,
)
from martlive_desktop.core.export import (
    ENDINGS,
    FORMATS,
    FRAMES_A_SECOND,
    to_chapters,
    to_clips,
    to_csv,
    to_edl,
    to_json,
    to_md,
    to_srt,
    to_txt,
    to_vtt,
)

STARTED = SessionStarted(0, "0.2.0", "selling", "my_show.mp4", ("whisper-base",), "d1")
TIP = Tip(63_000, "t1", "c1", "price_missing", "Say the price", 2, "rules", 71_000)


def spoken(text: str, start_ms: int = 0, word_ms: int = 300, utterance: int = 0) -> Transcript:
    """A final whose words take `word_ms` each, without gaps."""
    words = tuple(
        Word(one, start_ms + i * word_ms, start_ms + (i + 1) * word_ms, 0.9) for i, one in enumerate(text.split())
    )
    return Transcript(words[-1].end_ms if words else start_ms, True, utterance, text, words)


SHOW: list[LogEvent] = [
    STARTED,
    Transcript(900, False, 0, "hello ev", ()),
    spoken("Hello everyone, welcome!", 1_000),
    Signal(2_000, "pace", 140.0, "wpm"),
    spoken("This one is <new> & soft.", 61_000, utterance=1),
    Cue(62_000, "price_missing", 0.8, ("no price for 60 s",), id="c1", severity=2),
    TIP,
    TipClosed(66_500, "t1", "fulfilled"),
]


def test_srt_has_numbered_subtitles_of_finals() -> None:
    assert to_srt(SHOW) == (
        "1\n00:00:01,000 --> 00:00:02,000\nHello everyone, welcome!\n\n"
        "2\n00:01:01,000 --> 00:01:02,800\nThis one is <new> & soft.\n"
    )


def test_vtt_escapes_what_is_markup_there() -> None:
    assert to_vtt(SHOW) == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHello everyone, welcome!\n\n"
        "00:01:01.000 --> 00:01:02.800\nThis one is &lt;new&gt; &amp; soft.\n"
    )


def test_txt_has_one_utterance_a_line() -> None:
    assert to_txt([*SHOW, spoken("two\nlines", 70_000), spoken("", 80_000)]) == (
        "Hello everyone, welcome!\nThis one is <new> & soft.\ntwo lines\n"
    )


def test_md_has_transcript_and_tips_with_times() -> None:
    assert to_md(SHOW) == (
        "# my\\_show.mp4\n\n01:06 · selling · 1 tip\n\n## Transcript\n\n"
        "- **00:01** Hello everyone, welcome!\n- **01:01** This one is \\<new\\> \\& soft.\n\n"
        "## Tips\n\n- **01:03** Say the price (fulfilled)\n"
    )


def test_md_takes_nothing_from_a_strange_end_of_a_tip() -> None:
    tip = Tip(1_000, "t1", "c1", "price_missing", "Say the price", 2, "rules", 9_000)
    page = to_md([tip, TipClosed(2_000, "t1", "[x](y)\ud800")])  # type: ignore[arg-type]
    assert page.endswith("- **00:01** Say the price (\\[x\\](y))\n")


def test_md_of_nothing_says_so() -> None:
    assert to_md([]) == (
        "# Show\n\n00:00 · 0 tips\n\n## Transcript\n\nNothing was said.\n\n## Tips\n\nNo tips were given.\n"
    )


def test_json_has_the_fields_of_the_events() -> None:
    document = json.loads(to_json(SHOW))
    assert list(document) == ["session", "transcript", "tips", "cues", "marks", "questions", "rundown", "measures"]
    assert document["session"]["source"] == "my_show.mp4"
    assert [one["text"] for one in document["transcript"]] == ["Hello everyone, welcome!", "This one is <new> & soft."]
    assert document["transcript"][0]["words"][0]["start_ms"] == 1_000
    assert [one["text"] for one in document["tips"]] == ["Say the price"]
    assert [one["kind"] for one in document["cues"]] == ["price_missing"]


def test_json_of_a_session_without_a_first_line_has_no_session() -> None:
    assert json.loads(to_json([]))["session"] is None


def test_json_keeps_a_file_name_that_is_not_utf8() -> None:
    text = to_json([SessionStarted(0, "0.2.0", "talk", "sh\udcffow.wav", (), "d1")])
    assert json.loads(text.encode("utf-8"))["session"]["source"] == "sh\udcffow.wav"


def test_csv_has_finals_and_tips_in_the_order_of_their_start() -> None:
    assert to_csv([TIP, *SHOW[:-1]]).splitlines()[:2] == [
        "type,start,end,text",
        'transcript,00:00:01.000,00:00:01.900,"Hello everyone, welcome!"',
    ]
    assert to_csv(SHOW).splitlines()[-1] == "tip,00:01:03.000,00:01:06.500,Say the price"
    assert to_csv([TIP]).splitlines()[-1] == "tip,00:01:03.000,00:01:11.000,Say the price"


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1+1"],
    ids=["eq", "plus", "minus", "at", "tab", "cr", "wide"],
)
def test_csv_disarms_formulas(text: str) -> None:
    rows = list(csv.reader(io.StringIO(to_csv([Transcript(0, True, 0, text, ())]))))
    assert rows[1][3] == "'" + text.strip()


def test_long_utterance_breaks_after_a_clause_and_at_two_lines() -> None:
    said = (
        "So this is the blue bottle that everybody asked about last week, it keeps drinks cold for a "
        "whole day and it is only fourteen dollars. Tell me where you are from!"
    )
    assert to_srt([spoken(said, 0, 150)]) == (
        "1\n00:00:00,000 --> 00:00:01,800\nSo this is the blue bottle that everybody\nasked about last week,\n\n"
        "2\n00:00:01,800 --> 00:00:03,900\nit keeps drinks cold for a whole day and\nit is only fourteen dollars.\n\n"
        "3\n00:00:03,900 --> 00:00:04,900\nTell me where you are from!\n"
    )


def test_slow_speech_breaks_at_six_seconds() -> None:
    assert [(start, end) for start, end, _ in parsed(to_srt([spoken("a b c d e", 0, 2_500)]))] == [
        (0, 5_000),
        (5_000, 10_000),
        (10_000, 12_500),
    ]


def test_short_subtitle_stays_for_a_second_but_not_over_the_next() -> None:
    said = [spoken("Hi.", 0, 200), spoken("You!", 700, 200), spoken("Bye.", 5_000, 200)]
    assert [(start, end) for start, end, _ in parsed(to_srt(said))] == [(0, 700), (700, 1_700), (5_000, 6_000)]


def test_word_longer_than_a_line_is_cut() -> None:
    assert [lines for _, _, lines in parsed(to_srt([spoken("x" * 100)]))] == [["x" * 42, "x" * 42], ["x" * 16]]


def test_filler_that_was_not_written_is_in_no_subtitle() -> None:
    words = (Word("So,", 0, 300, 0.9), Word("uh", 400, 800, 0.8, filler="acoustic"), Word("hi.", 900, 1_200, 0.9))
    said = Transcript(2_000, is_final=True, utterance=0, text="So, hi.", words=words)
    assert to_srt([said]) == "1\n00:00:00,000 --> 00:00:01,200\nSo, hi.\n"


def test_chinese_has_no_spaces_between_words() -> None:
    assert to_txt([spoken("大家 好 。 hello 朋友")]) == "大家好。 hello 朋友\n"


def test_arrow_that_is_said_does_not_look_like_a_time() -> None:
    assert to_srt([spoken("a --> b")]) == "1\n00:00:00,000 --> 00:00:01,000\na → b\n"


texts = st.text(st.one_of(st.characters(), st.sampled_from("ab .,!?>-<&\n\r\u2028\x85大好")), max_size=60)
times = st.integers(-10_000, 20_000)
words = st.builds(Word, text=texts, start_ms=times, end_ms=times, probability=st.floats(0, 1))
finals = st.builds(
    Transcript,
    at_ms=times,
    is_final=st.booleans(),
    utterance=st.integers(0, 5),
    text=texts,
    words=st.lists(words, max_size=12).map(tuple),
)
events: st.SearchStrategy[list[LogEvent]] = st.lists(
    st.one_of(
        finals,
        st.just(STARTED),
        st.builds(Tip, at_ms=times, text=texts, expires_ms=times, source=st.just("rules")),
    ),
    max_size=8,
)

BLOCK = re.compile(r"(\d+)\n(\d\d):(\d\d):(\d\d),(\d{3}) --> (\d\d):(\d\d):(\d\d),(\d{3})\n(.+)", re.DOTALL)


def parsed(srt: str) -> list[tuple[int, int, list[str]]]:
    """Start, end and lines of each subtitle, by the strict grammar of SubRip."""
    found = []
    for number, block in enumerate(srt.removesuffix("\n").split("\n\n") if srt else (), 1):
        match = BLOCK.fullmatch(block)
        assert match, block
        index, *clock = (int(match[i]) for i in range(1, 10))
        assert index == number
        start, end = (((h * 60 + m) * 60 + s) * 1000 + ms for h, m, s, ms in (clock[:4], clock[4:]))
        found.append((start, end, match[10].split("\n")))
    return found


@given(events)
def test_any_events_give_valid_subtitles(given_events: list[LogEvent]) -> None:
    free_ms = 0
    subtitles = parsed(to_srt(given_events))
    for start_ms, end_ms, lines in subtitles:
        assert free_ms <= start_ms < end_ms <= start_ms + 6_000
        assert 1 <= len(lines) <= 2
        assert all(0 < len(line) <= 42 and line == line.strip() for line in lines)
        free_ms = end_ms
    said = "".join(
        word.text for one in given_events if isinstance(one, Transcript) and one.is_final for word in one.words
    )
    heard = "".join("".join(lines) for _, _, lines in subtitles)
    assert sorted(re.sub(r"[\W_]", "", heard)) == sorted(re.sub(r"[\W_]", "", said))
    blocks = to_vtt(given_events).split("\n\n")
    assert blocks[0].strip() == "WEBVTT"
    assert len(blocks) - 1 == len(subtitles)
    for block in blocks[1:]:
        timing, *lines = block.removesuffix("\n").split("\n")
        assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} --> \d\d:\d\d:\d\d\.\d{3}", timing)
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", "".join(lines))


@given(events)
def test_every_format_can_be_written_as_utf8(given_events: list[LogEvent]) -> None:
    assert list(FORMATS) == ["srt", "vtt", "txt", "md", "json", "csv", "chapters", "clips", "edl"]
    assert list(ENDINGS) == list(FORMATS)
    for write in FORMATS.values():
        assert isinstance(write(given_events).encode("utf-8"), bytes)


def test_marked_moments_are_exported() -> None:
    marked = [*SHOW, Status(65_000, "session", "marked", "You marked this moment.")]
    assert to_md(marked).endswith("\n## Marked by you\n\n- **01:05**\n")
    assert [one["at_ms"] for one in json.loads(to_json(marked))["marks"]] == [65_000]
    assert list(csv.reader(io.StringIO(to_csv(marked))))[-1] == ["mark", "00:01:05.000", "00:01:05.000", ""]


def mark(at_ms: int) -> Status:
    return Status(at_ms, "session", "marked")


SOLD: list[LogEvent] = [
    STARTED,
    Rundown(0, "blue mug", "planned", "$14"),
    Rundown(0, "blue mug", "to_say", "dishwasher"),
    Rundown(0, "tea <tin>", "planned"),
    Rundown(0, "old jug", "planned"),
    Rundown(20_000, "blue mug", "shown"),
    Rundown(25_000, "blue mug", "said", "dishwasher"),
    Rundown(30_000, "blue mug", "price"),
    Rundown(35_000, "blue mug", "call"),
    Rundown(90_000, "tea <tin>", "shown"),
    *(spoken("this is ten words and takes seven seconds to say", at_ms, 700) for at_ms in range(0, 180_000, 8_000)),
    Question(50_000, 40_000, "Rosa", "safe for *cats*?", "asked"),
    Question(100_000, 40_000, "Rosa", "safe for *cats*?", "waiting", fact="lead-free"),
    Question(110_000, 105_000, "Tom", "in red?", "asked"),
    Status(190_000, "session", "ended"),
]


def test_md_tells_what_went_well_and_what_is_open() -> None:
    page = to_md(SOLD)
    assert "- You said how to buy after every price.\n" in page[page.index("## What went well") :]
    assert "## To work on\n\nNext time, answer the viewers who ask: this time nobody got an answer.\n" in page
    assert (
        "## Products\n\n"
        "- **blue mug** ($14): on for 01:10, price said at 00:30, how to buy at 00:35, 1 of 1 talking points\n"
        "- **tea \\<tin\\>**: on for 01:40, price not said, how to buy not said\n"
        "- **old jug**: not shown, price not said, how to buy not said\n"
    ) in page
    assert (
        "## Questions without an answer\n\n"
        "- **00:40** Rosa: safe for \\*cats\\*? (the plan says: lead-free)\n- **01:45** Tom: in red?\n"
    ) in page


def test_json_has_questions_rundown_and_measures() -> None:
    document = json.loads(to_json(SOLD))
    assert [one["state"] for one in document["questions"]] == ["asked", "waiting", "asked"]
    assert document["rundown"][0] == {
        "type": "rundown",
        "at_ms": 0,
        "item": "blue mug",
        "what": "planned",
        "detail": "$14",
        "emitted_ms": 0,
    }
    assert document["measures"]["questions"] == 2.0


def test_chapters_are_lines_for_a_description() -> None:
    # The tin's angle brackets would be refused.
    assert to_chapters(SOLD) == "0:00 Welcome\n0:20 blue mug\n1:30 tea (tin)\n"


def test_chapters_and_clips_are_told_in_chinese_too() -> None:
    assert to_chapters(SOLD, "zh").startswith("0:00 开场\n")
    assert "价格和购买方式都说了" in to_clips(SOLD, "zh")
    assert "价格和购买方式都说了" in to_edl(SOLD, "zh")


def test_chapters_after_an_hour_have_hours() -> None:
    later: list[LogEvent] = [Rundown(3_723_000, "jug", "shown"), Rundown(3_800_000, "jar", "shown"), mark(3_900_000)]
    assert to_chapters(later) == "0:00 Welcome\n1:02:03 jug\n1:03:20 jar\n"


def test_chapters_that_cannot_be_say_why() -> None:
    assert to_chapters(SHOW) == (
        "No chapters: YouTube takes three or more of at least ten seconds each. "
        "Products on show, scenes and the moments you mark become chapters.\n"
    )


def test_clips_are_rows_with_what_is_said() -> None:
    said = spoken("this is ten words and takes seven seconds to say", 0, 700).text
    assert list(csv.reader(io.StringIO(to_clips([*SOLD, mark(125_000)])))) == [
        ["start", "end", "why", "text"],
        ["00:00:16.000", "00:00:39.000", "blue mug, with its price and how to buy", f"{said} {said} {said}"],
        ["00:01:44.000", "00:02:15.000", "You marked this moment", " ".join([said] * 4)],
    ]
    assert to_clips([]) == "start,end,why,text\n"


def test_clips_disarm_formulas() -> None:
    name = "=HYPERLINK()"
    pitch = [Rundown(0, name, "shown"), Rundown(5_000, name, "price"), Rundown(9_000, name, "call")]
    rows = list(csv.reader(io.StringIO(to_clips([*pitch, spoken("@sum +1", 500), Status(60_000, "session", "ended")]))))
    assert rows[1][2:] == ["'=HYPERLINK(), with its price and how to buy", "'@sum +1"]


EDL_CUT = re.compile(
    r"(\d{3})  AX       AA/V  C        (\S{11}) (\S{11}) (\S{11}) (\S{11})\n"
    r"\* FROM CLIP NAME: (.+)\n\* COMMENT: (.+)\n?"
)


def cuts(edl: str) -> list[tuple[int, int, int, int, str, str]]:
    """Source and record frames, clip name and comment of each event, by the grammar of CMX 3600."""

    def frames(timecode: str) -> int:
        hours, minutes, seconds, frame = map(int, timecode.split(":"))
        assert frame < FRAMES_A_SECOND
        assert hours < 24
        return ((hours * 60 + minutes) * 60 + seconds) * FRAMES_A_SECOND + frame

    head, *blocks = edl.split("\n\n")
    assert re.fullmatch(r"TITLE: .+\nFCM: NON-DROP FRAME\n?", head)
    found = []
    for number, block in enumerate(blocks, 1):
        match = EDL_CUT.fullmatch(block)
        assert match, block
        assert int(match[1]) == number
        start, end, at, until = (frames(match[i]) for i in range(2, 6))
        found.append((start, end, at, until, match[6], match[7]))
    return found


def test_edl_cuts_the_clips_out_one_after_another() -> None:
    assert cuts(to_edl([*SOLD, mark(125_000)])) == [
        (400, 975, 0, 575, "my_show.mp4", "blue mug, with its price and how to buy"),
        (2_600, 3_375, 575, 1_350, "my_show.mp4", "You marked this moment"),
    ]


def test_edl_of_nothing_has_its_head() -> None:
    assert to_edl([]) == "TITLE: recording\nFCM: NON-DROP FRAME\n"
    for source in ("microphone", "demo", " ", "\u2028"):
        assert to_edl([SessionStarted(0, "1", "talk", source, (), "d")]).startswith("TITLE: recording\n")


def test_edl_ends_with_the_day_of_its_time_code() -> None:
    late = [mark(at_ms) for at_ms in (86_300_000, 86_500_000)]
    assert len(cuts(to_edl([*late, Status(90_000_000, "session", "ended")]))) == 1


@given(st.lists(st.tuples(texts, st.integers(0, 3_600_000)), max_size=10), texts)
def test_any_names_give_an_edl_that_can_be_read(pitched: list[tuple[str, int]], source: str) -> None:
    show: list[LogEvent] = [SessionStarted(0, "1", "selling", source, (), "d")]
    for name, at_ms in sorted(pitched, key=lambda one: one[1]):
        show += [Rundown(at_ms, name, "shown"), Rundown(at_ms, name, "price"), Rundown(at_ms, name, "call")]
    found = cuts(to_edl([*show, Status(4_000_000, "session", "ended")]))
    assert all(end - start == until - at > 0 for start, end, at, until, _, _ in found)
