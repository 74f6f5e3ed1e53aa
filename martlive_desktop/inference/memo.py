"""What a review had to work hard for, remembered until it is whole: after an interrupt, nothing is worked for twice."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import zlib
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from martlive_desktop.core.speech.guards import Hypothesis
from martlive_desktop.core.speech.stable import Piece
from martlive_desktop.core.wire import to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from martlive_desktop.core.coach.drafting import DraftRequest
    from martlive_desktop.core.speech.recogniser import SpeechModel
    from martlive_desktop.ports import TipWriter


class Memo:
    """Answers by the whole of what was asked, so that none can be wrong, in a file that only grows.

    A record of which a part is missing or damaged counts as none. Several processes may write into one file.
    """

    def __init__(self, path: Path) -> None:
        """Open the file at `path`, which only this user may read, and look through it."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        # Unbuffered: what was put is with the system, whatever happens to this process.
        self._writer = os.fdopen(os.open(path, flags, 0o600), "ab", buffering=0)
        self._reader = path.open("rb")
        self._places: dict[bytes, tuple[int, int]] = {}
        begin = 0
        for line in self._reader:
            checksum, _, record = line.rstrip(b"\n").partition(b" ")
            key, _, answer = record.partition(b" ")
            if checksum == _checksum(record):
                self._places[key] = (begin + len(checksum) + len(key) + 2, len(answer))
            begin += len(line)

    def get(self, key: bytes) -> Any:
        """What was put under `key`; None: nothing."""
        if (place := self._places.get(key)) is None:
            return None
        self._reader.seek(place[0])
        return json.loads(self._reader.read(place[1]))

    def put(self, key: bytes, answer: object) -> None:
        """Remember `answer`, anything that JSON knows but None; on a full disk it is forgotten."""
        record = key + b" " + json.dumps(answer, separators=(",", ":")).encode()
        with contextlib.suppress(OSError):
            # The line break comes first: a record that was cut off stays alone.
            self._writer.write(b"\n" + _checksum(record) + b" " + record)

    def close(self) -> None:
        """Close the file."""
        self._writer.close()
        self._reader.close()


def memo_key(*parts: object) -> bytes:
    """A name that no other question has; `parts` are bytes, or what JSON knows."""
    digest = blake2b(digest_size=16)
    for part in parts:
        data = part if isinstance(part, bytes) else json.dumps(part).encode()
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest().encode()


def model_identity(folder: Path) -> list[list[str | int]]:
    """What tells the files of a model from those of any other, without reading them."""
    found = sorted((file.name, file.stat()) for file in folder.iterdir())
    return [[name, facts.st_size, facts.st_mtime_ns] for name, facts in found]


class RememberingModel:
    """A `SpeechModel` that decodes nothing twice, not even in another process."""

    def __init__(self, model: SpeechModel, memo: Memo, identity: Sequence[object]) -> None:
        """Remember what `model` says; `identity` is all that its answers depend on beside what it is asked."""
        self._model = model
        self._memo = memo
        self._identity = identity
        self._language = ""

    def partial(self, pcm: NDArray[np.int16], stable: tuple[int, ...]) -> Hypothesis:
        """As `SpeechModel.partial`."""
        return self._hypothesis("partial", pcm, stable, self._model.partial)

    def final(self, pcm: NDArray[np.int16], draft: tuple[int, ...]) -> Hypothesis:
        """As `SpeechModel.final`."""
        return self._hypothesis("final", pcm, draft, self._model.final)

    def detect_language(self, pcm: NDArray[np.int16]) -> dict[str, float]:
        """As `SpeechModel.detect_language`."""
        key = memo_key(self._identity, "language", pcm.tobytes())
        known: dict[str, float] | None = self._memo.get(key)
        if known is None:
            known = self._model.detect_language(pcm)
            self._memo.put(key, known)
        return known

    def speak(self, language: str) -> None:
        """As `SpeechModel.speak`."""
        self._language = language
        self._model.speak(language)

    def _hypothesis(
        self,
        kind: str,
        pcm: NDArray[np.int16],
        tokens: tuple[int, ...],
        decode: Callable[[NDArray[np.int16], tuple[int, ...]], Hypothesis],
    ) -> Hypothesis:
        key = memo_key(self._identity, self._language, kind, tokens, pcm.tobytes())
        if (known := self._memo.get(key)) is not None:
            pieces, *others = known
            return Hypothesis(tuple(Piece(**one | {"tokens": tuple(one["tokens"])}) for one in pieces), *others)
        found = decode(pcm, tokens)
        pieces = [dataclasses.asdict(one) for one in found.pieces]
        self._memo.put(key, (pieces, found.log_probability, found.no_speech_probability, found.is_capped))
        return found


class RememberingWriter:
    """A `TipWriter` that is asked nothing twice."""

    def __init__(self, writer: TipWriter, memo: Memo, identity: Sequence[object]) -> None:
        """Remember what `writer` answers; `identity` is all that its answers depend on beside what it is asked."""
        self._writer = writer
        self._memo = memo
        self._identity = identity

    def ask(self, request: DraftRequest, tell: Callable[[str], None]) -> None:
        """As `TipWriter.ask`."""
        remote = () if request.tip is None else (to_bytes(request.tip),)
        key = memo_key(self._identity, request.prompt, request.schema, *remote)

        def remember(answer: str) -> None:
            self._memo.put(key, answer)
            tell(answer)

        known: str | None = self._memo.get(key)
        if known is None:
            self._writer.ask(request, remember)
        else:
            tell(known)

    def close(self) -> None:
        self._writer.close()


def _checksum(record: bytes) -> bytes:
    return b"%08x" % zlib.crc32(record)
