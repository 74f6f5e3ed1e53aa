"""events.jsonl, the contract."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.core.events import (
    AudioChunk,
    Chat,
    Cue,
    LogEvent,
    Question,
    Rundown,
    Screen,
    SessionStarted,
    Signal,
    Status,
    Tip,
    TipClosed,
    Transcript,
    Word,
    from_json,
    ms_to_samples,
    samples_to_ms,
    to_json,
)

TEXTS = st.text(max_size=20)
TIMES = st.integers(0, 10**9)
EVENTS: st.SearchStrategy[LogEvent] = st.one_of(
    st.builds(SessionStarted, TIMES, TEXTS, TEXTS, TEXTS, st.tuples(TEXTS), TEXTS, emitted_ms=TIMES),
    st.builds(
        Transcript,
        TIMES,
        is_final=st.booleans(),
        utterance=TIMES,
        text=TEXTS,
        words=st.lists(st.builds(Word, TEXTS, TIMES, TIMES, st.floats(0, 1), st.booleans()), max_size=3).map(tuple),
        emitted_ms=TIMES,
    ),
    st.builds(Signal, TIMES, TEXTS, st.floats(-1e6, 1e6), TEXTS, emitted_ms=TIMES),
    st.builds(Chat, TIMES, TEXTS, TEXTS, TEXTS, emitted_ms=TIMES),
    st.builds(
        Screen,
        TIMES,
        TEXTS,
        is_black=st.booleans(),
        is_frozen=st.booleans(),
        brightness=st.floats(0, 1),
        is_cut=st.booleans(),
        contrast=st.floats(0, 0.5),
        motion=st.floats(0, 1),
        product=TEXTS,
        emitted_ms=TIMES,
    ),
    st.builds(
        Cue,
        TIMES,
        TEXTS,
        st.floats(0, 1),
        st.tuples(TEXTS),
        st.dictionaries(TEXTS, TEXTS, max_size=2).map(lambda slots: tuple(slots.items())),
        TEXTS,
        st.integers(0, 3),
        TIMES,
    ),
    st.builds(Tip, TIMES, TEXTS, TEXTS, TEXTS, TEXTS, st.integers(0, 3), st.just("rules"), TIMES, TIMES),
    st.builds(TipClosed, TIMES, TEXTS, st.sampled_from(["fulfilled", "expired", "dismissed", "superseded"]), TIMES),
    st.builds(Status, TIMES, TEXTS, TEXTS, TEXTS, TIMES),
    st.builds(Rundown, TIMES, TEXTS, st.just("price"), TEXTS, TIMES),
    st.builds(Question, TIMES, TIMES, TEXTS, TEXTS, st.just("asked"), TIMES, TEXTS, TIMES),
)


@given(EVENTS)
def test_every_event_comes_back_from_its_line(event: LogEvent) -> None:
    line = to_json(event)
    assert "\n" not in line
    assert from_json(line) == event


def test_line_has_the_names_of_the_contract() -> None:
    word = Word("hello", 100, 400, 0.9, is_stable=True)
    event = Transcript(500, is_final=True, utterance=2, text="hello", words=(word,), emitted_ms=700)
    assert json.loads(to_json(event)) == {
        "type": "transcript",
        "at_ms": 500,
        "final": True,
        "utterance": 2,
        "text": "hello",
        "words": [
            {"text": "hello", "start_ms": 100, "end_ms": 400, "probability": 0.9, "stable": True, "filler": ""},
        ],
        "emitted_ms": 700,
    }


@pytest.mark.parametrize(
    "line",
    ["", "{", "[]", "3", '{"type":"song"}', '{"type":"tip"}', '{"type":"transcript","words":3}', '{"at_ms":1}'],
)
def test_line_that_is_no_event_is_a_value_error(line: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_json(line)


@pytest.mark.parametrize(
    "line",
    [
        '{"type":"status","at_ms":"0","part":"coach","state":"on"}',
        '{"type":"status","at_ms":1.5,"part":"coach","state":"on"}',
        '{"type":"status","at_ms":true,"part":"coach","state":"on"}',
        '{"type":"status","at_ms":3000000000,"part":"coach","state":"on"}',
        '{"type":"status","at_ms":1,"part":7,"state":"on"}',
        '{"type":"status","at_ms":1,"part":"coach","state":["on"]}',
        '{"type":"signal","at_ms":1,"name":"pace","value":"fast","unit":"wpm"}',
        '{"type":"signal","at_ms":1,"name":"pace","value":NaN,"unit":"wpm"}',
        '{"type":"signal","at_ms":1,"name":"pace","value":1e999,"unit":"wpm"}',
        f'{{"type":"signal","at_ms":1,"name":"pace","value":{"9" * 400},"unit":"wpm"}}',
        '{"type":"transcript","at_ms":1,"final":"yes","utterance":0,"text":"","words":[]}',
        '{"type":"transcript","at_ms":1,"final":true,"utterance":0,"text":"a","words":[{"text":7,"start_ms":0,"end_ms":1,"probability":1}]}',
        '{"type":"session","at_ms":0,"app_version":"1","mode":"talk","source":"demo","models":[7],"settings_digest":""}',
    ],
)
def test_field_of_another_type_is_no_event(line: str) -> None:
    with pytest.raises(ValueError, match=r"^Not an event of this version\.$"):
        from_json(line)


@given(st.text(max_size=60))
def test_any_text_is_an_event_or_a_value_error(line: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_json(line)


def test_time_is_counted_in_samples() -> None:
    assert (samples_to_ms(24_000), ms_to_samples(1_500)) == (1_500, 24_000)
    chunk = AudioChunk(16_000, np.zeros(1_600, np.int16))
    assert (chunk.end_sample, chunk.at_ms) == (17_600, 1_100)


@pytest.mark.parametrize(
    ("part", "state", "is_news"),
    [
        ("recogniser", "language", True),
        ("screen", "picture", True),
        ("store", "lost", True),
        ("screen", "lost", False),
        ("microphone", "lost", False),
    ],
)
def test_news_is_what_no_lamp_shows(part: str, state: str, is_news: bool) -> None:
    assert Status(0, part, state, "A sentence.").is_news is is_news


def test_fields_that_a_newer_version_added_are_passed_over() -> None:
    line = to_json(Rundown(5, "lamp", "price"))
    assert from_json(line.replace("{", '{"colour":"red",', 1)) == Rundown(5, "lamp", "price")
    word = to_json(Transcript(5, True, 0, "hi", (Word("hi", 0, 5, 0.9),)))
    assert from_json(word.replace('{"text":"hi","start', '{"speaker":2,"text":"hi","start')) == from_json(word)


def test_word_that_does_not_say_whether_it_is_stable_is() -> None:
    line = to_json(Transcript(5, True, 0, "hi", (Word("hi", 0, 5, 0.9),)))
    assert from_json(line.replace(',"stable":true', "")) == from_json(line)
