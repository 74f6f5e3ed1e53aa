"""Places from which a stream can go on: the whole state of a recogniser, packed, signed, and kept by the client."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import json
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from cloud_api.errors import Refusal
from martlive_desktop.core.speech.language import LanguageChoice
from martlive_desktop.core.speech.recogniser import RecogniserState
from martlive_desktop.core.speech.stable import Piece, StableWords
from martlive_desktop.core.speech.utterances import Segmenter
from martlive_desktop.inference.vad import VadState

VERSION = 1
"""Of what is packed; another one is refused, and the client begins a new session."""

MAX_TOKEN_CHARS = 65_536
MAX_STATE_BYTES = 262_144
"""Unpacked; a state has up to 30,000."""

_SIGNATURE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stream goes on."""

    session: str
    tenant: str
    sequence: int
    """Of the sound frame that is needed next."""
    frame_ms: int
    """Stream time at which that frame begins."""
    skip: int
    """Samples of it that are not needed any more."""
    state: bytes
    """As `pack_state` gave it; empty: the beginning."""


def pack_state(state: RecogniserState) -> bytes:
    """`state` as JSON, compressed; between utterances 2 kB, at the cut of a long one up to 8 kB."""
    voice: VadState | None = state.voice
    flat = {
        "block": state.block,
        "keep_from": state.keep_from,
        "utterance": state.utterance,
        "has_partial": state.has_partial,
        "next_partial": state.next_partial,
        "voice": None if voice is None else [_array(one) for one in (voice.hidden, voice.cell, voice.context)],
        "segmenter": _fields(state.segmenter, besides=("limits",)),
        "pieces": [dataclasses.astuple(piece) for piece in state.stable.pieces],
        "waiting": list(state.stable._waiting),  # noqa: SLF001 - a checkpoint is the whole of it
        "language": _fields(state.language),
        "chances": state.chances,
    }
    return zlib.compress(json.dumps(flat, separators=(",", ":")).encode(), 6)


def unpack_state(data: bytes) -> RecogniserState:
    """The state in `data`.

    Raises:
        ValueError: it is none.
    """
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(data, MAX_STATE_BYTES)
        if unpacker.unconsumed_tail:
            raise ValueError("The state is too large.")
        flat: dict[str, Any] = json.loads(text)
        segmenter = Segmenter()
        _set(segmenter, flat["segmenter"])
        language = LanguageChoice()
        _set(language, flat["language"])
        voice = flat["voice"]
        return RecogniserState(
            block=flat["block"],
            keep_from=flat["keep_from"],
            utterance=flat["utterance"],
            has_partial=flat["has_partial"],
            next_partial=flat["next_partial"],
            voice=None if voice is None else VadState(*(_from_array(one) for one in voice)),
            segmenter=segmenter,
            stable=StableWords(
                tuple(_piece(*fields) for fields in flat["pieces"]),
                tuple(flat["waiting"]),
            ),
            language=language,
            chances=flat["chances"],
        )
    except (zlib.error, KeyError, TypeError) as exc:
        raise ValueError("The state is not of this version.") from exc


def sign(place: Place, secret: bytes) -> str:
    """`place` as a token that only holders of `secret` can make."""
    head = json.dumps(
        [VERSION, place.session, place.tenant, place.sequence, place.frame_ms, place.skip], separators=(",", ":")
    ).encode()
    body = len(head).to_bytes(2, "big") + head + place.state
    return base64.urlsafe_b64encode(hmac.digest(secret, body, hashlib.sha256) + body).decode("ascii")


def verify(token: str, secret: bytes, *, session: str, tenant: str) -> Place:
    """The place that `token` names, for this session of this tenant.

    Raises:
        Refusal: `resume-invalid`: it was changed, is another stream's, or of another version.
    """
    try:
        data = base64.urlsafe_b64decode(token.encode("ascii")) if len(token) <= MAX_TOKEN_CHARS else b""
    except ValueError as exc:
        raise Refusal("resume-invalid") from exc
    signature, body = data[:_SIGNATURE_BYTES], data[_SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, hmac.digest(secret, body, hashlib.sha256)):
        raise Refusal("resume-invalid")
    size = int.from_bytes(body[:2], "big")
    head = json.loads(body[2 : 2 + size])
    if head[:3] != [VERSION, session, tenant]:
        raise Refusal("resume-invalid")
    _, _, _, sequence, frame_ms, skip = head
    return Place(session, tenant, sequence, frame_ms, skip, body[2 + size :])


def _fields(value: Any, besides: tuple[str, ...] = ()) -> dict[str, Any]:
    return {one.name: getattr(value, one.name) for one in dataclasses.fields(value) if one.name not in besides}


def _set(value: Any, fields: dict[str, Any]) -> None:
    known = {one.name for one in dataclasses.fields(value)}
    for name, content in fields.items():
        if name not in known:
            raise ValueError("The state is not of this version.")
        setattr(value, name, content)


def _piece(
    text: str,
    start_ms: int,
    end_ms: int,
    probability: float,
    tokens: list[int],
    begins_word: bool,  # noqa: FBT001 - as written
) -> Piece:
    return Piece(text, start_ms, end_ms, probability, tuple(tokens), begins_word)


def _array(array: np.ndarray[Any, np.dtype[np.float32]]) -> list[Any]:
    return [list(array.shape), base64.b64encode(array.astype("<f4").tobytes()).decode("ascii")]


def _from_array(written: list[Any]) -> np.ndarray[Any, np.dtype[np.float32]]:
    shape, text = written
    return np.frombuffer(base64.b64decode(text), "<f4").reshape(shape).copy()
