"""Places from which a stream goes on: packed, signed, and exactly where it was."""

from __future__ import annotations

import base64
import json
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_api.asr.checkpoint import Place, pack_state, sign, unpack_state, verify
from cloud_api.errors import Refusal
from martlive_desktop.core.events import Transcript
from martlive_desktop.core.speech.governor import Pace
from martlive_desktop.core.speech.recogniser import Heard, Recogniser, RecogniserState
from martlive_desktop.inference.vad import VadState
from tests.fakes.speech import LOUD, ChecksumModel, sound

SECRET = b"s" * 32
PLACE = Place("session", "tenant", 7, 1_400, 320, b"state")

TALK = sound(
    (0, 0.5), (LOUD, 1.7), (0, 0.9), (LOUD, 2.6), (0, 0.3), (LOUD, 1.2), (0, 3.5), (LOUD, 16.0), (0, 1.5), (LOUD, 0.9)
)


class NeuralVad:
    """Finds loud sound; carries arrays from call to call as Silero does, and mixes them into what it finds."""

    def probabilities(self, pcm: np.ndarray, state: VadState | None) -> tuple[list[float], VadState]:
        if state is None:
            state = VadState(
                np.zeros((1, 1, 128), np.float32), np.zeros((1, 1, 128), np.float32), np.zeros(64, np.float32)
            )
        levels = np.abs(pcm.astype(np.float32).reshape(-1, 512)).mean(axis=1)
        hidden = (0.5 * state.hidden + np.float32(levels.mean() / 7_001)).astype(np.float32)
        chances = [(0.8 if level > 500 else 0.1) + float(hidden[0, 0, 0]) * 1e-3 for level in levels]
        return chances, VadState(hidden, state.cell + 1, pcm[-64:].astype(np.float32))


def _recogniser(state: RecogniserState | None = None) -> Recogniser:
    return Recogniser(NeuralVad(), ChecksumModel(), pace=Pace(2_000), ends_early=False, state=state)


def _heard(one: Recogniser, pcm: np.ndarray) -> list[Heard]:
    one.feed(pcm)
    return [*iter(one.step, None), *one.finish()]


def _finals(heard: list[Heard]) -> list[Transcript]:
    return [one for block in heard for one in block.transcripts if one.is_final]


def test_stream_goes_on_from_every_place_as_if_nothing_had_happened() -> None:
    whole = _heard(_recogniser(), TALK)
    wanted = _finals(whole)
    assert len(wanted) == 5
    checkpoints = [block.checkpoint for block in whole if block.checkpoint]
    for checkpoint in checkpoints:
        state = unpack_state(pack_state(checkpoint))
        found = _finals(_heard(_recogniser(state), TALK[state.keep_from :]))
        assert found == [one for one in wanted if one.utterance >= checkpoint.utterance]


def test_state_between_utterances_is_small() -> None:
    states = [block.checkpoint for block in _heard(_recogniser(), TALK) if block.checkpoint]
    sizes = [len(pack_state(state)) for state in states if state.segmenter.opened_at is None]
    assert max(sizes) < 3_000
    assert max(len(pack_state(state)) for state in states) < 12_000


def test_place_comes_back_as_it_was() -> None:
    assert verify(sign(PLACE, SECRET), SECRET, session="session", tenant="tenant") == PLACE


@pytest.mark.parametrize(
    ("token", "session", "tenant", "secret"),
    [
        (sign(PLACE, SECRET), "other", "tenant", SECRET),
        (sign(PLACE, SECRET), "session", "other", SECRET),
        (sign(PLACE, SECRET), "session", "tenant", b"t" * 32),
        (sign(PLACE, SECRET)[:-4] + "AAAA", "session", "tenant", SECRET),
        ("", "session", "tenant", SECRET),
        ("ü", "session", "tenant", SECRET),
        ("x" * 100_000, "session", "tenant", SECRET),
    ],
    ids=["other session", "other tenant", "other secret", "changed", "empty", "no base64", "too long"],
)
def test_wrong_token_is_refused(token: str, session: str, tenant: str, secret: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        verify(token, secret, session=session, tenant=tenant)
    assert refused.value.name == "resume-invalid"


@given(st.binary(max_size=300), st.integers(0, 299), st.integers(1, 255))
def test_any_changed_byte_is_found(state: bytes, at: int, change: int) -> None:
    data = bytearray(base64.urlsafe_b64decode(sign(Place("s", "t", 1, 200, 0, state), SECRET)))
    data[at % len(data)] ^= change
    with pytest.raises(Refusal):
        verify(base64.urlsafe_b64encode(data).decode(), SECRET, session="s", tenant="t")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"junk",
        zlib.compress(b"[]"),
        zlib.compress(b"{}"),
        zlib.compress(json.dumps({"segmenter": {"limits": 1}}).encode()),
        zlib.compress(b" " * 10_000_000),
    ],
    ids=["empty", "junk", "list", "object", "other fields", "bomb"],
)
def test_what_is_no_state_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        unpack_state(data)
