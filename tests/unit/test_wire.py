"""Messages to and from the remote coach."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.core.wire import MAX_BYTES, Answer, AnswerRequest, TipAnswer, TipRequest, from_bytes, to_bytes

TEXTS = st.lists(st.text(max_size=20), max_size=4).map(tuple)
REQUESTS = st.builds(
    TipRequest,
    id=st.text(max_size=8),
    kind=st.text(max_size=8),
    severity=st.integers(0, 3),
    evidence=TEXTS,
    candidates=TEXTS,
    language=st.text(max_size=3),
    deadline_ms=st.integers(0, 10_000),
    version=st.just(2),
)
ANSWERS = st.builds(
    TipAnswer,
    id=st.text(max_size=8),
    text=st.text(max_size=60),
    source=st.sampled_from(["rules", "local", "remote"]),
    version=st.just(2),
)
QUESTIONS = st.builds(
    AnswerRequest,
    question=st.text(max_size=60),
    evidence=TEXTS,
    language=st.text(max_size=3),
    deadline_ms=st.integers(0, 10_000),
    version=st.just(2),
)
FOUND = st.builds(
    Answer,
    text=st.text(max_size=60),
    source=st.sampled_from(["rules", "local", "remote"]),
    grounded=st.booleans(),
    version=st.just(2),
)
REQUEST = TipRequest("c1", "reset", 2, ("lamp", "$46.50"), ("Recap for newcomers",), "en", 1500)


def test_request_as_bytes() -> None:
    assert to_bytes(REQUEST) == (
        b'{"id":"c1","kind":"reset","severity":2,"evidence":["lamp","$46.50"],'
        b'"candidates":["Recap for newcomers"],"language":"en","deadline_ms":1500,"version":2}'
    )


@given(REQUESTS, ANSWERS, QUESTIONS, FOUND)
def test_what_was_written_is_read_back(
    request: TipRequest, answer: TipAnswer, question: AnswerRequest, found: Answer
) -> None:
    assert from_bytes(TipRequest, to_bytes(request)) == request
    assert from_bytes(TipAnswer, to_bytes(answer)) == answer
    assert from_bytes(AnswerRequest, to_bytes(question)) == question
    assert from_bytes(Answer, to_bytes(found)) == found


def test_answer_is_grounded_or_not_and_nothing_else() -> None:
    with pytest.raises(ValueError, match="grounded must be bool"):
        from_bytes(Answer, b'{"text":"","source":"rules","grounded":1,"version":2}')


FIELDS = "The message needs exactly these fields: id, text, source, version."
ANSWER = {"id": "c1", "text": "Recap", "source": "remote", "version": 2}


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        pytest.param([], FIELDS, id="list"),
        pytest.param({"id": "c1"}, FIELDS, id="fields missing"),
        pytest.param({**ANSWER, "more": 1}, FIELDS, id="unknown field"),
        pytest.param({**ANSWER, "id": 1}, "id must be str.", id="number for text"),
        pytest.param({**ANSWER, "version": "1"}, "version must be int.", id="text for number"),
        pytest.param({**ANSWER, "version": True}, "version must be int.", id="truth for number"),
        pytest.param({**ANSWER, "source": "x"}, "source must be TipSource.", id="unknown source"),
        pytest.param({**ANSWER, "source": []}, "source must be TipSource.", id="list for source"),
        pytest.param(
            {**ANSWER, "version": 1}, "The message has version 1; this program speaks 2.", id="another version"
        ),
    ],
)
def test_message_of_another_shape_is_refused(message: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"\.$") as caught:
        from_bytes(TipAnswer, json.dumps(message).encode())
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("severity", -1, "severity must be int."),
        ("evidence", "lamp", "evidence must be tuple[str, ...]."),
        ("evidence", [1], "evidence must be tuple[str, ...]."),
    ],
)
def test_request_of_another_shape_is_refused(name: str, value: object, sentence: str) -> None:
    flat = {**json.loads(to_bytes(REQUEST)), name: value}
    with pytest.raises(ValueError, match="must be") as caught:
        from_bytes(TipRequest, json.dumps(flat).encode())
    assert str(caught.value) == sentence


def test_too_large_and_too_deep_are_refused() -> None:
    with pytest.raises(ValueError, match="larger than 65536 bytes"):
        from_bytes(TipAnswer, b" " * (MAX_BYTES + 1))
    with pytest.raises(ValueError, match="nested too deeply"):
        from_bytes(TipAnswer, b"[" * 60_000)


def is_refused(data: bytes) -> bool:
    try:
        from_bytes(TipAnswer, data)
    except ValueError:
        return True
    return False


@given(
    st.one_of(st.binary(), st.text().map(str.encode), st.recursive(st.none(), st.lists).map(json.dumps).map(str.encode))
)
def test_any_other_bytes_are_refused(data: bytes) -> None:
    assert is_refused(data)
