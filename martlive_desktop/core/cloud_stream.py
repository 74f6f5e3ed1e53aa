"""A client's side of a stream to the cloud, without any input or output: what to send, what to keep, what is new.

Sound is kept until the service says that it needs it no more, so that nothing is lost while the network, a service or
both are gone: after it the client says where it is (`resume`), and sends again from where the service wants it.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from martlive_desktop.core.events import FRAME_MS, RATE_HZ, FillerPath, LogEvent, Transcript, Voice, from_json
from martlive_desktop.core.frames import MAX_SEQUENCE, Frame, FrameKind, pack

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from martlive_desktop.core.events import Word

SOUND_FRAME_MS = 200
"""Sound of one frame: five a second cost a gateway half of what ten do, and a partial is never made more often."""

RING_MS = 60_000
"""Sound that is kept: an outage of 25 s, the longest utterance of 14 s before it, and time to catch up. 1.9 MB."""

MAX_MESSAGE_BYTES = 262_144
"""Of a text message from the service."""


AHEAD_MS = 1_000
"""Times that a service tells lie at most so far behind the sound that it has: it fills up the last block."""

MOST_WORDS = 400
"""Of an utterance, which is half a minute at most."""


class MessageInvalid(ValueError):
    """The service said what this client does not understand."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The service listens; what was not yet sent, or is to be sent again, comes from `frames_to_send`."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Paced:
    """The service is busy and gives words less often, or no longer is; `sentence` is empty at the fastest."""

    partial_step_ms: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The service ends the stream; `problem` is an RFC 9457 object."""

    problem: dict[str, Any]

    @property
    def is_retryable(self) -> bool:
        return bool(self.problem.get("retryable"))


@dataclass(frozen=True, slots=True)
class Ended:
    """Everything was heard and told."""


Told = Ready | Paced | Refused | Ended | Voice | LogEvent


class CloudStream:
    """One session with the cloud over any number of connections; for use in one thread.

    Invariant: each final comes out of `take` once, in order, whatever connections were lost.
    """

    def __init__(self, *, ring_ms: int = RING_MS) -> None:
        self._ring_ms = ring_ms
        self._ring: deque[Frame] = deque()
        self._rest = b""
        self._next_sequence = 0
        self._fed_ms = 0
        self._send_from = 0
        self._finals = -1
        self._revisions: dict[int, int] = {}
        self._voice_ms = 0
        self._is_ready = False
        self.resume_token = ""
        """Names the place from which a service can go on; opaque, to be given back when the client connects again."""
        self.lost_ms = 0
        """Sound that the ring had no room for during a long outage: the stream cannot go on behind it."""
        self.is_ended = False

    @property
    def fed_ms(self) -> int:
        """Sound that was fed."""
        return self._fed_ms

    @property
    def waiting_ms(self) -> int:
        """Sound that the service still needs, or has not got."""
        return self._fed_ms - self._ring[0].capture_ms if self._ring else 0

    @property
    def kept(self) -> tuple[int, bytes]:
        """Where the sound begins that the service still needs, in ms, and that sound as PCM16: for who goes on instead."""
        begin_ms = self._ring[0].capture_ms if self._ring else self._fed_ms
        return begin_ms, b"".join(frame.payload for frame in self._ring) + self._rest

    def feed(self, pcm: NDArray[np.int16]) -> None:
        """Take sound, 16 kHz mono of shape (samples,), which follows what was fed before."""
        self._rest += pcm.astype("<i2", copy=False).tobytes()
        size = SOUND_FRAME_MS * RATE_HZ // 1000 * 2
        while len(self._rest) >= size:
            self._add(self._rest[:size])
            self._rest = self._rest[size:]

    def finish(self) -> None:
        """No more sound comes: what is left goes out, filled up to a whole millisecond with silence."""
        if self._rest:
            self._add(self._rest + bytes(-len(self._rest) % 32))
            self._rest = b""

    def _add(self, payload: bytes) -> None:
        frame = Frame(FrameKind.PCM16, self._next_sequence % (MAX_SEQUENCE + 1), self._fed_ms, payload)
        self._ring.append(frame)
        self._next_sequence += 1
        self._fed_ms = frame.end_ms
        while self._fed_ms - self._ring[0].capture_ms > self._ring_ms:
            self.lost_ms += self._ring[0].end_ms - self._ring[0].capture_ms
            self._ring.popleft()

    def disconnected(self) -> None:
        """The connection is gone: nothing is to be sent before the service is ready again."""
        self._is_ready = False

    def frames_to_send(self) -> Iterator[bytes]:
        """Frames that the service has not got, in order; each is counted as sent when it is taken."""
        if not self._is_ready:
            return
        for frame in list(self._ring):
            if frame.sequence >= self._send_from:
                self._send_from = frame.sequence + 1
                yield pack(frame)

    @property
    def is_sent(self) -> bool:
        """Whether everything that was fed has been sent."""
        return self._is_ready and not self._rest and self._send_from >= self._next_sequence

    def take(self, text: str) -> list[Told]:
        """What a text message of the service tells that was not told before.

        Raises:
            MessageInvalid: it is no message of this protocol; the connection is of no use any more.
        """
        if len(text) > MAX_MESSAGE_BYTES:
            raise MessageInvalid("The message is too large.")
        try:
            message: dict[str, Any] = json.loads(text)
            return self._told(message)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as exc:
            raise MessageInvalid("The message is not of this protocol.") from exc

    def _told(self, message: dict[str, Any]) -> list[Told]:
        match message["type"]:
            case "ready":
                self._send_from = int(message["next_seq"])
                if self._ring and self._ring[0].sequence > self._send_from:
                    self.lost_ms += self._ring[0].capture_ms
                self._is_ready = True
                return [Ready(int(message["epoch"]))]
            case "ack":
                self.resume_token = str(message["resume"])
                through_ms = int(message["decoded_through_ms"])
                while self._ring and self._ring[0].end_ms <= through_ms:
                    self._ring.popleft()
                return []
            case "voice":
                return self._voice(int(message["at_ms"]), [float(one) for one in message["probabilities"]])
            case "event":
                event = from_json(json.dumps(message["event"]))
                if not isinstance(event, Transcript):
                    return [event]
                # Before it counts as told: what a stranger says must not take the place of a real final.
                if not self._is_of_stream(event.at_ms) or not _is_sound(event):
                    raise MessageInvalid("The transcript has other fields.")
                return [event] if self._is_new(event, message) else []
            case "pace":
                step = message["partial_step_ms"]
                return [Paced(None if step is None else int(step), str(message["sentence"]))]
            case "error":
                return [Refused(dict(message["problem"]))]
            case "ended":
                self.is_ended = True
                return [Ended()]
        return []

    def _voice(self, at_ms: int, chances: list[float]) -> list[Told]:
        if not self._is_of_stream(at_ms) or not all(0.0 <= one <= 1.0 for one in chances):
            raise MessageInvalid("The voice is not of this stream.")
        # After a resume the service listens again to what was heard before.
        new = min(len(chances), max(0, (at_ms - self._voice_ms) // FRAME_MS))
        if not new:
            return []
        self._voice_ms = at_ms
        return [Voice(at_ms, tuple(chances[-new:]))]

    def _is_of_stream(self, at_ms: int) -> bool:
        return type(at_ms) is int and 0 <= at_ms <= self._fed_ms + AHEAD_MS

    def _is_new(self, event: Transcript, message: dict[str, Any]) -> bool:
        revision = int(message.get("rev", 0))
        if not event.is_final:
            return event.utterance > self._finals
        if event.utterance <= self._finals and revision <= self._revisions.get(event.utterance, 0):
            return False
        self._finals = max(self._finals, event.utterance)
        self._revisions[event.utterance] = revision
        return True


def _is_sound(told: Transcript) -> bool:
    """Whether every field is what it should be: what a service says is read as a stranger's."""
    return (
        type(told.is_final) is bool
        and type(told.utterance) is int
        and told.utterance >= 0
        and isinstance(told.text, str)
        and len(told.words) <= MOST_WORDS
        and all(_is_word(one) for one in told.words)
    )


def _is_word(word: Word) -> bool:
    return (
        isinstance(word.text, str)
        and type(word.start_ms) is int
        and type(word.end_ms) is int
        and isinstance(word.probability, int | float)
        and type(word.is_stable) is bool
        and word.filler in get_args(FillerPath)
    )
