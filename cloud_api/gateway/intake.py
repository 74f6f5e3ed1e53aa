"""What a client of a stream may send: frames in order and of a size, texts that are known; without input or output."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cloud_api.clock import monotonic_s
from cloud_api.errors import Refusal
from cloud_api.service import is_too_deep
from martlive_desktop.core.frames import (
    HEADER,
    MAX_CAPTURE_MS,
    MAX_PICTURE_BYTES,
    MAX_SEQUENCE,
    MAX_SOUND_BYTES,
    FrameKind,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

MAX_OPEN_CHARACTERS = 32_768
"""Of the first message, which has a resume token of up to 4 KB."""

MAX_TEXT_CHARACTERS = 4_096
"""Of any other."""

MAX_TEXT_DEPTH = 4

MAX_USER_CHARACTERS = 200
MAX_CHAT_CHARACTERS = 2_000

TEXTS_A_SECOND = 20.0
"""Of a chat that is as fast as the largest shows' are."""
MOST_TEXTS_AT_ONCE = 200.0

COMMANDS = frozenset({"dismiss", "mark", "next_item", "on", "off"})

_PCM16, _OPUS, _JPEG, _WEBP = (int(kind) for kind in FrameKind)
_CODECS = {_PCM16: "pcm16", _OPUS: "opus"}
_HEADER_BYTES = HEADER.size
_SILK_MS, _HYBRID_MS = (10, 20, 40, 60), (10, 20)
_CELT_TENTHS = (25, 50, 100, 200)
_LONGEST_PACKET_MS = 120


class Bucket:
    """Lets `rate` things a second through, and `most` at once."""

    def __init__(self, rate: float, most: float, now_s: Callable[[], float] = monotonic_s) -> None:
        self._rate, self._most, self._now_s = rate, most, now_s
        self._level, self._at_s = most, now_s()

    def take(self) -> bool:
        """Whether one more may pass now."""
        now_s = self._now_s()
        self._level = min(self._most, self._level + (now_s - self._at_s) * self._rate)
        self._at_s = now_s
        if self._level < 1.0:
            return False
        self._level -= 1.0
        return True


class Intake:
    """Checks what one connection's client sends.

    Invariant: what was let through has numbers that follow each other, and sound without a gap in its time.
    """

    def __init__(
        self, next_sound: int, next_picture: int, codecs: Collection[str], *, takes_pictures: bool, has_coach: bool
    ) -> None:
        self.next_sound = next_sound
        self.next_picture = next_picture
        self.begin_ms = self.end_ms = 0
        """Stream time of the newest sound that came."""
        self._follows_ms: int | None = 0 if next_sound == 0 else None
        self._codecs = frozenset(codecs)
        self._takes_pictures = takes_pictures
        self._has_coach = has_coach
        self._picture_ms = 0
        self._texts = Bucket(TEXTS_A_SECOND, MOST_TEXTS_AT_ONCE)
        self.is_ended = False

    def frame(self, data: bytes) -> bool:
        """Check a frame; whether it is sound. It is not parsed further, nor copied: this is done for each frame.

        Raises:
            Refusal: the client may not send that.
        """
        size = len(data) - _HEADER_BYTES
        if size <= 0:
            raise Refusal("bad-frame", "The frame is too short.")
        kind, sequence, capture_ms = HEADER.unpack_from(data)
        if self.is_ended:
            raise Refusal("bad-frame", "The stream was ended.")
        if capture_ms > MAX_CAPTURE_MS:
            raise Refusal("bad-frame", "The capture time is too large.")
        if kind in _CODECS:
            if size > MAX_SOUND_BYTES:
                raise Refusal("too-large", "The sound frame is too large.")
            if _CODECS[kind] not in self._codecs:
                raise Refusal("codec-unsupported", f"This service does not take {_CODECS[kind]}.")
            if sequence != self.next_sound:
                raise Refusal("frame-gap", expected=self.next_sound)
            if self._follows_ms is not None and capture_ms != self._follows_ms:
                raise Refusal("frame-gap", "The capture time does not follow the frame before.")
            if kind == _PCM16:
                if size & 31:
                    raise Refusal("bad-frame", "Sound comes in whole milliseconds.")
                end_ms = capture_ms + (size >> 5)
            else:
                end_ms = capture_ms + opus_ms(data, _HEADER_BYTES)
            self.begin_ms = capture_ms
            self.end_ms = self._follows_ms = end_ms
            self.next_sound = (sequence + 1) & MAX_SEQUENCE
            return True
        self._picture(kind, sequence, capture_ms, size, data)
        return False

    def _picture(self, kind: int, sequence: int, capture_ms: int, size: int, data: bytes) -> None:
        if kind not in (_JPEG, _WEBP):
            raise Refusal("bad-frame", "The kind of frame is not known.")
        if not self._takes_pictures:
            raise Refusal("bad-frame", "This session takes no pictures.")
        if size > MAX_PICTURE_BYTES:
            raise Refusal("too-large", "The picture is too large.")
        begin = data[_HEADER_BYTES : _HEADER_BYTES + 12]
        if kind == _JPEG:
            is_formed = begin.startswith(b"\xff\xd8\xff")
        else:
            is_formed = begin.startswith(b"RIFF") and begin[8:] == b"WEBP"
        if not is_formed:
            raise Refusal("codec-unsupported", "The picture is not of the kind that its frame says.")
        if sequence != self.next_picture:
            raise Refusal("frame-gap", expected=self.next_picture)
        if capture_ms < self._picture_ms:
            raise Refusal("frame-gap", "The picture is older than the one before.")
        self._picture_ms = capture_ms
        self.next_picture = (sequence + 1) & MAX_SEQUENCE

    def text(self, text: str) -> dict[str, Any]:
        """The message in `text`, with the fields that it may have and no others.

        Raises:
            Refusal: the client may not send that.
        """
        message = read_text(text, MAX_TEXT_CHARACTERS)
        if not self._texts.take():
            raise Refusal("rate-limited", "Too many messages.", retry_after_ms=1_000)
        match message.get("type"):
            case "chat" if self._has_coach:
                user, line, at_ms = message.get("user"), message.get("text"), message.get("at_ms")
                if not (isinstance(user, str) and isinstance(line, str) and type(at_ms) is int):
                    raise Refusal("bad-request", "A chat message needs at_ms, user and text.")
                if not 0 <= at_ms <= MAX_CAPTURE_MS:
                    raise Refusal("bad-request", "at_ms is not valid.")
                if len(user) > MAX_USER_CHARACTERS or len(line) > MAX_CHAT_CHARACTERS:
                    raise Refusal("too-large", "The line of the chat is too long.")
                return {"type": "chat", "at_ms": at_ms, "user": user, "text": line}
            case "command" if self._has_coach:
                what = message.get("what")
                if not isinstance(what, str) or what not in COMMANDS:
                    raise Refusal("bad-request", "The command is not known.")
                return {"type": "command", "what": what}
            case "chat" | "command":
                raise Refusal("bad-request", "This session has no coach.")
            case "end":
                if self.is_ended:
                    raise Refusal("bad-request", "The stream was ended before.")
                self.is_ended = True
                return {"type": "end"}
        raise Refusal("bad-request", "The type of message is not known.")


def read_open(text: str) -> str:
    """The resume token in a client's first message.

    Raises:
        Refusal: it is no such message.
    """
    message = read_text(text, MAX_OPEN_CHARACTERS)
    resume = message.get("resume", "")
    if message.get("type") != "open" or not isinstance(resume, str):
        raise Refusal("bad-request", "The first message has to be open.")
    return resume


def read_text(text: str, most: int) -> dict[str, Any]:
    """The JSON object in `text`.

    Raises:
        Refusal: it is none, too large or nested too deeply.
    """
    if len(text) > most:
        raise Refusal("too-large", "The message is too large.")
    if is_too_deep(text.encode("utf-8", "surrogatepass"), MAX_TEXT_DEPTH):
        raise Refusal("bad-request", "The message is nested too deeply.")
    try:
        message = json.loads(text, parse_constant=_refuse_constant)
    except ValueError as exc:
        raise Refusal("bad-request", "The message is not JSON.") from exc
    if not isinstance(message, dict):
        raise Refusal("bad-request", "The message is not an object.")
    return message


def _refuse_constant(_name: str) -> None:
    raise ValueError("Not a number.")


def opus_ms(data: bytes, start: int) -> int:
    """How long the Opus packet at `start` lasts; it is read from its first bytes (RFC 6716, 3.1 and 3.2).

    Raises:
        Refusal: it is no packet, or not of whole milliseconds.
    """
    first = data[start]
    config, code = first >> 3, first & 3
    if config < 12:
        tenths = _SILK_MS[config & 3] * 10
    elif config < 16:
        tenths = _HYBRID_MS[config & 1] * 10
    else:
        tenths = _CELT_TENTHS[config & 3]
    if code == 3:
        if len(data) < start + 2:
            raise Refusal("bad-frame", "The Opus packet is cut off.")
        count = data[start + 1] & 0x3F
    else:
        count = 1 if code == 0 else 2
    tenths *= count
    if not 0 < tenths <= _LONGEST_PACKET_MS * 10 or tenths % 10:
        raise Refusal("bad-frame", "The Opus packet has no valid length.")
    return tenths // 10
