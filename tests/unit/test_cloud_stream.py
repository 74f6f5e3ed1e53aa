"""A stream to the cloud over connections that break anywhere: each final once and in order, all sound without a gap."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from martlive_desktop.core.cloud_stream import (
    MAX_MESSAGE_BYTES,
    SOUND_FRAME_MS,
    CloudStream,
    Ended,
    MessageInvalid,
    Paced,
    Ready,
    Refused,
    Told,
)
from martlive_desktop.core.events import FRAME_MS, Status, Transcript, Voice, Word, to_json
from martlive_desktop.core.frames import (
    HEADER,
    MAX_CAPTURE_MS,
    MAX_PICTURE_BYTES,
    MAX_SOUND_BYTES,
    Frame,
    FrameInvalid,
    FrameKind,
    pack,
    parse,
)

FRAME = SOUND_FRAME_MS * 16


def sound(frames: float, value: int = 1) -> np.ndarray[Any, np.dtype[np.int16]]:
    return np.full(round(frames * FRAME), value, np.int16)


def ready(next_seq: int = 0) -> str:
    return json.dumps({"type": "ready", "epoch": 1, "next_seq": next_seq})


def ack(through_ms: int, resume: str = "r") -> str:
    return json.dumps({"type": "ack", "decoded_through_ms": through_ms, "resume": resume})


def voice(at_ms: int, count: int) -> str:
    return json.dumps({"type": "voice", "at_ms": at_ms, "probabilities": [0.5] * count})


def transcript(utterance: int, *, is_final: bool = True, at_ms: int = 0, rev: int | None = 0) -> str:
    word = Word("hi", 0, 10, 0.9)
    event = json.loads(
        to_json(Transcript(at_ms, is_final=is_final, utterance=utterance, text=f"t{utterance}", words=(word,)))
    )
    return json.dumps({"type": "event", "event": event, **({} if rev is None else {"rev": rev})})


def told(stream: CloudStream, *messages: str) -> list[Told]:
    return [one for message in messages for one in stream.take(message)]


def sent(stream: CloudStream) -> list[Frame]:
    return [parse(frame) for frame in stream.frames_to_send()]


# Frames


@pytest.mark.parametrize("kind", list(FrameKind))
def test_frame_is_read_as_it_was_written(kind: FrameKind) -> None:
    frame = Frame(kind, 7, 1_400, bytes(6_400))
    assert parse(pack(frame)) == frame
    assert kind.is_sound == (kind in (FrameKind.PCM16, FrameKind.OPUS))


def test_frame_knows_where_its_sound_ends() -> None:
    assert Frame(FrameKind.PCM16, 0, 1_000, bytes(6_400)).end_ms == 1_200


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "short"),
        (HEADER.pack(1, 0, 0), "short"),
        (HEADER.pack(9, 0, 0) + bytes(32), "kind"),
        (HEADER.pack(1, 0, 0) + bytes(MAX_SOUND_BYTES + 32), "size"),
        (HEADER.pack(3, 0, 0) + bytes(MAX_PICTURE_BYTES + 1), "size"),
        (HEADER.pack(1, 0, MAX_CAPTURE_MS + 1) + bytes(32), "time"),
        (HEADER.pack(1, 0, 0) + bytes(33), "odd"),
    ],
    ids=["empty", "no payload", "unknown kind", "long sound", "large picture", "next week", "half a millisecond"],
)
def test_bytes_that_are_no_frame_say_why(data: bytes, reason: str) -> None:
    with pytest.raises(FrameInvalid) as failed:
        parse(data)
    assert failed.value.reason == reason


@given(st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_refused(data: bytes) -> None:
    try:
        frame = parse(data)
    except FrameInvalid:
        return
    assert pack(frame) == data


# What goes out


def test_nothing_goes_out_before_the_service_listens() -> None:
    stream = CloudStream()
    stream.feed(sound(3))
    assert sent(stream) == []
    is_sent = [stream.is_sent]
    assert told(stream, ready()) == [Ready(1)]
    assert [one.sequence for one in sent(stream)] == [0, 1, 2]
    assert [*is_sent, stream.is_sent] == [False, True]
    assert sent(stream) == []


def test_rest_waits_for_a_whole_frame_or_the_end() -> None:
    stream = CloudStream()
    told(stream, ready())
    stream.feed(sound(0.5))
    stream.feed(sound(0.25))
    assert sent(stream) == []
    assert not stream.is_sent
    assert stream.kept == (0, bytes(sound(0.75)))
    stream.feed(np.ones(8, np.int16))
    stream.finish()
    [frame] = sent(stream)
    assert frame.payload == bytes(sound(0.75)) + bytes(np.ones(8, np.int16)) + bytes(16)
    assert (stream.fed_ms, stream.is_sent) == (151, True)
    stream.finish()
    assert sent(stream) == []


def test_service_names_the_place_from_which_it_wants_sound_again() -> None:
    stream = CloudStream()
    told(stream, ready())
    stream.feed(sound(5))
    assert len(sent(stream)) == 5
    stream.disconnected()
    stream.feed(sound(1))
    assert sent(stream) == []
    told(stream, ready(3))
    assert [one.sequence for one in sent(stream)] == [3, 4, 5]


def test_what_was_heard_is_dropped_and_the_rest_is_kept() -> None:
    stream = CloudStream()
    told(stream, ready())
    stream.feed(np.concatenate([sound(1, value) for value in range(4)]))
    assert stream.waiting_ms == 800
    assert told(stream, ack(500, "there")) == []
    assert (stream.waiting_ms, stream.resume_token) == (400, "there")
    assert stream.kept == (400, bytes(sound(1, 2)) + bytes(sound(1, 3)))
    told(stream, ack(800))
    assert (stream.waiting_ms, stream.kept) == (0, (800, b""))


def test_sound_beyond_the_ring_is_lost_and_counted() -> None:
    stream = CloudStream(ring_ms=400)
    stream.feed(sound(3))
    assert (stream.lost_ms, stream.waiting_ms) == (200, 400)


def test_service_that_wants_what_is_gone_makes_a_loss() -> None:
    stream = CloudStream()
    told(stream, ready())
    stream.feed(sound(3))
    told(stream, ack(400))
    stream.disconnected()
    told(stream, ready(0))
    assert stream.lost_ms == 400


# What comes in


def test_final_comes_once_and_a_better_one_again() -> None:
    stream = CloudStream()
    first = told(stream, transcript(0, rev=None), transcript(0), transcript(0, rev=1), transcript(0, rev=1))
    assert [one.text for one in first if isinstance(one, Transcript)] == ["t0", "t0"]


def test_partial_of_what_is_final_is_old() -> None:
    stream = CloudStream()
    assert len(told(stream, transcript(0, is_final=False), transcript(0), transcript(0, is_final=False))) == 2


def test_voice_comes_once_for_each_frame() -> None:
    stream = CloudStream()
    stream.feed(sound(5))
    got = told(stream, voice(64, 2), voice(64, 2), voice(128, 4), voice(96, 2))
    assert [(one.at_ms, len(one.probabilities)) for one in got if isinstance(one, Voice)] == [(64, 2), (128, 2)]


def test_pace_refusal_and_end_are_told() -> None:
    stream = CloudStream()
    got = told(
        stream,
        json.dumps({"type": "pace", "partial_step_ms": None, "sentence": "Busy."}),
        json.dumps({"type": "pace", "partial_step_ms": 2000, "sentence": ""}),
        json.dumps({"type": "error", "problem": {"type": "x", "retryable": True}}),
        json.dumps({"type": "later"}),
    )
    assert got == [Paced(None, "Busy."), Paced(2000, ""), Refused({"type": "x", "retryable": True})]
    assert isinstance(got[2], Refused)
    assert got[2].is_retryable
    ends = [stream.is_ended]
    assert told(stream, json.dumps({"type": "ended"})) == [Ended()]
    assert [*ends, stream.is_ended] == [False, True]


def test_other_events_pass() -> None:
    status = json.loads(to_json(Status(1, "coach", "on")))
    assert told(CloudStream(), json.dumps({"type": "event", "event": status})) == [Status(1, "coach", "on")]


def edited(**fields: object) -> str:
    message = json.loads(transcript(0))
    message["event"] |= fields
    return json.dumps(message)


def edited_word(**fields: object) -> str:
    message = json.loads(transcript(0))
    message["event"]["words"][0] |= fields
    return json.dumps(message)


@pytest.mark.parametrize(
    "message",
    [
        "no json",
        "[]",
        "7",
        "{}",
        "[" * 100_000,
        " " * (MAX_MESSAGE_BYTES + 1),
        json.dumps({"type": "ready", "epoch": "x", "next_seq": 0}),
        '{"type": "ready", "epoch": 1, "next_seq": 1e999}',
        '{"type": "ack", "resume": "x", "decoded_through_ms": 1e999}',
        json.dumps({"type": "event", "event": {"type": "nothing"}}),
        json.dumps({"type": "event", "event": {"type": "status", "at_ms": 1, "part": 2, "state": "on"}}),
        voice(5_000, 1),
        json.dumps({"type": "voice", "at_ms": 0, "probabilities": [7.0]}),
        edited(at_ms=5_000),
        edited(at_ms=-1),
        edited(at_ms="0"),
        edited(final=1),
        edited(utterance="0"),
        edited(utterance=-1),
        edited(text=7),
        edited(words=[{"text": "x", "start_ms": 0, "end_ms": 1, "probability": 1.0}] * 401),
        edited_word(text=7),
        edited_word(start_ms=0.5),
        edited_word(end_ms=None),
        edited_word(probability="1"),
        edited_word(stable=1),
        edited_word(filler="loud"),
    ],
)
def test_what_is_not_of_the_protocol_is_refused_and_leaves_no_trace(message: str) -> None:
    stream = CloudStream()
    with pytest.raises(MessageInvalid):
        stream.take(message)
    assert len(told(stream, transcript(0))) == 1


# Any network


class Service:
    """Hears every 500 ms as an utterance; acknowledges now and then; remembers nothing beyond its token."""

    def __init__(self, resume: str) -> None:
        self.heard_ms = int(resume or 0) * 500
        self.sequence = self.heard_ms // SOUND_FRAME_MS
        self.waiting = b""
        # A frame that begins before the utterance and ends in it comes again.
        self.skip_ms = self.heard_ms - self.sequence * SOUND_FRAME_MS

    def take(self, frame: Frame, twice: bool, has_ack: bool) -> list[str]:
        assert frame.sequence == self.sequence
        assert frame.capture_ms == self.sequence * SOUND_FRAME_MS
        self.sequence += 1
        self.waiting += frame.payload[self.skip_ms * 32 :]
        self.skip_ms = 0
        out: list[str] = []
        while len(self.waiting) >= 500 * 32:
            number = self.heard_ms // 500
            assert self.waiting[: 500 * 32] == expected_sound(self.heard_ms, self.heard_ms + 500)
            self.waiting = self.waiting[500 * 32 :]
            self.heard_ms += 500
            out += [transcript(number, is_final=False, at_ms=self.heard_ms)] * (1 + twice)
            out += [transcript(number, at_ms=self.heard_ms)] * (1 + twice)
            out.append(voice(self.heard_ms, 500 // FRAME_MS))
            if has_ack:
                out.append(ack(self.heard_ms, str(self.heard_ms // 500)))
        return out


def expected_sound(from_ms: int, to_ms: int) -> bytes:
    return (np.arange(from_ms * 16, to_ms * 16) % 30_000).astype("<i2").tobytes()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("feed"), st.integers(1, 9_000)),
        st.tuples(st.just("exchange"), st.integers(1, 8)),
        st.tuples(st.just("drop"), st.integers(0, 6)),
    ),
    max_size=60,
)


@settings(max_examples=200, deadline=None)
@given(STEPS, st.data())
def test_any_drops_resumes_and_duplicates_give_each_final_once_in_order(
    steps: list[tuple[str, int]], data: st.DataObject
) -> None:
    stream = CloudStream(ring_ms=10**9)
    service: Service | None = None
    to_client: list[str] = []
    finals: list[Transcript] = []
    frames: list[Voice] = []
    fed = 0

    def read(count: int) -> None:
        for message in to_client[:count]:
            for one in stream.take(message):
                if isinstance(one, Transcript) and one.is_final:
                    finals.append(one)
                elif isinstance(one, Transcript):
                    assert one.utterance == len(finals)
                elif isinstance(one, Voice):
                    frames.append(one)
        del to_client[:count]

    def exchange(count: int, *, twice: bool, has_ack: bool) -> None:
        nonlocal service
        if service is None:
            service = Service(stream.resume_token)
            to_client.append(ready(service.sequence))
        read(len(to_client))
        for frame in stream.frames_to_send():
            to_client.extend(service.take(parse(frame), twice, has_ack))
            count -= 1
            if count == 0:
                break

    for step, amount in steps:
        if step == "feed":
            pcm = (np.arange(fed, fed + amount) % 30_000).astype(np.int16)
            fed += amount
            stream.feed(pcm)
        elif step == "exchange":
            exchange(amount, twice=data.draw(st.booleans()), has_ack=data.draw(st.booleans()))
        else:
            # The last words of a connection may still arrive, or only some of them.
            read(amount)
            to_client.clear()
            stream.disconnected()
            service = None
    stream.feed(np.zeros(-fed % 16, np.int16))
    while True:
        exchange(10**9, twice=False, has_ack=True)
        read(len(to_client))
        if not list(stream.frames_to_send()):
            break
    whole_ms = fed // 16 // SOUND_FRAME_MS * SOUND_FRAME_MS
    assert [one.utterance for one in finals] == list(range(len(finals)))
    assert len(finals) == whole_ms // 500
    assert stream.lost_ms == 0
    at_ms = 0
    for one in frames:
        assert one.at_ms > at_ms
        assert len(one.probabilities) <= (one.at_ms - at_ms) // FRAME_MS + 1
        at_ms = one.at_ms
