"""Tokens from which a stream goes on: whole, signed, of one session."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_api.asr.checkpoint import Place, pack_state, sign, unpack_state, verify
from cloud_api.errors import Refusal
from martlive_desktop.core.speech.governor import Pace
from martlive_desktop.core.speech.recogniser import Recogniser, RecogniserState
from martlive_desktop.inference.vad import VadState
from tests.fakes.speech import LOUD, ChecksumModel, LevelVad, sound

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from martlive_desktop.core.events import Transcript

SECRET = b"s" * 32
PLACE = Place("session", "tenant", 7, 1_400, 96, b"state")
TALK = sound((0, 0.3), (LOUD, 2.0), (0, 0.9), (LOUD, 15.0), (0, 0.9))


class RecurrentVad:
    """As `LevelVad`, with the arrays of the real one: each call changes them, so that a lost one would show."""

    def probabilities(self, pcm: NDArray[np.int16], state: VadState | None) -> tuple[list[float], VadState]:
        hidden = np.zeros((1, 1, 4), np.float32) if state is None else state.hidden
        chances, _ = LevelVad().probabilities(pcm, 0)
        moved = (hidden * np.float32(0.7) + np.float32(pcm.astype(np.float32).std() / 7)).astype(np.float32)
        shift = float(np.float32(moved.sum() % 1e-3))
        return [one + shift for one in chances], VadState(
            moved, moved[::-1] * np.float32(3), pcm[-8:].astype(np.float32)
        )


def recogniser(state: RecogniserState | None = None, language: str = "en") -> Recogniser:
    model = ChecksumModel(language="zh" if language == "auto" else "en")
    return Recogniser(RecurrentVad(), model, pace=Pace(600), ends_early=False, language=language, state=state)


def finals(one: Recogniser, pcm: NDArray[np.int16], sizes: list[int]) -> list[Transcript]:
    found: list[Transcript] = []
    at = 0
    for size in [*sizes, len(pcm)]:
        one.feed(pcm[at : at + size])
        at += size
        while (block := one.step()) is not None:
            found += block.transcripts
    for block in one.finish():
        found += block.transcripts
    return [told for told in found if told.is_final]


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 280), st.lists(st.integers(1, 16_000), max_size=5), st.sampled_from(["en", "auto"]))
def test_stream_that_goes_on_from_a_packed_state_gives_the_same_finals(
    blocks: int, sizes: list[int], language: str
) -> None:
    whole = finals(recogniser(language=language), TALK, [])
    first = recogniser(language=language)
    first.feed(TALK)
    told: list[Transcript] = []
    state: RecogniserState | None = None
    for _ in range(blocks):
        if (block := first.step()) is None:
            break
        told += [one for one in block.transcripts if one.is_final]
        state = block.checkpoint or state
    kept = unpack_state(pack_state(state)) if state else None
    rest = finals(recogniser(kept, language), TALK[kept.keep_from if kept else 0 :], sizes)
    assert told + [one for one in rest if one.utterance >= len(told)] == whole


def test_state_comes_back_as_it_was() -> None:
    one = recogniser()
    one.feed(TALK)
    kept = [block.checkpoint for block in iter(one.step, None) if block.checkpoint]
    assert len(kept) > 15
    for state in kept:
        back = unpack_state(pack_state(state))
        for field in dataclasses.fields(state):
            if field.name == "voice":
                for name in ("hidden", "cell", "context"):
                    assert np.array_equal(getattr(back.voice, name), getattr(state.voice, name))
            elif field.name not in ("draft", "pause", "is_small"):
                assert getattr(back, field.name) == getattr(state, field.name), field.name
        assert len(sign(Place("s", "t", 0, 0, 0, pack_state(state)), SECRET)) < 16_384


def test_token_names_its_place() -> None:
    assert verify(sign(PLACE, SECRET), SECRET, session="session", tenant="tenant") == PLACE


@pytest.mark.parametrize(
    ("session", "tenant", "secret"),
    [("another", "tenant", SECRET), ("session", "another", SECRET), ("session", "tenant", b"z" * 32)],
    ids=["session", "tenant", "secret"],
)
def test_token_of_something_else_is_refused(session: str, tenant: str, secret: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        verify(sign(PLACE, SECRET), secret, session=session, tenant=tenant)
    assert (refused.value.name, refused.value.problem.close_code) == ("resume-invalid", 4412)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_token_with_any_byte_changed_is_refused(data: st.DataObject) -> None:
    token = bytearray(base64.urlsafe_b64decode(sign(PLACE, SECRET)))
    at = data.draw(st.integers(0, len(token) - 1))
    token[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Refusal, match="cannot go on"):
        verify(base64.urlsafe_b64encode(token).decode(), SECRET, session="session", tenant="tenant")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_text_that_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="cannot go on"):
        verify(text, SECRET, session="session", tenant="tenant")


def test_token_of_another_version_is_refused() -> None:
    head = json.dumps([99, "session", "tenant", 0, 0, 0]).encode()
    body = len(head).to_bytes(2, "big") + head
    token = base64.urlsafe_b64encode(hmac.digest(SECRET, body, hashlib.sha256) + body).decode()
    with pytest.raises(Refusal, match="cannot go on"):
        verify(token, SECRET, session="session", tenant="tenant")


@pytest.mark.parametrize("data", [b"", b"no zlib", pack_state(RecogniserState())[:-9]], ids=["empty", "other", "cut"])
def test_bytes_that_are_no_state_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"state|Expecting|Unterminated"):
        unpack_state(data)
