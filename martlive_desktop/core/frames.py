"""Frames of a stream to the cloud: sound and pictures in one binary form, the same for every client and service."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

PROTOCOL = "martlive.v1"
"""The WebSocket subprotocol; another number is another form of frames or messages."""

HEADER = struct.Struct("!BIQ")
"""Kind, sequence, capture time in ms; network byte order."""

MAX_SOUND_BYTES = 32_768
"""Of one sound frame without its header: a second of PCM16."""

MAX_PICTURE_BYTES = 131_072
"""Of one picture without its header: 640 px wide JPEG has a third of it."""

MAX_SEQUENCE = 2**32 - 1
MAX_CAPTURE_MS = 7 * 24 * 3_600_000
"""A week: no show is longer, and sums of it stay far from any limit."""


class FrameKind(IntEnum):
    """What a frame carries."""

    PCM16 = 1
    """Sound, 16 kHz mono, little-endian."""
    OPUS = 2
    """Sound, one packet."""
    JPEG = 3
    WEBP = 4

    @property
    def is_sound(self) -> bool:
        return self in (FrameKind.PCM16, FrameKind.OPUS)


class FrameInvalid(ValueError):
    """Bytes that are no frame; `reason` is a stable word: `short`, `kind`, `size`, `time`, `odd`."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The frame is not valid: {reason}.")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; sound and pictures have sequences of their own, each from 0 and without a gap."""

    kind: FrameKind
    sequence: int
    capture_ms: int
    """Stream time: of the first sample of sound, or of the picture."""
    payload: bytes

    @property
    def end_ms(self) -> int:
        """Stream time at the end of PCM16 sound."""
        return self.capture_ms + len(self.payload) // 32


def pack(frame: Frame) -> bytes:
    """`frame` as bytes."""
    return HEADER.pack(frame.kind, frame.sequence, frame.capture_ms) + frame.payload


def parse(data: bytes) -> Frame:
    """The frame in `data`.

    Raises:
        FrameInvalid: it is none, or larger than a frame may be.
    """
    if len(data) <= HEADER.size:
        raise FrameInvalid("short")
    number, sequence, capture_ms = HEADER.unpack_from(data)
    try:
        kind = FrameKind(number)
    except ValueError as exc:
        raise FrameInvalid("kind") from exc
    size = len(data) - HEADER.size
    if size > (MAX_SOUND_BYTES if kind.is_sound else MAX_PICTURE_BYTES):
        raise FrameInvalid("size")
    if capture_ms > MAX_CAPTURE_MS:
        raise FrameInvalid("time")
    # Whole milliseconds, so that stream time in ms says the sample exactly.
    if kind is FrameKind.PCM16 and size % 32:
        raise FrameInvalid("odd")
    return Frame(kind, sequence, capture_ms, data[HEADER.size :])
