"""Sessions as subtitles, text, Markdown, JSON and CSV."""

import csv
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.core.events import Cue, LogEvent, SessionStarted, Signal, Status, Tip, TipClosed, Transcript, Word
from martlive_desktop.core.export import FORMATS, to_csv, to_json, to_md, to_srt, to_txt, to_vtt

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


def test_md_of_nothing_says_so() -> None:
    assert to_md([]) == (
        "# Show\n\n00:00 · 0 tips\n\n## Transcript\n\nNothing was said.\n\n## Tips\n\nNo tips were given.\n"
    )


def test_json_has_the_fields_of_the_events() -> None:
    document = json.loads(to_json(SHOW))
    assert list(document) == ["session", "transcript", "tips", "cues", "marks"]
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
    assert list(FORMATS) == ["srt", "vtt", "txt", "md", "json", "csv"]
    for write in FORMATS.values():
        assert isinstance(write(given_events).encode("utf-8"), bytes)


def test_marked_moments_are_exported() -> None:
    marked = [*SHOW, Status(65_000, "session", "marked", "You marked this moment.")]
    assert to_md(marked).endswith("\n## Marked by you\n\n- **01:05**\n")
    assert [one["at_ms"] for one in json.loads(to_json(marked))["marks"]] == [65_000]
    assert list(csv.reader(io.StringIO(to_csv(marked))))[-1] == ["mark", "00:01:05.000", "00:01:05.000", ""]
